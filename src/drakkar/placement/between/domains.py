"""What is counted by topology domain: nodes that have the same value of a label are one."""

from __future__ import annotations

from drakkar.placement.node.node_info import NodeInfo


class Counts(dict[str, dict[str, int]]):
    """A number for each domain, by topology key and value; without the domains that have none."""

    def add(self, key: str, node: NodeInfo, count: int) -> None:
        """So much more, or less, on a node; nothing where the node has no such label."""
        value = node.labels.get(key)
        if value is None:
            return
        values = self.setdefault(key, {})
        values[value] = values.get(value, 0) + count
        if not values[value]:
            del values[value]
        if not values:
            del self[key]

    def at(self, key: str, node: NodeInfo) -> int:
        """The number of the node's domain."""
        value = node.labels.get(key)
        return 0 if value is None else self.get(key, {}).get(value, 0)
