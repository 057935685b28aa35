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
    return msgspec.json.encode({**event.fields, **bodies}) + b"\n"


def _body(event: Event, body: bytes) -> bytes:
    if not event.without_managed_fields or b'"managedFields"' not in body:
        return body
    value = msgspec.json.decode(body)
    _drop_managed_fields(value)
    return msgspec.json.encode(value)


def _drop_managed_fields(value: Any) -> None:
    """Of an object, of those in a list, or of those in the rows of a table; in place."""
    if not isinstance(value, dict):
        return
    objects = [value, *_list(value, "items"), *(_at(row, "object") for row in _list(value, "rows"))]
    for one in objects:
        metadata = _at(one, "metadata")
        if isinstance(metadata, dict):
            metadata.pop("managedFields", None)


def _at(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Object, name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


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
