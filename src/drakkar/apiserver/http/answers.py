"""Builds responses: objects, lists and Statuses as JSON, as Tables or as metadata alone."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.responses import Response

from drakkar.api.object import Object
from drakkar.apiserver import errors, told_warnings
from drakkar.apiserver.http.negotiation import Form
from drakkar.apiserver.http.outgoing import PIECE, LongResponse
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.tables import table

_META = "meta.k8s.io/v1"
_LONG = 500
_ENCODE = msgspec.json.Encoder().encode
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


def encoded_list(kind: Kind, body: Object, form: Form, include: str = "") -> bytes:
    """The JSON of a list in the form that the client asked for. Items of a kind of the server's own do not say what they are,
    for the list does; custom objects each say it for themselves."""
    if form != "object" or kind.form is not None or not body["items"]:
        return encoded(shaped(kind, body, form, include))
    # It is in front of each, as `storage.in_order` and `kinds.conversion` have it, and takes the same room.
    length = len(_ENCODE({"kind": kind.kind, "apiVersion": kind.api_version}))
    head = _ENCODE({**body, "items": []}).removesuffix(b"]}")
    return b"%b{%b]}" % (head, b",{".join([_ENCODE(item)[length:] for item in body["items"]]))


def raw(body: bytes, code: int = 200, warnings: Iterable[str] = ()) -> Response:
    """A response whose JSON is there already."""
    kind = LongResponse if len(body) > PIECE else Response
    response = kind(body, code, HEADERS, "application/json")
    warn(response, warnings)
    return response


def warn(response: Response, warnings: Iterable[str]) -> None:
    """Add warnings to a response, each that is told as a header of its own."""
    for text in told_warnings.told(warnings):
        response.headers.append("Warning", f'299 - "{_quoted(text)}"')


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
