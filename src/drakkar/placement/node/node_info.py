"""A node with the pods on it: what is left there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from drakkar.api.core import Node, Pod
from drakkar.api.object import ObjectKey
from drakkar.placement.node import amounts, host_ports
from drakkar.placement.node.amounts import CPU, MEMORY, PODS, Amounts
from drakkar.placement.node.disks import Disk, disks_of
from drakkar.placement.node.host_ports import HostPort
from drakkar.placement.reason import TOO_MANY_PODS, Reason
from drakkar.placement.terms.attraction import attraction_of
from drakkar.placement.terms.repulsion import repulsion_of


class Needs:
    """What one pod takes of its node; worked out once."""

    __slots__ = ("amounts", "attraction", "disks", "ports", "repulsion", "weighed")

    def __init__(self, pod: Pod) -> None:
        """QuantityError where an amount is none."""
        self.amounts, self.weighed = amounts.held(pod)
        self.ports = host_ports.host_ports(pod.spec)
        self.repulsion = repulsion_of(pod)
        self.attraction = attraction_of(pod)
        self.disks = disks_of(pod)

    @property
    def minds_others(self) -> bool:
        """Whether other pods matter to it, or would if it were placed."""
        return self.repulsion is not None or self.attraction is not None


class NodeInfo:
    """`used` are the needs of its pods together, `weighed` what they count for where nodes are compared."""

    __slots__ = (
        "allocatable",
        "boundless",
        "disks",
        "features",
        "index",
        "labels",
        "name",
        "node",
        "pods",
        "ports",
        "used",
        "weighed",
    )

    def __init__(self, node: Node, boundless: bool = False) -> None:
        """QuantityError where an amount is none. A boundless node has room for all: nobody knows what it has."""
        self.boundless = boundless
        # Its place among the nodes of a snapshot.
        self.index = 0
        self.pods: dict[ObjectKey, Pod] = {}
        self.disks: dict[ObjectKey, tuple[Disk, ...]] = {}
        self.used: Amounts = {}
        self.weighed = (0, 0)
        self.ports: Counter[HostPort] = Counter()
        self.take(node)

    def take(self, node: Node) -> None:
        """The node is so now; its pods stay. QuantityError, with nothing changed."""
        self.allocatable: Mapping[str, int] = amounts.allocatable(node.status.allocatable)
        self.node, self.name, self.labels = node, node.metadata.name, node.metadata.labels
        self.features = frozenset(node.status.declared_features)

    def copy(self) -> NodeInfo:
        """One that changes by itself."""
        made = NodeInfo.__new__(NodeInfo)
        made.node, made.name, made.labels, made.index = self.node, self.name, self.labels, self.index
        made.allocatable, made.boundless, made.features = self.allocatable, self.boundless, self.features
        made.pods, made.used, made.weighed = dict(self.pods), dict(self.used), self.weighed
        made.ports, made.disks = Counter(self.ports), dict(self.disks)
        return made

    def add(self, key: ObjectKey, pod: Pod, needs: Needs) -> None:
        """A pod is on the node."""
        self.pods[key] = pod
        if needs.disks:
            self.disks[key] = needs.disks
        self._count(needs, 1)

    def remove(self, key: ObjectKey, needs: Needs) -> None:
        """It is no more; its needs as they were."""
        del self.pods[key]
        self.disks.pop(key, None)
        self._count(needs, -1)

    def _count(self, needs: Needs, sign: int) -> None:
        for name, amount in needs.amounts.items():
            self.used[name] = self.used.get(name, 0) + sign * amount
        cpu, memory = needs.weighed
        self.weighed = self.weighed[0] + sign * cpu, self.weighed[1] + sign * memory
        for port in needs.ports:
            self.ports[port] += sign
            if not self.ports[port]:
                del self.ports[port]

    def clashes(self, needs: Needs) -> list[Reason]:
        """The ports that a pod with these needs would want and others have."""
        return host_ports.objections(needs.ports, self.ports) if needs.ports else []

    def lacks(self, needs: Needs, backed: Collection[str] = ()) -> list[Reason]:
        """Why there is no room for a pod with these needs beside those that are there. Where the node has nothing `backed`
        itself, devices are allocated for it (KEP-5004).
        """
        if self.boundless:
            return []
        found = []
        most = self.allocatable.get(PODS, 0)
        if len(self.pods) + 1 > most:
            found.append(Reason(TOO_MANY_PODS, self._pods_told(most)))
        for name, amount in needs.amounts.items():
            there = self.allocatable.get(name, 0)
            left = there - self.used.get(name, 0)
            if amount > left and (there or name not in backed):
                told = (
                    f"{name}: {amounts.told(name, amount)} requested,"
                    f" {amounts.told(name, left)} left of {amounts.told(name, there)}"
                )
                found.append(Reason(f"Insufficient {name}", told))
        return found

    def could_hold(self, needs: Needs, backed: Collection[str] = ()) -> bool:
        """Whether there were room for these needs if nobody else were there; `backed` as of `lacks`."""
        if self.boundless:
            return True
        there = ((self.allocatable.get(name, 0), name, amount) for name, amount in needs.amounts.items())
        return all(amount <= has or (not has and name in backed) for has, name, amount in there)

    def _pods_told(self, most: int) -> str:
        if PODS not in self.allocatable:
            return "the node does not say how many pods it takes (status.allocatable.pods)"
        return f"the node takes {most} pods and has {len(self.pods)}"

    def free_share(self, needs: Needs) -> int:
        """Upstream's LeastAllocated: of 100, what is left of processor and memory with the pod there, on average."""
        shares = [
            (there - used) * 100 // there if used <= there else 0
            for there, used in self._with(self.weighed, needs.weighed)
        ]
        return sum(shares) // len(shares) if shares else 0

    def balance(self, needs: Needs) -> int:
        """Upstream's BalancedAllocation: from 50 to 100, the more the pod evens out the use of processor and memory. All
        nodes are the same to a pod that asks for neither.
        """
        wanted = needs.amounts.get(CPU, 0), needs.amounts.get(MEMORY, 0)
        if not any(wanted):
            return 0
        used = self.used.get(CPU, 0), self.used.get(MEMORY, 0)
        after, before = _evenness(self._with(used, wanted)), _evenness(self._with(used, (0, 0)))
        return 50 + _towards_zero(50 + after - before)

    def _with(self, used: tuple[int, int], more: tuple[int, int]) -> list[tuple[int, int]]:
        """Of processor and memory, where the node has any: all there is, and what is used of it with the pod there."""
        both = (CPU, used[0] + more[0]), (MEMORY, used[1] + more[1])
        return [(self.allocatable[name], total) for name, total in both if self.allocatable.get(name)]


def _towards_zero(doubled: int) -> int:
    return doubled // 2 if doubled >= 0 else -(-doubled // 2)


def _evenness(shares: list[tuple[int, int]]) -> int:
    fractions = [min(used / there, 1.0) for there, used in shares]
    deviation = abs((fractions[0] - fractions[1]) / 2) if len(fractions) == 2 else 0.0
    return int((1 - deviation) * 100)
