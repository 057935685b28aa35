"""One event as it is written: a line of JSON in the words of audit.k8s.io/v1, or a line of kube-apiserver's old format."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object

# What an event takes beside its bodies, about.
_REST: Final = 2048


@dataclass(frozen=True, slots=True)
class Event:
    """`fields` are in the order in which they are written, `bodies` the JSON of what was sent and answered by their fields."""

    fields: Object
    bodies: dict[str, bytes]
    received: datetime.datetime
    without_managed_fields: bool = False

    @property
    def size(self) -> int:
        """About how much memory it takes, in bytes."""
        return _REST + sum(map(len, self.bodies.values()))


def json_line(event: Event) -> bytes:
    """The event as JSON, with the end of its line; work by the size of its bodies."""
    bodies = {name: msgspec.Raw(_body(event, body)) for name, body in event.bodies.items()}
    try:
        return msgspec.json.encode({**event.fields, **bodies}) + b"\n"
    except UnicodeEncodeError:
        # Nobody gets rid of an event by characters that are none.
        return msgspec.json.encode({**_written(event.fields), **bodies}) + b"\n"


def _written(value: Any) -> Any:
    """A value in whose texts a character that is none is a question mark."""
    if isinstance(value, dict):
        return {_written(key): _written(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_written(one) for one in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _body(event: Event, body: bytes) -> bytes:
    if not event.without_managed_fields or b'"managedFields"' not in body:
        return body
    try:
        return _without_managed_fields(body)
    except (msgspec.DecodeError, RecursionError):
        # It is no object.
        return body


def _without_managed_fields(body: bytes) -> bytes:
    """Of an object, of those in a list, or of those in the rows of a table; these one after the other, so that the others have
    their turn in between."""
    parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for name, drop in _PARTS.items():
        given = bytes(parts.get(name, b""))
        if given.startswith(b"["):
            parts[name] = msgspec.Raw(
                b"["
                + b",".join([drop(one) for one in msgspec.json.decode(given, type=list[msgspec.Raw])])
                + b"]"
            )
    if "metadata" in parts:
        parts["metadata"] = msgspec.Raw(_dropped(parts["metadata"]))
    return msgspec.json.encode(parts)


def _of_object(raw: msgspec.Raw) -> bytes:
    value = msgspec.json.decode(raw)
    _drop(value)
    return msgspec.json.encode(value)


def _of_row(raw: msgspec.Raw) -> bytes:
    value = msgspec.json.decode(raw)
    if isinstance(value, dict):
        _drop(value.get("object"))
    return msgspec.json.encode(value)


def _dropped(raw: msgspec.Raw) -> bytes:
    value = {"metadata": msgspec.json.decode(raw)}
    _drop(value)
    return msgspec.json.encode(value["metadata"])


def _drop(value: Any) -> None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)


# Where a body has objects that are not itself.
_PARTS: Final = {"items": _of_object, "rows": _of_row}


def legacy_line(event: Event) -> bytes:
    """The event as one line of text: without bodies and annotations."""
    fields = event.fields
    user, other = fields["user"], fields.get("impersonatedUser")
    name = user.get("username", "")
    told = {
        "id": fields["auditID"],
        "stage": fields["stage"],
        "ip": (fields.get("sourceIPs") or ["<unknown>"])[0],
        "method": fields["verb"],
        "user": name or "<none>",
        "groups": _words(user.get("groups") if name else None, "<none>"),
        "as": other.get("username", "") if other else "<self>",
        "asgroups": _words(other.get("groups") if other else None, "<lookup>"),
        "user-agent": fields.get("userAgent", ""),
        "namespace": (fields.get("objectRef") or {}).get("namespace") or "<none>",
        "uri": fields["requestURI"],
    }
    code = fields["responseStatus"].get("code", 0) if "responseStatus" in fields else "<deferred>"
    text = " ".join(f"{key}={quoted(value)}" for key, value in told.items())
    return f'{_moment(event.received)} AUDIT: {text} response="{code}"\n'.encode(errors="replace")


def _words(words: Sequence[str] | None, absent: str) -> str:
    return ",".join(quoted(word) for word in words) if words else absent


def _moment(when: datetime.datetime) -> str:
    text = when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text.rstrip('0').rstrip('.')}Z"
