"""Long lists that a patch inserts into and deletes from again and again: kept in blocks meanwhile, so that each such step moves
a block's items and not all of them."""

from __future__ import annotations

from typing import Any, Final

# A list that is shorter is quick enough as it is.
_LONG: Final = 16_384
_BLOCK: Final = 4_096


class LongLists:
    """The lists of one document. A list that is in blocks is not to be looked at but through these, until it is settled."""

    def __init__(self) -> None:
        # By identity; each is held, so that its identity is nobody else's.
        self._cut: dict[int, tuple[list[Any], list[list[Any]]]] = {}

    def length(self, items: list[Any]) -> int:
        """How many items it has."""
        blocks = self._blocks(items)
        return len(items) if blocks is None else sum(map(len, blocks))

    def get(self, items: list[Any], at: int) -> Any:
        """An item; the index must be in bounds."""
        block, at = self._place(items, at)
        return block[at]

    def put(self, items: list[Any], at: int, value: Any) -> None:
        """Replace an item."""
        block, at = self._place(items, at)
        block[at] = value

    def insert(self, items: list[Any], at: int, value: Any) -> None:
        """Insert before an index, or at the end."""
        self._cut_up(items)
        block, at = self._place(items, at)
        block.insert(at, value)
        blocks = self._blocks(items)
        if blocks is not None and len(block) > 2 * _BLOCK:
            which = next(number for number, one in enumerate(blocks) if one is block)
            blocks[which : which + 1] = [block[:_BLOCK], block[_BLOCK:]]

    def delete(self, items: list[Any], at: int) -> None:
        """Take an item away."""
        self._cut_up(items)
        block, at = self._place(items, at)
        del block[at]

    def settle(self, value: Any) -> None:
        """Make the lists in a value whole again."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                waiting += [below for below in one.values() if isinstance(below, dict | list)]
            elif isinstance(one, list):
                self._join(one)
                waiting += [below for below in one if isinstance(below, dict | list)]

    def settle_all(self) -> None:
        """Make all lists whole again."""
        for items, _ in list(self._cut.values()):
            self._join(items)

    def _blocks(self, items: list[Any]) -> list[list[Any]] | None:
        found = self._cut.get(id(items))
        return None if found is None else found[1]

    def _cut_up(self, items: list[Any]) -> None:
        if len(items) > _LONG and id(items) not in self._cut:
            blocks = [items[at : at + _BLOCK] for at in range(0, len(items), _BLOCK)]
            self._cut[id(items)] = (items, blocks)

    def _join(self, items: list[Any]) -> None:
        _, blocks = self._cut.pop(id(items), (items, None))
        if blocks is not None:
            items[:] = [one for block in blocks for one in block]

    def _place(self, items: list[Any], at: int) -> tuple[list[Any], int]:
        """The block in which an index is, and where; the end is in the last one."""
        blocks = self._blocks(items)
        if blocks is None:
            return items, at
        for block in blocks:
            if at < len(block):
                return block, at
            at -= len(block)
        return blocks[-1], at + len(blocks[-1])
