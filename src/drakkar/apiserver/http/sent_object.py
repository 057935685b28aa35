"""The object that a request brings: read from its body, and asked whether it is of the kind that the path says."""

from __future__ import annotations

import functools

from starlette.requests import Request

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.http.body_reading import read
from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.wire import body
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

# Letters of a body that are told back.
_SHOWN = 4_000
# Where the original keeps its kinds; its clients are told so.
_SCHEME = "pkg/runtime/scheme.go:111"


async def plain_object(request: Request, options: WriteOptions) -> Object:
    """The object, whatever it says it is; an empty one where there is no body. StatusError 400."""
    sent = await read(request, body.OBJECTS)
    options.weight = sent.weight
    if sent.value is None:
        return {}
    if not isinstance(sent.value, dict):
        raise errors.bad_request("the body is not an object")
    return sent.value


async def sent_object(request: Request, kind: Kind, options: WriteOptions) -> Object:
    """The object, which is of this kind; `options` hear what it weighs and what it says twice. StatusError 400."""
    sent = await read(request, body.OBJECTS)
    if not isinstance(sent.value, dict):
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get version/kind; "
            "json parse error: the body is not an object"
        )
    obj: Object = sent.value
    options.duplicates = sent.duplicates
    options.weight = sent.weight
    if kind.form is not None:
        _say_what(kind, obj, sent.raw)
    return of_kind(kind, obj)


def of_kind(kind: Kind, obj: Object) -> Object:
    """The object, which is of this kind or does not say; StatusError 400."""
    version, name = obj.get("apiVersion") or kind.api_version, obj.get("kind") or kind.kind
    if (version, name) == (kind.api_version, kind.kind):
        return obj
    if kind.form is None and not _is_known(version, name):
        _, _, short = str(version).rpartition("/")
        raise errors.bad_request(
            f'{name} in version "{short}" cannot be handled as a {kind.kind}: no kind "{name}" is registered for '
            f'version "{version}" in scheme "{_SCHEME}"'
        )
    if version != kind.api_version:
        raise errors.bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({kind.api_version})"
        )
    raise errors.bad_request(
        f'{name} in version "{kind.version}" cannot be handled as a {kind.kind}: '
        f"converting ({version}.{name}) to ({kind.api_version}.{kind.kind}): unknown conversion"
    )


@functools.cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset((kind.api_version, kind.kind) for kind in KINDS)


def _is_known(version: object, name: object) -> bool:
    return isinstance(version, str) and isinstance(name, str) and (version, name) in _known()


def _say_what(kind: Kind, obj: Object, raw: bytes) -> None:
    """Raises StatusError where an object of a custom kind does not say that it is one: nothing else does."""
    if not obj.get("kind"):
        text = raw.decode(errors="replace")
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): Object 'Kind' is missing in "
            f"'{text[:_SHOWN]}' ({text[:30]} ...)"
        )
    if not obj.get("apiVersion"):
        raise errors.bad_request(
            f"the API version in the data () does not match the expected API version ({kind.api_version})"
        )
    if obj["kind"] != kind.kind and obj["apiVersion"] == kind.api_version:
        metadata = obj.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        cause = FieldError.invalid("kind", quoted(obj["kind"]), f"must be {kind.kind}")
        raise errors.invalid(kind.group, kind.kind, str(name or ""), [cause])
