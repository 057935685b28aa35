"""The parameters of a request for a container's log: read, and told to the kubelet, as by the original."""

from __future__ import annotations

from typing import Final

from drakkar.api.go_numbers import GoNumberError, integer
from drakkar.api.go_time import GoTimeError, canonical_time
from drakkar.apiserver import errors
from drakkar.apiserver.access import request_info
from drakkar.validation.field_error import FieldError

_FLAGS: Final = ("follow", "previous", "timestamps")
# The least of each number, and what is said of less.
_NUMBERS: Final = {
    "tailLines": (0, "must be greater than or equal to 0"),
    "limitBytes": (1, "must be greater than 0"),
    "sinceSeconds": (1, "must be greater than 0"),
}
# What Go makes of a moment of which nothing is said.
_NO_TIME: Final = "0001-01-01T00:00:00Z"


def log_query(query: request_info.Parameters, name: str) -> dict[str, str]:
    """What to ask a kubelet for, in the order of names; `name` is the pod's. StatusError 400 or 422."""
    try:
        found = {flag: "true" for flag in _FLAGS if request_info.is_true(query, flag)}
        numbers = {field: integer(query.getlist(field)[0]) for field in _NUMBERS if query.getlist(field)}
        for since in query.getlist("sinceTime")[:1]:
            found["sinceTime"] = canonical_time(since) if since not in ("", "null") else _NO_TIME
    except (GoNumberError, GoTimeError) as failure:
        raise errors.bad_request(str(failure)) from None
    problems = _problems(query, numbers)
    if problems:
        raise errors.invalid("", "PodLogOptions", name, problems)
    found |= {field: str(number) for field, number in numbers.items()}
    return dict(sorted(found.items()))


def _problems(query: request_info.Parameters, numbers: dict[str, int]) -> list[FieldError]:
    both = "sinceSeconds" in numbers and bool(query.getlist("sinceTime"))
    found = [
        FieldError.invalid(field, str(numbers[field]), said)
        for field, (least, said) in _NUMBERS.items()
        if field in numbers and numbers[field] < least and not (both and field == "sinceSeconds")
    ]
    if both:
        said = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        found.append(FieldError.forbidden("[]", said))
    if query.getlist("stream"):
        # It is behind a gate that is off.
        found.append(FieldError.forbidden("stream", "may not be specified"))
    return found
