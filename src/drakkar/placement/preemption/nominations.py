"""Pods that wait for room on a node where others go for their sake: whoever is not more important leaves it to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.placement.node.node_info import Needs


class Nominated(NamedTuple):
    """A pod that waits for a node."""

    key: ObjectKey
    pod: Pod
    needs: Needs

    @property
    def priority(self) -> int:
        """How important it is."""
        return self.pod.spec.priority or 0


class Nominations:
    """Each pod waits for one node at most. A node need not be there."""

    def __init__(self) -> None:
        self._on: dict[str, dict[ObjectKey, Nominated]] = {}
        self._node: dict[ObjectKey, str] = {}
        # How many mind who is near, which concerns those that are judged beside them.
        self.minding = 0

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._node)

    def node_of(self, key: ObjectKey) -> str:
        """The node that the pod waits for, or nothing."""
        return self._node.get(key, "")

    def on(self, node: str) -> Collection[Nominated]:
        """Who waits for the node."""
        return self._on.get(node, {}).values()

    def guests(self, node: str, priority: int, asking: ObjectKey | None = None) -> list[Nominated]:
        """Those of them whom a pod of this priority makes way for; itself left out."""
        there = self._on.get(node)
        if not there:
            return []
        return [one for one in there.values() if one.priority >= priority and one.key != asking]

    def add(self, node: str, one: Nominated) -> None:
        """A pod waits for the node, and for no other."""
        self.remove(one.key)
        self._on.setdefault(node, {})[one.key] = one
        self._node[one.key] = node
        self.minding += one.needs.minds_others

    def remove(self, key: ObjectKey) -> str:
        """The pod waits for no node; the one that it waited for, or nothing."""
        node = self._node.pop(key, "")
        if node:
            gone = self._on[node].pop(key)
            self.minding -= gone.needs.minds_others
            if not self._on[node]:
                del self._on[node]
        return node

    def copy(self) -> Nominations:
        """One that changes by itself."""
        made = Nominations()
        made._on = {node: dict(there) for node, there in self._on.items()}
        made._node, made.minding = dict(self._node), self.minding
        return made
