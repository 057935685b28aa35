"""What a value was before, and whether it is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from drakkar.apiserver.custom.rules.correlation import OldItems
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.patch.json_patch import equal


@dataclass(frozen=True, slots=True)
class Before:
    """What stood where a value stands now, and the schema by which items of lists are found again."""

    value: Any
    schema: Schema

    def field(self, name: str) -> Before | None:
        """What the field held; None where that cannot be told."""
        child = self.schema.below(name)
        if child is None or not isinstance(self.value, dict) or name not in self.value:
            return None
        return Before(self.value[name], child)

    def each(self, new: list[Any]) -> Iterator[Before | None]:
        """For each item of a list what the one of the same keys was; only lists of type map have such."""
        items = self.schema.items
        if self.schema.list_type != "map" or items is None:
            yield from (None for _ in new)
            return
        old = OldItems(self.schema, self.value)
        for one in new:
            known = old.get(one)
            yield None if known is None else Before(known, items)


class Unchanged:
    """Compares values with what they were, each that holds others once, though all that hold it ask as well. `step` is called
    for each; all of them must stay where they are meanwhile."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self._known: dict[tuple[int, int], bool] = {}

    def holds(self, old: Any, new: Any) -> bool:
        """Whether a value is as it was."""
        if isinstance(old, dict) and isinstance(new, dict):
            return self._remembered(old, new, self._dicts)
        if isinstance(old, list) and isinstance(new, list):
            return self._remembered(old, new, self._lists)
        return equal(old, new)

    def _remembered(self, old: Any, new: Any, compare: Callable[[Any, Any], bool]) -> bool:
        key = (id(old), id(new))
        known = self._known.get(key)
        if known is None:
            self._step()
            known = self._known[key] = len(old) == len(new) and compare(old, new)
        return known

    def _dicts(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        return old.keys() == new.keys() and all(self.holds(old[name], new[name]) for name in new)

    def _lists(self, old: list[Any], new: list[Any]) -> bool:
        return all(map(self.holds, old, new))
