"""Failures as Kubernetes Status objects: one exception, and a constructor for each reason clients look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drakkar.api.go_quoting import quoted
from drakkar.validation.field_error import MOST_TOLD, FieldError, short


class StatusError(Exception):
    """A request's failure; `status` is the Status object to answer with."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        # For the answer's headers.
        self.warnings: list[str] = []
        self.status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            **({"reason": reason} if reason else {}),
            **({"details": details} if details is not None else {}),
            "code": code,
        }


def _details(group: str, plural: str, name: str) -> dict[str, Any]:
    return {**({"name": name} if name else {}), **({"group": group} if group else {}), "kind": plural}


def _qualified(plural: str, group: str) -> str:
    return f"{plural}.{group}" if group else plural


def not_found(group: str, plural: str, name: str) -> StatusError:
    """404 for an object."""
    message = f"{_qualified(plural, group)} {quoted(name)} not found"
    return StatusError(404, "NotFound", message, _details(group, plural, name))


def no_such_resource() -> StatusError:
    """404 for a resource, version or subresource that nothing serves."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def invalid(group: str, kind: str, name: str, causes: Sequence[FieldError]) -> StatusError:
    """422 of an object with one or several bad fields."""
    surplus = len(causes) - MOST_TOLD
    causes = [cause.shortened() for cause in causes[:MOST_TOLD]]
    problems = [f"{cause.field}: {cause.message}" for cause in causes]
    if surplus > 0:
        problems.append(f"and {surplus} more")
    listed = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    details = _details(group, kind, name)
    details["causes"] = [cause._asdict() for cause in causes]
    message = f'{_qualified(kind, group)} "{short(name)}" is invalid: {listed}'
    return StatusError(422, "Invalid", message, details)


def bad_option(options: str, cause: FieldError) -> StatusError:
    """422 of a query parameter, in the words of CreateOptions and its siblings."""
    return invalid("meta.k8s.io", options, "", [cause])


def already_exists(group: str, plural: str, name: str) -> StatusError:
    """409 of a create."""
    message = f'{_qualified(plural, group)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> StatusError:
    """409 of a write with an outdated resourceVersion or a failed precondition."""
    message = f'Operation cannot be fulfilled on {_qualified(plural, group)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(group, plural, name))


def forbidden(group: str, plural: str, name: str, why: str) -> StatusError:
    """403 of the authorizer or of admission."""
    subject = f"{_qualified(plural, group)} {quoted(name)}" if name else _qualified(plural, group)
    said = f"{subject} is forbidden: {why}" if plural or group else f"forbidden: {why}"
    return StatusError(403, "Forbidden", said, _details(group, plural, name))


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def other_namespace() -> StatusError:
    """400 for an object that names another namespace than its URL."""
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"
    )


def unauthorized() -> StatusError:
    """401."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> StatusError:
    """410: the client must list again."""
    return StatusError(410, "Expired", message)


def future(asked: int, current: int) -> StatusError:
    """504 for a resourceVersion that is not there yet."""
    message = f"Too large resource version: {asked}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": 1}
    return StatusError(504, "Timeout", f"Timeout: {message}", details)


def too_many_requests(message: str, seconds: int, cause: FieldError | None = None) -> StatusError:
    """429; the client may try again after `seconds`."""
    details: dict[str, Any] = {"retryAfterSeconds": seconds} if seconds else {}
    if cause:
        details["causes"] = [{"reason": cause.reason, "message": cause.message}]
    return StatusError(429, "TooManyRequests", message, details)


def too_large(message: str) -> StatusError:
    """413."""
    return StatusError(413, "RequestEntityTooLarge", message, {})


def internal(message: str) -> StatusError:
    """500 with a reason that a person can read."""
    details = {"causes": [{"message": message}]}
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", details)


def timeout(message: str) -> StatusError:
    """504 for what was not done in time."""
    return StatusError(504, "Timeout", f"Timeout: {message}", {})


def insufficient_storage(why: str) -> StatusError:
    """507: the write was not done, and what there is can be read and deleted."""
    message = f"the write was refused, because {why}; deleting is possible, and writes are once there is room"
    return StatusError(507, "InsufficientStorage", message, {})


def method_not_allowed() -> StatusError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_supported(verb: str, group: str, plural: str) -> StatusError:
    """405 of what cannot be done with a resource although it is served; the verb of a method that means none is empty."""
    message = f'{verb} is not supported on resources of kind "{_qualified(plural, group)}"'
    group_told = {"group": group} if group else {}
    return StatusError(405, "MethodNotAllowed", message, {**group_told, "kind": plural})


def not_acceptable(
    message: str = "only the following media types are accepted: application/json",
) -> StatusError:
    """406."""
    return StatusError(406, "NotAcceptable", message)


def unsupported_media_type(method: str, media_type: str) -> StatusError:
    """415."""
    if method == "PATCH":
        return StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return StatusError(415, "UnsupportedMediaType", message)
