"""OpenAPI v2 of what is served: the types alone, for clients that validate lists and what they convert by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drakkar.api.kubernetes_version import GIT_VERSION
from drakkar.api.object import Object
from drakkar.apiserver.http import openapi
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.wire import openapi_protobuf

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
# Its media type has a dot where the one that is asked for has an at sign, which no header may have.
PROTOBUF_SENT = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_REFERENCE = "#/definitions/"
_TITLE = "Kubernetes"
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_KINDS = "x-kubernetes-group-version-kind"
# What this form has not.
_DROPPED = frozenset(("oneOf", "anyOf", "not"))


def document(kinds: Registry, protobuf: bool) -> tuple[bytes, str]:
    """The document, as JSON or as protobuf, and its entity tag."""
    return kinds.derived(("openapi v2", protobuf), lambda: _document(kinds, protobuf))


def _document(kinds: Registry, protobuf: bool) -> tuple[bytes, str]:
    definitions: dict[str, Object] = {}
    for types in openapi.types_by_path(kinds):
        for name, node in types.items():
            definitions.setdefault(name, _converted(node))
    tag = openapi.index(kinds)[1]
    if protobuf:
        return openapi_protobuf.document(_TITLE, GIT_VERSION, definitions), tag
    made = {
        "swagger": "2.0",
        "info": {"title": _TITLE, "version": GIT_VERSION},
        "paths": {},
        "definitions": definitions,
    }
    return msgspec.json.encode(made), tag


def _converted(node: Mapping[str, Any]) -> Object:
    """A schema of OpenAPI 3.0 in the form of 2.0, as kubectl copes with it."""
    if node.get(_PRESERVE) is True and _KINDS in node:
        # Whatever else is said, kubectl would take for all that there may be.
        return {"type": "object", _KINDS: node[_KINDS]}
    wrapped = node.get("allOf") or []
    if len(wrapped) == 1 and "$ref" in wrapped[0]:
        # A reference stands by itself.
        node = {**{k: v for k, v in node.items() if k not in ("allOf", "default")}, **wrapped[0]}
    made = {key: value for key, value in node.items() if key not in _DROPPED}
    if made.pop("nullable", False) or made.get(_PRESERVE) is True:
        _open_up(made)
    if isinstance(made.get("$ref"), str):
        made["$ref"] = _REFERENCE + made["$ref"].rsplit("/", 1)[-1]
    if isinstance(made.get("properties"), Mapping):
        fields = made["properties"]
        made["properties"] = {name: _converted(field) for name, field in fields.items()}
        required = [name for name in made.get("required") or () if not _nullable(fields.get(name))]
        made.pop("required", None)
        made |= {"required": required} if required else {}
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), Mapping):
            made[key] = _converted(made[key])
    return made


def _nullable(field: Any) -> bool:
    return isinstance(field, Mapping) and field.get("nullable") is True


def _open_up(made: Object) -> None:
    """Say nothing of a value that may be something else, in place."""
    made.pop("items", None)
    made.pop("properties", None)
    if _PRESERVE not in made or made.get("type") in ("array", "object"):
        made.pop("type", None)
    required = [one for one in made.pop("required", ()) if one not in ("apiVersion", "kind")]
    made |= {"required": required} if required else {}
