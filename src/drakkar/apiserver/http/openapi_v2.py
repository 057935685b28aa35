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


def _converted(node: Any) -> Any:
    """A schema of OpenAPI 3.0 in the form of 2.0: a reference stands by itself."""
    if isinstance(node, list):
        return [_converted(value) for value in node]
    if not isinstance(node, Mapping):
        return node
    wrapped = node.get("allOf") or []
    if len(wrapped) == 1 and "$ref" in wrapped[0]:
        node = {**{k: v for k, v in node.items() if k not in ("allOf", "default")}, **wrapped[0]}
    made = {key: _converted(value) for key, value in node.items() if key not in ("oneOf", "anyOf", "not")}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = _REFERENCE + made["$ref"].rsplit("/", 1)[-1]
    return made
