"""Many nodes in a fixed order, and on which of them there is hope: by position, so that many are looked at in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Outcome


class Nodes:
    """Nodes in the order in which they are tried, each once. Whoever tries the same ones again and again keeps one of these."""

    __slots__ = ("all", "position")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.all = tuple(dict.fromkeys(nodes))
        self.position = {node: position for position, node in enumerate(self.all)}


class Tried:
    """What is known of each of the nodes: `hope` has a byte for each, 0 where the devices are not to be had, else 1."""

    __slots__ = ("hope", "nodes")

    def __init__(self, nodes: Nodes, known: Mapping[Node, Outcome]) -> None:
        self.nodes = nodes
        self.hope = bytearray(map(_is_hope, map(known.get, nodes.all)))

    def learn(self, node: Node, outcome: Outcome | None) -> None:
        """What came of a node, None once that is no longer so."""
        position = self.nodes.position.get(node)
        if position is not None:
            self.hope[position] = _is_hope(outcome)


def _is_hope(outcome: Outcome | None) -> bool:
    return outcome is None or type(outcome) is Allocated
