"""What the query of a request says of a list or a watch."""

from __future__ import annotations

from starlette.requests import Request

from drakkar.api.go_numbers import GoNumberError, integer, natural
from drakkar.apiserver import errors
from drakkar.apiserver.http.write_parameters import flag
from drakkar.apiserver.storage.paging import ListOptions
from drakkar.apiserver.storage.watching import WatchOptions
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

_MAX_WATCH_SECONDS = 3600
_DEFAULT_WATCH_SECONDS = 1800
# Letters of a parameter that are told back.
_SHOWN = 4_000


def _whole(request: Request, field: str) -> int:
    """A parameter that is a number; 0 where it is absent. StatusError 400."""
    given = request.query_params.getlist(field)
    try:
        return integer(given[0]) if given else 0
    except GoNumberError as failure:
        raise errors.bad_request(str(failure)) from None


def _version(request: Request) -> int | None:
    """The revision that is asked for, None where none is; GoNumberError, with the field."""
    text = request.query_params.get("resourceVersion", "")
    if not text:
        return None
    try:
        return natural(text)
    except GoNumberError as failure:
        raise GoNumberError(f"resourceVersion: Invalid value: {quoted(text[:_SHOWN])}: {failure}") from None


def check_numbers(request: Request) -> None:
    """StatusError 400 for numbers that are none, of a list that has neither pages nor versions."""
    for field in ("timeoutSeconds", "limit"):
        _whole(request, field)


def list_options(request: Request) -> ListOptions:
    """Of a list; StatusError 400 and 422."""
    query = request.query_params
    _whole(request, "timeoutSeconds")
    limit = _whole(request, "limit")
    if "sendInitialEvents" in query:
        cause = FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")
        raise errors.bad_option("ListOptions", cause)
    try:
        version = _version(request)
    except GoNumberError as failure:
        raise errors.bad_request(f"invalid resource version: {failure}") from None
    token, version_match = query.get("continue", ""), query.get("resourceVersionMatch", "")
    # Less than nothing is no limit.
    return ListOptions(max(limit, 0), token, version, version_match)


def watch_options(request: Request) -> WatchOptions:
    """Of a watch; StatusError 422, and 500 for a version that is no number, as upstream."""
    query = request.query_params
    version_match = query.get("resourceVersionMatch", "")
    initial = flag(request, "sendInitialEvents")
    if "sendInitialEvents" in query:
        if version_match != "NotOlderThan":
            said = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            cause = FieldError.forbidden("resourceVersionMatch", said)
            raise errors.bad_option("ListOptions", cause)
        if initial and not flag(request, "allowWatchBookmarks"):
            said = "sendInitialEvents requires allowWatchBookmarks"
            raise errors.bad_option("ListOptions", FieldError.forbidden("sendInitialEvents", said))
    elif version_match:
        said = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", said))
    # Where a watch begins with what is there, it is about a match that was not asked for.
    if query.get("continue") and (version_match or query.get("resourceVersion", "") in ("", "0")):
        said = "resourceVersionMatch is forbidden when continue is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", said))
    limit = _whole(request, "timeoutSeconds")
    _whole(request, "limit")
    if limit <= 0:
        limit = _DEFAULT_WATCH_SECONDS
    try:
        start = _version(request)
    except GoNumberError as failure:
        raise errors.StatusError(500, "", str(failure)) from None
    return WatchOptions(
        start=start or 0,
        initial=initial,
        bookmarks=flag(request, "allowWatchBookmarks"),
        seconds=min(limit, _MAX_WATCH_SECONDS),
    )
