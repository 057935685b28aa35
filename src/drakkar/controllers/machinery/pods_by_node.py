"""Which pods are on which node, kept up pod by pod: what happens to a node is looked at for its pods alone."""

from __future__ import annotations

from collections.abc import Collection

from drakkar.api.object import ObjectKey
from drakkar.client.changes import ChangeOf
from drakkar.controllers.machinery.podstate import SeenPod

_NOBODY: Collection[ObjectKey] = ()


class PodsByNode:
    """By the node's name; `changed` is to hear of every change of a pod."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[ObjectKey, None]] = {}

    def of(self, node: str) -> Collection[ObjectKey]:
        """The pods on this node, the first that came first."""
        return self._by_node.get(node, _NOBODY)

    def changed(self, change: ChangeOf[SeenPod]) -> None:
        """Take in what a pod was and what it is."""
        old, new = change.old, change.new
        for pod in (old, new):
            node = "" if pod is None else pod.it.spec.node_name
            if pod is None or not node:
                continue
            pods = self._by_node.setdefault(node, {})
            if pod is new:
                pods[pod.key] = None
            else:
                pods.pop(pod.key, None)
                if not pods:
                    del self._by_node[node]
