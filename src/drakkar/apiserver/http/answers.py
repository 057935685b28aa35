"""Builds responses: objects, lists and Statuses as JSON, as Tables or as metadata alone."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from starlette.responses import Response

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.http.negotiation import Form
from drakkar.apiserver.http.outgoing import PIECE, LongResponse
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.tables import table

_META = "meta.k8s.io/v1"
# Letters of all warnings of an answer; where there are more, each is cut to so many, and what then goes beyond is not told.
_WARNED = 4096
_WARNING = 256
_LONG = 500
HEADERS = {"Cache-Control": "no-cache, private"}


def json(body: Any, code: int = 200, warnings: Iterable[str] = ()) -> Response:
    """A JSON response; each warning is a header of its own."""
    return raw(msgspec.json.encode(body), code, warnings)


def encoded(body: Any) -> bytes:
    """The JSON of an answer; a long list's one item after the other, so that others have their turn in between."""
    for name in ("items", "rows"):
        items = body.get(name) if isinstance(body, dict) else None
        if isinstance(items, list) and len(items) > _LONG:
            rest = {key: value for key, value in body.items() if key != name}
            head = msgspec.json.encode({**rest, name: []}).removesuffix(b"]}")
            return b"%b%b]}" % (head, b",".join([msgspec.json.encode(item) for item in items]))
    return msgspec.json.encode(body)


def raw(body: bytes, code: int = 200, warnings: Iterable[str] = ()) -> Response:
    """A response whose JSON is there already."""
    kind = LongResponse if len(body) > PIECE else Response
    response = kind(body, code, HEADERS, "application/json")
    warn(response, warnings)
    return response


def warn(response: Response, warnings: Iterable[str]) -> None:
    """Add warnings to a response, each as a header of its own."""
    for text in _told(warnings):
        response.headers.append("Warning", f'299 - "{_quoted(text)}"')


def _told(warnings: Iterable[str]) -> Iterator[str]:
    """Each warning once, and of many as much as a head has room for."""
    once = [text for text in dict.fromkeys(warnings) if text]
    longest = _WARNED if sum(map(len, once)) <= _WARNED else _WARNING
    said = 0
    for text in once:
        if said >= _WARNED:
            return
        yield text[:longest]
        said += min(len(text), longest)


def _quoted(text: str) -> str:
    # A header is one line of Latin-1; what a client sent comes back in it.
    plain = "".join(c if c.isprintable() else " " for c in text)
    plain = plain.encode("latin-1", "replace").decode("latin-1")
    return plain.replace("\\", "\\\\").replace('"', '\\"')


def failure(error: errors.StatusError) -> Response:
    """The response of a failed request."""
    response = json(error.status, error.code, error.warnings)
    seconds = (error.status.get("details") or {}).get("retryAfterSeconds")
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def _metadata_of(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": obj.get("metadata") or {}}


def _table(kind: Kind, objects: Iterable[Object], meta: Object | None, include: str) -> Object:
    try:
        return table.render(
            kind.strategy.columns,
            objects,
            datetime.datetime.now(datetime.UTC),
            list_meta=meta,
            include_object=include or "Metadata",
        )
    except ValueError as problem:
        raise errors.bad_request(str(problem)) from None


def shaped(kind: Kind, obj: Object, form: Form, include: str = "") -> Object:
    """An object, or a list of them, in the form the client asked for."""
    if obj.get("kind") == "Status" or form == "object":
        return obj
    items = obj.get("items") if obj.get("kind") == kind.list_name else None
    if form == "table":
        if items is None:
            return _table(kind, [obj], None, include)
        return _table(kind, items, obj["metadata"], include)
    if items is None:
        return _metadata_of(obj)
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": _META,
        "metadata": obj["metadata"],
        "items": [_metadata_of(item) for item in items],
    }
