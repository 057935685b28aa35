"""Every field of every type that a served kind reaches, each at one place where it stands, and values that it cannot hold
or nearly so."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.schema import schemas

Object = dict[str, Any]
_HOLE = '"@@"'
_NO_INTEGERS = ["1.5", "1.0", "1e3", "1e400", "-0", '"1"', "true", "[]", "{}", "null"]
# JSON as it is sent: much of it is no number or text that Python would write.
VALUES: dict[str, list[str]] = {
    "int32": ["2147483647", "2147483648", "-2147483648", "-2147483649", *_NO_INTEGERS],
    "int64": ["9223372036854775807", "9223372036854775808", "-9223372036854775809", *_NO_INTEGERS],
    "IntOrString": ["2147483647", "2147483648", "-2147483649", "9223372036854775808", *_NO_INTEGERS],
    "double": ["1e400", '"1"', "true", "[]", "{}", "null"],
    "boolean": ["0", '"true"', "[]", "{}", "null"],
    "string": ["5", "true", "[]", "{}", "null"],
    "byte": ['"!"', '"YQ="', "5", "{}", "null"],
    "Time": ['""', '"x"', '"2020-01-01T00:00:00"', '"2020-02-30T00:00:00Z"', "5", "true", "[]", "{}", "null"],
    "Quantity": [f'"{text}"' for text in ("", " ", "1e", "0x1", "1Kib", "--1", "+", ".", "1.1.1", "abc")]
    + [
        f'"{text}"'
        for text in (" 1", "1 ", "\\t1\\n", "\\u00a01", "1\\u00001", "\\u0663", "1e20", "1E+3", "1e-400")
    ]
    + [f'"{text}"' for text in ("1" * 200, "1." + "0" * 200, "1e3Ki", "0." + "0" * 40 + "1")]
    + ["1e3", "1.5", "1e20", "123456789012345678901234567890", "-0", "true", "[]", "{}", "null"],
    "list": ["5", '"x"', "{}", "null", "[null]"],
    "map": ["5", '"x"', "[]", "null"],
    "struct": ["5", '"x"', "[]", "null"],
}
VALUES["MicroTime"] = VALUES["Time"]
# What Go takes and nobody writes; ours refuses it, so that no number takes long: by what holds it.
BEYOND = {"Quantity": ['"1e9999"', '"1e99999"', f'"{"1" * 300}"', "1e400"], "byte": ["[]", "[1]"]}


class Field(NamedTuple):
    """A field by its type's name, what it holds, and an object in which it stands, with a hole in its place."""

    type: str
    name: str
    holds: str
    kind: Kind
    text: str

    def holding(self, value: str) -> str:
        """The object with a value in the field."""
        return self.text.replace(_HOLE, value)


def fields() -> list[Field]:
    """All of them, the nearest to the top of an object first."""
    found: list[Field] = []
    seen: set[str] = set()
    waiting: deque[tuple[str, Kind, tuple[str | int, ...]]] = deque()
    for kind in KINDS:
        name = schemas.definition_name(kind.group, kind.version, kind.kind)
        if name and "create" in kind.verbs:
            waiting.append((name, kind, ()))
    while waiting:
        name, kind, path = waiting.popleft()
        if name in seen:
            continue
        seen.add(name)
        for field, node in (schemas.definitions()[name].get("properties") or {}).items():
            if not path and field in ("kind", "apiVersion"):
                continue
            for holds, below, type_name in _layers(node, (*path, field)):
                if type_name:
                    waiting.append((type_name, kind, below))
                if holds:
                    found.append(Field(name, field, holds, kind, _text(kind, below)))
    return found


def _layers(
    node: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """What a field holds, and what the list or map in it holds, each with its path; and the type to go on with."""
    reference = str(node.get("$ref") or "").rsplit("/", 1)[-1]
    if reference:
        short = reference.rsplit(".", 1)[-1]
        if short in VALUES:
            yield short, path, ""
        elif "properties" in schemas.definitions()[reference]:
            yield "struct", path, reference
        return
    types = node.get("type")
    primary = types[0] if isinstance(types, list) else types
    if primary == "array":
        yield "list", path, ""
        yield from _layers(node.get("items") or {}, (*path, 0))
    elif primary == "object" and isinstance(node.get("additionalProperties"), Mapping):
        yield "map", path, ""
        yield from _layers(node["additionalProperties"], (*path, "k"))
    elif primary:
        holds = str(node.get("format") or primary)
        yield (holds if holds in VALUES else "", path, "")


def _text(kind: Kind, path: tuple[str | int, ...]) -> str:
    value: Any = "@@"
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    obj: Object = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "some-name"}}
    if isinstance(value.get("metadata"), dict):
        value["metadata"].setdefault("name", "some-name")
    return json.dumps({**obj, **value})
