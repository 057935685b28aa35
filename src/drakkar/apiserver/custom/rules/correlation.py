"""What a value was before, found again through maps and lists of type map, and whether it is still the same."""

from __future__ import annotations

import functools
from typing import Any

from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.patch.json_patch import equal

_SCALARS = (bool, float, int, str)


class OldItems:
    """The items that a list of type map had, by their keys; any other list gives none."""

    def __init__(self, schema: Schema, items: Any) -> None:
        self._keys = schema.list_map_keys if schema.list_type == "map" else ()
        self._known: dict[Any, Any] = {}
        for one in items if isinstance(items, list) and self._keys else ():
            key = self._key(one)
            if key is not None:
                self._known.setdefault(key, one)

    def _key(self, item: Any) -> Any:
        if not isinstance(item, dict):
            return None
        found = [item.get(key) for key in self._keys]
        if not all(isinstance(one, _SCALARS) for one in found):
            return None
        return tuple((type(one), one) for one in found)

    def get(self, item: Any) -> Any:
        """The item of the same keys; None where there was none."""
        key = self._key(item)
        return None if key is None else self._known.get(key)


class Correlated:
    """A value and what it was."""

    def __init__(self, new: Any, old: Any, schema: Schema) -> None:
        self.new, self.old, self.schema = new, old, schema
        self._children: dict[str | int, Correlated] = {}

    @functools.cached_property
    def _items(self) -> OldItems:
        return OldItems(self.schema, self.old)

    def field(self, name: str) -> Correlated | None:
        """A field or a value of a map; None where it was not there or no schema knows it."""
        known = self._children.get(name)
        if known is not None:
            return known
        if not isinstance(self.old, dict) or not isinstance(self.new, dict):
            return None
        schema = self.schema.below(name)
        if schema is None or name not in self.old or name not in self.new:
            return None
        return self._kept(name, Correlated(self.new[name], self.old[name], schema))

    def item(self, at: int) -> Correlated | None:
        """An item of a list; None where it is not found again."""
        known = self._children.get(at)
        if known is not None:
            return known
        items = self.schema.items
        if not isinstance(self.old, list) or not isinstance(self.new, list) or items is None:
            return None
        old = self._items.get(self.new[at])
        return None if old is None else self._kept(at, Correlated(self.new[at], old, items))

    def _kept(self, key: str | int, child: Correlated) -> Correlated:
        self._children[key] = child
        return child

    @functools.cached_property
    def same(self) -> bool:
        """Whether it is as it was. A list of type map may have another order; fields that no schema knows are others."""
        if self.new is None or self.old is None:
            return self.new is self.old
        if isinstance(self.new, list) and isinstance(self.old, list):
            return self._same_list(self.new, self.old)
        if isinstance(self.new, dict) and isinstance(self.old, dict):
            children = [self.field(name) for name in self.new] if len(self.new) == len(self.old) else [None]
            return all(child is not None and child.same for child in children)
        return equal(self.new, self.old)

    def _same_list(self, new: list[Any], old: list[Any]) -> bool:
        if len(new) != len(old):
            return False
        if self.schema.list_type != "map":
            return equal(new, old)
        return all(child is not None and child.same for child in map(self.item, range(len(new))))


class Ratchet:
    """Whether what is wrong at a place is let pass: it was the same before, or the nearest place above it that is found
    again was."""

    __slots__ = ("_above", "_here")

    def __init__(self, here: Correlated | None, above: Correlated | None = None) -> None:
        self._here, self._above = here, above

    @property
    def holds(self) -> bool:
        """Whether nothing has changed."""
        found = self._here or self._above
        return found is not None and found.same

    def field(self, name: str) -> Ratchet:
        """The same for a field or a value of a map."""
        if self._here is None:
            return self
        if self._above is None and name in ("apiVersion", "kind"):
            # Both are shown in one version, so that nobody sees them change.
            return NO_RATCHET
        return Ratchet(self._here.field(name), self._here)

    def item(self, at: int) -> Ratchet:
        """The same for an item of a list."""
        return self if self._here is None else Ratchet(self._here.item(at), self._here)


NO_RATCHET = Ratchet(None)
