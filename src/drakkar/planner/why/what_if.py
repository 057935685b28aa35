"""Asks the allocator what would be if: if claims gave back their devices, if a selector were not there, if a pool were
complete. Nothing that is passed in is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from drakkar.allocator import Allocated, Allocator, Inventory, Ledger, Node, NoSolution
from drakkar.allocator.compat import Quirks
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import NODE_FEATURE
from drakkar.api.features import OPTIONAL_NODE_OPERATIONS, Features
from drakkar.api.object import Uid
from drakkar.api.resource import (
    AllocationResult,
    Device,
    DeviceAllocationResult,
    ResourceClaim,
    ResourceSlice,
)
from drakkar.planner.why.changed_claims import Amounts, changed_claims
from drakkar.planner.why.obstacles import Obstacle, Rank, holders

_STEPS = 4_000
_ALL_STEPS = 60_000
_OF_INVENTORY = (Rank.POOL, Rank.CLASS_SELECTOR)


class WhatIf:
    """For one node and the claims that get no devices there; `holders` are the uids of those that have some of its pools.
    `tries` counts what the allocator was asked.

    `unsure` says that some answer is not known, because the search for it was ended.
    """

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        features: Features,
        quirks: Quirks,
        claims: Sequence[ResourceClaim],
        node: Node,
        pools: Sequence[Pool],
        holders: Iterable[Uid],
    ) -> None:
        self._inventory = inventory
        self._features = features
        self._quirks = quirks
        self._claims = claims
        self._node = node
        self._pools = pools
        self._ledger = Ledger(ledger)
        self._held: dict[Uid, AllocationResult] = {}
        for uid in holders:
            allocation = AllocationResult(devices=DeviceAllocationResult(results=ledger.of_claim(uid)))
            self._held[uid] = allocation
            self._ledger.set_claim(uid, allocation)
        self._allocators: dict[frozenset[Obstacle], Allocator] = {}
        self._steps = 0
        self.tries = 0
        self.unsure = False

    def fits(self, obstacles: Collection[Obstacle], amounts: Amounts) -> bool:
        """Whether the claims get their devices with these obstacles out of the way."""
        self.tries += 1
        if self._steps >= _ALL_STEPS:
            self.unsure = True
            return False
        gone = {uid: None for one in obstacles for uid in holders(one)}
        for uid in gone:
            self._ledger.remove_claim(uid)
        node = self._node
        if any(one.rank is Rank.NODE_FEATURE for one in obstacles):
            node = Node(node.name, node.labels, node.declared_features | {NODE_FEATURE})
        claims = changed_claims(self._claims, obstacles, amounts)
        outcome = self._allocator(obstacles).allocate(claims, node)
        for uid in gone:
            self._ledger.set_claim(uid, self._held.get(uid))
        if isinstance(outcome, Allocated):
            self._steps += outcome.steps
            return True
        if isinstance(outcome, NoSolution):
            self._steps += outcome.steps
            self.unsure |= outcome.limit_reached
        return False

    def _allocator(self, obstacles: Collection[Obstacle]) -> Allocator:
        features = {one for one in obstacles if one.rank in (Rank.FEATURE, Rank.NODE_FEATURE)}
        world = frozenset(one for one in obstacles if one.rank in _OF_INVENTORY) | features
        found = self._allocators.get(world)
        if found is None:
            on = {str(one.subject) for one in features if one.rank is Rank.FEATURE}
            if len(on) < len(features):
                on.add(OPTIONAL_NODE_OPERATIONS)
            found = self._allocators[world] = Allocator(
                self._with(world),
                self._ledger,
                Features(self._features | on),
                self._quirks,
                step_limit=_STEPS,
                share_id=lambda: "probe",
            )
        return found

    def _with(self, obstacles: Collection[Obstacle]) -> Inventory:
        """The inventory without these obstacles: of this node's pools, for no more is asked."""
        subjects = {one.subject for one in obstacles if one.rank in _OF_INVENTORY}
        if not subjects:
            return self._inventory
        made = Inventory()
        for name, class_ in self._inventory.classes.items():
            kept = tuple(s for i, s in enumerate(class_.spec.selectors) if (name, i) not in subjects)
            spec = msgspec.structs.replace(class_.spec, selectors=kept)
            made.set_class(msgspec.structs.replace(class_, spec=spec))
        for pool in self._pools:
            slices = _patched(self._inventory, pool)
            if pool.key in subjects:
                slices = _mended(slices, pool)
            for slice_ in slices:
                made.set_slice(slice_)
        return made


def _patched(inventory: Inventory, pool: Pool) -> list[ResourceSlice]:
    """All slices of a pool in the whole cluster, with the taints that rules give their devices."""
    found = []
    for entry in inventory.of_pool(pool.key):
        devices = tuple(msgspec.structs.replace(one.device, taints=one.taints) for one in entry.devices)
        spec = msgspec.structs.replace(entry.slice.spec, devices=devices)
        found.append(msgspec.structs.replace(entry.slice, spec=spec))
    return found


def _mended(slices: list[ResourceSlice], pool: Pool) -> list[ResourceSlice]:
    """The pool as if it were whole with the slices that are there, and without what makes it invalid."""
    newest = max(slice_.spec.pool.generation for slice_ in slices)
    current = [slice_ for slice_ in slices if slice_.spec.pool.generation == newest]
    here = {entry.name for entry in pool.slices}
    counters: dict[str, set[str]] = {}
    repeated: set[tuple[str, str]] = set()
    for slice_ in sorted(current, key=lambda one: one.metadata.name):
        for one in slice_.spec.shared_counters:
            if one.name in counters:
                repeated.add((slice_.metadata.name, one.name))
            counters.setdefault(one.name, set(one.counters))

    def makes_sense(device: Device) -> bool:
        return all(
            use.counters.keys() <= counters.get(use.counter_set, set()) for use in device.consumes_counters
        )

    seen: set[str] = set()
    mended = []
    for slice_ in sorted(current, key=lambda one: one.metadata.name):
        name, spec = slice_.metadata.name, slice_.spec
        devices = []
        for device in spec.devices:
            if makes_sense(device) and (name not in here or device.name not in seen):
                devices.append(device)
                if name in here:
                    seen.add(device.name)
        changed = msgspec.structs.replace(
            spec,
            pool=msgspec.structs.replace(spec.pool, resource_slice_count=len(current)),
            devices=tuple(devices),
            shared_counters=tuple(c for c in spec.shared_counters if (name, c.name) not in repeated),
        )
        mended.append(msgspec.structs.replace(slice_, spec=changed))
    return mended
