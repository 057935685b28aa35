"""Many nodes in a fixed order, and what came of each: by position, so that many are looked at in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Outcome

# What is known of a node, in a byte.
UNKNOWN: Final = 0
FITS: Final = 1
FITS_NOT: Final = 2
# From those bytes to whether a node is worth a try.
HOPE: Final = bytes([1, 1, 0]) + bytes(253)


class Nodes:
    """Nodes in the order in which they are tried, each once. Whoever tries the same ones again and again keeps one of these."""

    __slots__ = ("all", "position")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.all = tuple(dict.fromkeys(nodes))
        self.position = {node: position for position, node in enumerate(self.all)}


class Tried:
    """What came of each of the nodes, as far as it is known."""

    __slots__ = ("nodes", "outcomes", "verdicts")

    def __init__(self, nodes: Nodes, known: Mapping[Node, Outcome]) -> None:
        self.nodes = nodes
        self.outcomes: list[Outcome | None] = list(map(known.get, nodes.all))
        self.verdicts = bytearray(map(verdict, self.outcomes))

    def learn(self, node: Node, outcome: Outcome | None) -> None:
        """What came of a node, None once that is no longer so."""
        position = self.nodes.position.get(node)
        if position is not None:
            self.outcomes[position] = outcome
            self.verdicts[position] = verdict(outcome)


def verdict(outcome: Outcome | None) -> int:
    """The byte that stands for an outcome."""
    if outcome is None:
        return UNKNOWN
    return FITS if type(outcome) is Allocated else FITS_NOT
