"""What each node sees: its pools and what of them is in use, kept until an event changes them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.supply.inventory import Inventory, PoolKey
from drakkar.allocator.supply.journal import Journal
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pool_usage import PoolUsage, PoolUsages
from drakkar.allocator.supply.pools import Gathering, Members, Pool
from drakkar.allocator.supply.slice_nodes import devices_on_node
from drakkar.allocator.switches import Switches
from drakkar.api.features import Features

# With more nodes than this, those that were seen first are gathered anew when they are asked for.
_KEPT = 65_536


class View:
    """One node's pools in the order in which they are tried; `keys` are those of all pools it has slices of."""

    __slots__ = ("_devices", "keys", "node", "pools", "usable")

    def __init__(self, node: Node, pools: tuple[Pool, ...], keys: tuple[PoolKey, ...]) -> None:
        self.node = node
        self.pools = pools
        self.keys = keys
        self.usable = tuple(pool for pool in pools if pool.usable)
        self._devices: Sequence[DeviceEntry] | None = None

    @property
    def devices(self) -> Sequence[DeviceEntry]:
        """The devices of the usable pools in order."""
        if self._devices is None:
            alone = len(self.usable) == 1
            self._devices = (
                self.usable[0].devices if alone else [entry for pool in self.usable for entry in pool.devices]
            )
        return self._devices


class Views:
    """All views; nodes that see the same slices share the pool, so that it is kept account of once."""

    def __init__(
        self, inventory: Inventory, ledger: Ledger, features: Features, quirks: Quirks, switches: Switches
    ) -> None:
        self._inventory = inventory
        self.ledger = ledger
        inventory.keep_books(ledger)
        self._switches = switches
        self._gathering = Gathering(inventory, features, quirks)
        self._usages = PoolUsages(ledger, switches)
        self._views: dict[str, View] = {}
        self._pools: dict[Hashable, Pool] = {}
        self._keys: dict[Pool, Hashable] = {}
        self._nodes: dict[Pool, set[str]] = {}
        self._by_key: dict[PoolKey, set[Pool]] = {}
        # Which nodes have slices of a pool, if only of a generation that is past.
        self._watching: dict[PoolKey, set[str]] = {}
        self._usage: dict[Pool, PoolUsage] = {}
        self._simple: dict[Pool, bool] = {}
        self._inventory_seen = inventory.changes.end
        self._ledger_seen = ledger.changes.end
        # Nodes of which something changed, and pools that are no more.
        self.changed: Journal[Node] = Journal()
        self.gone: list[Pool] = []

    def catch_up(self) -> bool:
        """Take in what changed; False if all was forgotten because too much did."""
        while len(self._views) > _KEPT:
            self._drop(next(iter(self._views)))
        if self._inventory.changes.end != self._inventory_seen:
            changes = self._inventory.changes.since(self._inventory_seen)
            self._inventory_seen = self._inventory.changes.end
            if changes is None:
                return self._forget_all()
            for key, name in dict.fromkeys(changes):
                self._slices_changed(key, name)
        if self.ledger.changes.end != self._ledger_seen:
            touched = self.ledger.changes.since(self._ledger_seen)
            self._ledger_seen = self.ledger.changes.end
            if touched is None:
                return self._forget_all()
            for device in dict.fromkeys(touched):
                for pool in self._by_key.get((device.driver, device.pool), ()):
                    self._device_changed(pool, device.device)
        return True

    def view(self, node: Node) -> View:
        """The node's view; RefusedError when its pools cannot be gathered."""
        found = self._views.get(node.name)
        if found is not None:
            if found.node is node:
                return found
            if found.node.same(node):
                self.changed.add(found.node)
                found.node = node
                return found
            self._drop(node.name)
        members = self._gathering.members(node)
        pools = tuple(self._pool(one, node) for one in members.values() if one is not None)
        # Those with binding conditions come last (dra-semantics 2.4.1); upstream's oldest allocator does not know them.
        if not self._switches.stable:
            pools = (*(p for p in pools if not p.bound), *(p for p in pools if p.bound))
        found = self._views[node.name] = View(node, pools, tuple(members))
        for key in members:
            self._watching.setdefault(key, set()).add(node.name)
        for pool in pools:
            self._nodes.setdefault(pool, set()).add(node.name)
            self._by_key.setdefault(pool.key, set()).add(pool)
        return found

    def usages(self, view: View) -> tuple[PoolUsage, ...]:
        """What is in use of each of the usable pools of the view."""
        known = self._usage
        found = []
        for pool in view.usable:
            usage = known.get(pool)
            if usage is None:
                usage = known[pool] = self._usages.of(pool)
                self._simple[pool] = self._usages.simple(pool)
            found.append(usage)
        return tuple(found)

    def _pool(self, members: Members, node: Node) -> Pool:
        # What of the node, beside its slices, makes a difference to a pool's devices.
        placed = tuple(
            devices_on_node(entry, node)
            for entry in members.here
            if entry.slice.spec.per_device_node_selection
        )
        skips = any(entry.slice.spec.skip_node_operations for entry in members.here)
        key = (members, placed, self._switches.may_skip(node) if skips else None)
        found = self._pools.get(key)
        if found is None:
            found = self._pools[key] = self._gathering.pool(members)
            self._keys[found] = key
        return found

    def _slices_changed(self, key: PoolKey, name: str) -> None:
        if not name:
            # A slice that is not bound to one node may be for any.
            for known in list(self._views):
                self._drop(known)
            return
        for known in {name, *self._watching.get(key, ())}:
            self._drop(known)

    def _drop(self, name: str) -> None:
        view = self._views.pop(name, None)
        if view is None:
            return
        self.changed.add(view.node)
        for key in view.keys:
            watching = self._watching.get(key)
            if watching is not None:
                watching.discard(name)
                if not watching:
                    del self._watching[key]
        for pool in view.pools:
            nodes = self._nodes.get(pool)
            if nodes is None:
                continue
            nodes.discard(name)
            if not nodes:
                self._drop_pool(pool)

    def _drop_pool(self, pool: Pool) -> None:
        del self._nodes[pool]
        pools = self._by_key[pool.key]
        pools.discard(pool)
        if not pools:
            del self._by_key[pool.key]
        del self._pools[self._keys.pop(pool)]
        self._usage.pop(pool, None)
        self._simple.pop(pool, None)
        self.gone.append(pool)

    def _device_changed(self, pool: Pool, name: str) -> None:
        before = self._usage.get(pool)
        if before is None:
            return
        index = pool.index.get(name)
        if self._simple[pool]:
            if index is None:
                return
            low = 1 << index
            taken = before.taken | low if self._usages.taken(pool.devices[index]) else before.taken & ~low
            after = PoolUsage(taken)
        else:
            after = self._usages.of(pool)
        if after == before:
            return
        self._usage[pool] = after
        for known in self._nodes[pool]:
            self.changed.add(self._views[known].node)

    def _forget_all(self) -> bool:
        self._views.clear()
        self._pools.clear()
        self._keys.clear()
        self._nodes.clear()
        self._by_key.clear()
        self._watching.clear()
        self._usage.clear()
        self._simple.clear()
        return False
