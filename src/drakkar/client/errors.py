"""Why a request failed: refused by the API server, with its Status, or without an answer at all.

`ClientError` is the base of all of them, and nothing else leaves the client when a request fails: nobody above it
knows the library that speaks HTTP.
"""

from __future__ import annotations

from typing import Any

# A server, or what stands before it, answers so when it does not know itself what became of the request.
_UNKNOWN_FROM = 500


class ClientError(Exception):
    """A request failed. `maybe_applied` says whether what it asked for may have been done, or may yet be.

    Where it is False the request had no effect and never will. Where it is True nobody knows: a write may be stored
    already, or may be on its way and be stored later.
    """

    maybe_applied = True


class AccessError(ClientError):
    """There is no usable access; the message names the file or variable that is missing."""

    maybe_applied = False


class LeadershipLostError(ClientError):
    """Another may lead by now, so nothing is written any more. The request was not sent."""

    maybe_applied = False


class UnreachableError(ClientError):
    """There was no connection to send the request on, so it certainly did not arrive."""

    maybe_applied = False


class UnansweredError(ClientError):
    """The request was sent, and no whole answer came back."""


class ApiError(ClientError):
    """The server's refusal; `code` is the HTTP status, `reason` and `message` are the Status object's."""

    def __init__(self, code: int, reason: str, message: str, status: dict[str, Any] | None = None) -> None:
        super().__init__(message or f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.message = message
        self.status = status or {}
        self.maybe_applied = code >= _UNKNOWN_FROM


class NotFoundError(ApiError):
    """404."""


class ConflictError(ApiError):
    """409 because the object has changed, or a precondition does not hold."""


class AlreadyExistsError(ApiError):
    """409 because an object of that name is there."""


class ForbiddenError(ApiError):
    """403."""


class InvalidError(ApiError):
    """422; the causes name the fields."""


class GoneError(ApiError):
    """410: the resource version is too old to go on from."""


_BY_CODE: dict[int, type[ApiError]] = {
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: InvalidError,
}


def from_status(code: int, status: dict[str, Any]) -> ApiError:
    """The exception for a Status object (or for what came instead of one)."""
    reason = str(status.get("reason", ""))
    kind = AlreadyExistsError if reason == "AlreadyExists" else _BY_CODE.get(code, ApiError)
    return kind(code, reason, str(status.get("message", "")), status)
