"""One node of a type's schema, with what patches need to know: fields, items, list kinds, keys, strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_REFERENCES = 16  # a chain of references this long can only be a circle


class SchemaNode:
    """A schema with its references resolved; an unknown field is an empty node, which merges as plain JSON."""

    __slots__ = ("definitions", "node")

    def __init__(self, definitions: Mapping[str, Any], node: Mapping[str, Any]) -> None:
        self.definitions = definitions
        for _ in range(_MAX_REFERENCES):
            # OpenAPI 3 wraps a reference in allOf, so that the field can have a description of its own.
            wrapped: list[Mapping[str, Any]] = node.get("allOf") or []
            reference = node.get("$ref") or (wrapped[0].get("$ref") if len(wrapped) == 1 else None)
            if not reference:
                break
            target = definitions.get(str(reference).rsplit("/", 1)[-1], {})
            # What stands beside the reference, such as a patch strategy, belongs to the field and wins.
            node = {**target, **{k: v for k, v in node.items() if k not in ("$ref", "allOf")}}
        self.node = node

    @classmethod
    def unknown(cls) -> SchemaNode:
        """A node that knows nothing: maps merge by key, lists are atomic."""
        return cls({}, {})

    @property
    def list_type(self) -> str:
        """`map`, `set` or `atomic`."""
        return str(self.node.get("x-kubernetes-list-type") or "atomic")

    @property
    def list_map_keys(self) -> tuple[str, ...]:
        """The fields that identify an item of a `map` list."""
        return tuple(self.node.get("x-kubernetes-list-map-keys") or ())

    @property
    def atomic_map(self) -> bool:
        """Whether the object is owned and replaced as one value."""
        return self.node.get("x-kubernetes-map-type") == "atomic"

    @property
    def default(self) -> Any:
        """The field's default, or None."""
        return self.node.get("default")

    @property
    def merge_key(self) -> str | None:
        """The one field that identifies an item in a strategic merge patch."""
        found = self.node.get("x-kubernetes-patch-merge-key")
        return found if isinstance(found, str) else None

    @property
    def strategies(self) -> frozenset[str]:
        """Any of `merge`, `replace` and `retainKeys`."""
        text = self.node.get("x-kubernetes-patch-strategy")
        return frozenset(text.split(",")) if isinstance(text, str) else frozenset()

    # Last of all, because below this line the name hides the decorator.
    def property(self, name: str) -> SchemaNode:
        """The schema of a field of a struct or of a value of a map."""
        found = (self.node.get("properties") or {}).get(name)
        if found is None:
            found = self.node.get("additionalProperties")
        return SchemaNode(self.definitions, found if isinstance(found, Mapping) else {})

    def items(self) -> SchemaNode:
        """The schema of a list's items."""
        found = self.node.get("items")
        return SchemaNode(self.definitions, found if isinstance(found, Mapping) else {})
