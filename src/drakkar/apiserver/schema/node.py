"""One node of a type's schema, with what patches need to know: fields, items, list kinds, keys, strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drakkar.apiserver.schema.standing import standing

_NOTHING: Mapping[str, Any] = {}
_MAX_REFERENCES = 16  # a chain of references this long can only be a circle


class SchemaNode:
    """A schema with its references resolved; an unknown field is an empty node, which merges as plain JSON.

    Each place of a schema becomes a node once, however many objects are looked at by it.
    """

    __slots__ = (
        "_made",
        "_source",
        "atomic_map",
        "definitions",
        "list_map_keys",
        "list_type",
        "node",
        "standing",
    )

    list_type: str
    """`map`, `set` or `atomic`."""
    list_map_keys: tuple[str, ...]
    """The fields that identify an item of a `map` list."""
    atomic_map: bool
    """Whether the object is owned and replaced as one value."""
    standing: frozenset[str]
    """The fields that are there in Go even where nothing is said of them."""

    def __init__(
        self,
        definitions: Mapping[str, Any],
        node: Mapping[str, Any],
        made: dict[int, SchemaNode] | None = None,
    ) -> None:
        self.definitions = definitions
        # What was made of each place; it is known by its identity, so that it must not go while the node is there.
        self._made: dict[int, SchemaNode] = {} if made is None else made
        self._source = node
        name = ""
        for _ in range(_MAX_REFERENCES):
            # OpenAPI 3 wraps a reference in allOf, so that the field can have a description of its own.
            wrapped: list[Mapping[str, Any]] = node.get("allOf") or []
            reference = node.get("$ref") or (wrapped[0].get("$ref") if len(wrapped) == 1 else None)
            if not reference:
                break
            name = str(reference).rsplit("/", 1)[-1]
            target = definitions.get(name, {})
            # What stands beside the reference, such as a patch strategy, belongs to the field and wins.
            node = {**target, **{k: v for k, v in node.items() if k not in ("$ref", "allOf")}}
        self.node = node
        self.standing = standing(name)
        self.list_type = str(node.get("x-kubernetes-list-type") or "atomic")
        self.list_map_keys = tuple(node.get("x-kubernetes-list-map-keys") or ())
        self.atomic_map = node.get("x-kubernetes-map-type") == "atomic"

    @classmethod
    def unknown(cls) -> SchemaNode:
        """A node that knows nothing: maps merge by key, lists are atomic."""
        return cls({}, {})

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

    def _below(self, found: Any) -> SchemaNode:
        source = found if isinstance(found, Mapping) else _NOTHING
        node = self._made.get(id(source))
        if node is None:
            node = self._made[id(source)] = SchemaNode(self.definitions, source, self._made)
        return node

    # Last of all, because below this line the name hides the decorator.
    def property(self, name: str) -> SchemaNode:
        """The schema of a field of a struct or of a value of a map."""
        found = (self.node.get("properties") or {}).get(name)
        if found is None:
            found = self.node.get("additionalProperties")
        return self._below(found)

    def items(self) -> SchemaNode:
        """The schema of a list's items."""
        return self._below(self.node.get("items"))
