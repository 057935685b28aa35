"""The query parameters of writes: dry run, field validation, field manager, delete options."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from drakkar.api.go_numbers import GoNumberError, integer
from drakkar.api.go_quoting import is_printable
from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import request_info
from drakkar.apiserver.resources import deletion
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.wire import decoding
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_VALIDATIONS = ["", "Ignore", "Strict", "Warn"]
_DELETE = "DeleteOptions"
_MAX_MANAGER = 128


def write_options(request: Request, verb: str) -> WriteOptions:
    """The options of a create, update, patch or delete; raises StatusError 422."""
    query = request.query_params
    name = _OPTIONS.get(verb, "DeleteOptions")
    deletion.check_dry_run(name, query.getlist("dryRun"))
    validation = query.get("fieldValidation", "") if verb in _OPTIONS else ""
    if validation not in _VALIDATIONS:
        raise errors.bad_option(name, FieldError.unsupported("fieldValidation", validation, _VALIDATIONS))
    manager = query.get("fieldManager", "") if verb in _OPTIONS else ""
    if len(manager) > _MAX_MANAGER:
        cause = FieldError(
            "FieldValueTooLong", f"Too long: may not be more than {_MAX_MANAGER} bytes", "fieldManager"
        )
        raise errors.bad_option(name, cause)
    for at, letter in enumerate(manager):
        if not is_printable(letter):
            said = f"invalid character U+{ord(letter):04X} (at position {at})"
            raise errors.bad_option(name, FieldError.invalid("fieldManager", quoted(manager), said))
    dry = "All" in query.getlist("dryRun")
    given = {"dryRun": ["All"] if dry else None, "fieldManager": manager, "fieldValidation": validation}
    agent = request.headers.get("user-agent", "").split("/")[0]
    return WriteOptions(
        requester=request.state.requester,
        dry_run=dry,
        manager=manager or agent[:_MAX_MANAGER] or "unknown",
        validation=validation or "Warn",
        given={key: value for key, value in given.items() if value},
    )


def flag(request: Request, name: str) -> bool:
    """A boolean parameter; anything but a word for false is true."""
    return request_info.is_true(request.query_params, name)


def delete_options(request: Request, body: Any) -> Object:
    """DeleteOptions from the body, or from the parameters where there is no body."""
    if body is not None:
        return _fitted(body)
    query = request.query_params
    found: Object = {}
    if query.get("propagationPolicy"):
        found["propagationPolicy"] = query["propagationPolicy"]
    if "gracePeriodSeconds" in query:
        try:
            found["gracePeriodSeconds"] = integer(query.getlist("gracePeriodSeconds")[0])
        except GoNumberError as failure:
            raise errors.bad_request(str(failure)) from None
    if "orphanDependents" in query:
        found["orphanDependents"] = flag(request, "orphanDependents")
    return found


def _fitted(body: Any) -> Object:
    if not isinstance(body, dict):
        raise errors.bad_request(
            "couldn't get version/kind; json parse error: the body is not a DeleteOptions object"
        )
    kind = body.get("kind") or _DELETE
    if kind != _DELETE:
        raise errors.bad_request(f'no kind "{kind}" is registered for version "meta.k8s.io/v1"')
    try:
        found, _ = decoding.fit("", "v1", _DELETE, body)
    except decoding.WrongTypeError as failure:
        raise errors.bad_request(str(failure)) from None
    return found
