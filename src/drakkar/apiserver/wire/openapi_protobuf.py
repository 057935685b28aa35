"""Swagger 2 in the protobuf form in which kubectl asks for it: the types, and what they are called by in the API.

The numbers are those of gnostic's OpenAPIv2.proto; of a schema only what Kubernetes' clients read is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from drakkar.apiserver.wire.protobuf_wire import BYTES

_SWAGGER, _INFO, _PATHS, _DEFINITIONS = 1, 2, 8, 9
_REFERENCE, _FORMAT, _DESCRIPTION, _REQUIRED, _ADDITIONAL = 1, 2, 4, 19, 21
_TYPE, _ITEMS, _PROPERTIES, _EXTENSION = 22, 23, 25, 31


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | BYTES) + _number(len(data)) + data


def _named(number: int, name: str, value: bytes) -> bytes:
    return _field(number, _field(1, name) + _field(2, value))


def document(title: str, version: str, definitions: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A document of these types, without paths."""
    types = b"".join(_named(1, name, _schema(node)) for name, node in definitions.items())
    info = _field(1, title) + _field(2, version)
    return b"".join(
        (_field(_SWAGGER, "2.0"), _field(_INFO, info), _field(_PATHS, b""), _field(_DEFINITIONS, types))
    )


def _schema(node: Mapping[str, Any]) -> bytes:
    return b"".join(_parts(node))


def _parts(node: Mapping[str, Any]) -> Iterable[bytes]:
    for key, number in (("$ref", _REFERENCE), ("format", _FORMAT), ("description", _DESCRIPTION)):
        if isinstance(node.get(key), str):
            yield _field(number, node[key])
    for name in node.get("required") or ():
        yield _field(_REQUIRED, name)
    additional = node.get("additionalProperties")
    if isinstance(additional, Mapping):
        yield _field(_ADDITIONAL, _field(1, _schema(additional)))
    if isinstance(node.get("type"), str):
        yield _field(_TYPE, _field(1, node["type"]))
    if isinstance(node.get("items"), Mapping):
        yield _field(_ITEMS, _field(1, _schema(node["items"])))
    if node.get("properties"):
        yield _field(
            _PROPERTIES,
            b"".join(_named(1, name, _schema(child)) for name, child in node["properties"].items()),
        )
    for key, value in node.items():
        if key.startswith("x-kubernetes-"):
            # An extension is a text of YAML, of which JSON is a part.
            yield _named(_EXTENSION, key, _field(2, json.dumps(value)))
