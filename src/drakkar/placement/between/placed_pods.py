"""The pods that are on nodes or on their way there, by node and by namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.placement.node.node_info import Needs

_NOBODY: dict[ObjectKey, Placed] = {}


class Placed:
    """A pod with the node that it is on or on its way to."""

    __slots__ = ("needs", "node", "pod")

    def __init__(self, pod: Pod, needs: Needs, node: str) -> None:
        self.pod, self.needs, self.node = pod, needs, node


class PlacedPods:
    """Also of nodes that are not there: they may come back."""

    def __init__(self) -> None:
        self._all: dict[ObjectKey, Placed] = {}
        self._on: dict[str, dict[ObjectKey, Placed]] = {}
        self._of: dict[str, dict[ObjectKey, Placed]] = {}
        # To whom it matters who is near.
        self._minding: dict[ObjectKey, Placed] = {}

    def copy(self) -> PlacedPods:
        """One that changes by itself."""
        made = PlacedPods()
        made._all, made._minding = dict(self._all), dict(self._minding)
        made._on = {name: dict(pods) for name, pods in self._on.items()}
        made._of = {name: dict(pods) for name, pods in self._of.items()}
        return made

    def put(self, key: ObjectKey, placed: Placed) -> None:
        """A pod that was nowhere is on a node."""
        self._all[key] = placed
        self._on.setdefault(placed.node, {})[key] = placed
        self._of.setdefault(placed.pod.metadata.namespace, {})[key] = placed
        if placed.needs.minds_others:
            self._minding[key] = placed

    def pop(self, key: ObjectKey) -> Placed | None:
        """The pod is on no node any more; None if it was on none."""
        placed = self._all.pop(key, None)
        if placed is not None:
            self._minding.pop(key, None)
            for index, name in ((self._on, placed.node), (self._of, placed.pod.metadata.namespace)):
                del index[name][key]
                if not index[name]:
                    del index[name]
        return placed

    def get(self, key: ObjectKey) -> Placed | None:
        """The pod of that name."""
        return self._all.get(key)

    def on(self, node: str) -> Mapping[ObjectKey, Placed]:
        """Those of a node."""
        return self._on.get(node, _NOBODY)

    @property
    def any_minds(self) -> bool:
        """Whether it matters to anybody who is near."""
        return bool(self._minding)

    def concerning(self, namespaces: Collection[str] | None) -> Iterator[Placed]:
        """Those of some namespaces, None for all, and those of others to whom it matters who is near."""
        if namespaces is None:
            yield from self._all.values()
            return
        named: Iterable[str] = sorted(namespaces)
        for name in named:
            yield from self._of.get(name, _NOBODY).values()
        for placed in self._minding.values():
            if placed.pod.metadata.namespace not in namespaces:
                yield placed
