"""What is asked, apart from any node: claims that ask the same share all that is learned about nodes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drakkar.allocator.demand.effort import Effort
from drakkar.allocator.demand.kinds import Kinds, scopes_of
from drakkar.allocator.demand.layout import Layout, Part
from drakkar.allocator.learned.tried import Nodes, Tried
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Outcome
from drakkar.allocator.rules.requests import Plan
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches
from drakkar.api.resource import DeviceClaim, ResourceClaim

_LAYOUTS = 4096
_NODES = 65_536
_WRITER = msgspec.msgpack.Encoder()


def signature(claims: Sequence[ResourceClaim]) -> bytes:
    """Equal for claims that ask the same, whatever their names.

    What is only for drivers is copied into the answer, so that it counts; it may hold what no encoder takes.
    """
    return _WRITER.encode([_asked(claim.spec.devices) for claim in claims])


def _asked(devices: DeviceClaim) -> object:
    if not devices.config:
        return devices
    configured = [
        (one.requests, one.opaque and (one.opaque.driver, repr(one.opaque.parameters)))
        for one in devices.config
    ]
    return devices.requests, devices.constraints, configured


class Form:
    """One set of requests with what each pool is to them; bounded by the pools and layouts there are."""

    def __init__(self, plan: Plan, switches: Switches, effort: Effort | None = None) -> None:
        self.plan = plan
        self.scopes, sources = scopes_of(plan, switches)
        self._sources = len(sources)
        self._kinds = Kinds(plan, sources, switches, effort)
        self.verdicts = self._kinds.verdicts
        self._parts: dict[Pool, Part] = {}
        self._layouts: dict[tuple[Part, ...], Layout] = {}
        # By node, as long as it has these pools.
        self._by_node: dict[str, tuple[tuple[Pool, ...], Layout]] = {}
        # What came of each node, until something of it changes; and up to where the changes are taken in.
        self.outcomes: dict[Node, Outcome] = {}
        self._tried: Tried | None = None
        self.seen = 0

    def tried(self, nodes: Nodes) -> Tried:
        """What is known of these nodes, kept up to date as long as nobody asks for others."""
        if self._tried is None or self._tried.nodes is not nodes:
            self._tried = Tried(nodes, self.outcomes)
        return self._tried

    def learn(self, node: Node, outcome: Outcome) -> None:
        """What came of a node."""
        self.outcomes[node] = outcome
        if self._tried is not None:
            self._tried.learn(node, outcome)

    def unlearn(self, node: Node) -> None:
        """Something of the node changed."""
        if self.outcomes.pop(node, None) is not None and self._tried is not None:
            self._tried.learn(node, None)

    def unlearn_all(self) -> None:
        """Too much changed."""
        self.outcomes.clear()
        self._tried = None

    def forget(self, pool: Pool) -> None:
        """The pool is no more."""
        self._parts.pop(pool, None)

    def layout(self, pools: tuple[Pool, ...], node: Node) -> Layout:
        """The node's layout; one object for all nodes whose layouts are equal."""
        known = self._by_node.get(node.name)
        if known is not None and known[0] is pools:
            return known[1]
        parts = tuple(self._part(pool, node) for pool in pools)
        found = self._layouts.get(parts)
        if found is None:
            if len(self._layouts) >= _LAYOUTS:
                self._layouts.clear()
            found = Layout(parts, self._kinds.all, self.plan, self._sources)
            self._layouts[parts] = found
        if len(self._by_node) >= _NODES:
            self._by_node.clear()
        self._by_node[node.name] = pools, found
        return found

    def _part(self, pool: Pool, node: Node) -> Part:
        found = self._parts.get(pool)
        if found is None:
            if pool.usable:
                counters = tuple(name for _, name in pool.counters)
                found = Part(self._kinds.of(pool, node), counters, len(pool.sets))
            else:
                found = Part((), incomplete=bool(pool.incomplete), invalid=bool(pool.invalid))
            self._parts[pool] = found
        return found
