"""What an API server refused, as exceptions that carry its Status."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that failed; `code` is the HTTP status, `reason` and `message` are the Status object's."""

    def __init__(self, code: int, reason: str, message: str, status: dict[str, Any] | None = None) -> None:
        super().__init__(message or f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.message = message
        self.status = status or {}


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409 because the object has changed, or a precondition does not hold."""


class AlreadyExists(ApiError):
    """409 because an object of that name is there."""


class Forbidden(ApiError):
    """403."""


class Invalid(ApiError):
    """422; the causes name the fields."""


class Gone(ApiError):
    """410: the resource version is too old to go on from."""


_BY_CODE: dict[int, type[ApiError]] = {403: Forbidden, 404: NotFound, 409: Conflict, 410: Gone, 422: Invalid}


def from_status(code: int, status: dict[str, Any]) -> ApiError:
    """The exception for a Status object (or for what came instead of one)."""
    reason = str(status.get("reason", ""))
    kind = AlreadyExists if reason == "AlreadyExists" else _BY_CODE.get(code, ApiError)
    return kind(code, reason, str(status.get("message", "")), status)
