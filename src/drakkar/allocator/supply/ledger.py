"""What is in use, and by which claim: built from allocations, one claim at a time (dra-semantics 2.1.3, 5.3.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.allocator.rules.spending import Uses, most
from drakkar.allocator.supply.journal import Journal
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import AllocationResult, DeviceRequestAllocationResult

_NONE: dict[str, Quantity] = {}
_ZERO = Quantity(0)
_NOTHING: dict[DeviceKey, None] = {}


def _readable(result: DeviceRequestAllocationResult) -> DeviceRequestAllocationResult:
    """A share of which nobody can tell how much it is counts as the whole device."""
    try:
        for text in result.consumed_capacity.values():
            Quantity.parse(text)
    except QuantityError:
        return msgspec.structs.replace(result, share_id=None, consumed_capacity={})
    return result


class Ledger:
    """Allocations by claim uid. Admin access takes nothing, so it is not in the books.

    What a device in use took of its pool's counters is remembered for as long as it is in use, whatever its driver
    publishes later: an inventory tells the ledgers of its allocators what it drops.
    """

    def __init__(self, before: Ledger | None = None) -> None:
        """`before` is one whose memory of devices counts here too."""
        self._before = before
        self._claims: dict[Uid, tuple[DeviceRequestAllocationResult, ...]] = {}
        self._dedicated: dict[DeviceKey, set[Uid]] = {}
        # By share id and claim, since nothing but chance keeps two claims' share ids apart.
        self._shares: dict[DeviceKey, dict[tuple[str, Uid], Uid]] = {}
        self._consumed: dict[DeviceKey, dict[str, Quantity]] = {}
        self._pools: dict[tuple[str, str], dict[DeviceKey, None]] = {}
        # What devices in use consumed as they were published before; None where that could not be read.
        self._took: dict[DeviceKey, Uses | None] = {}
        self.changes: Journal[DeviceKey] = Journal()

    def set_claim(self, uid: Uid, allocation: AllocationResult | None) -> None:
        """Write down what a claim holds now; None frees what it held."""
        left = self._take_out(uid)
        if allocation is not None:
            results = tuple(map(_readable, (r for r in allocation.devices.results if not r.admin_access)))
            self._claims[uid] = results
            for result in results:
                self._hold(uid, result)
        self._forget(left)

    def remove_claim(self, uid: Uid) -> None:
        """Free what a claim holds; a claim that holds nothing is no error."""
        self._forget(self._take_out(uid))

    def _hold(self, uid: Uid, result: DeviceRequestAllocationResult) -> None:
        key = DeviceKey(result.driver, result.pool, result.device)
        self.changes.add(key)
        self._pools.setdefault((key.driver, key.pool), {})[key] = None
        if result.share_id is None:
            self._dedicated.setdefault(key, set()).add(uid)
            return
        self._shares.setdefault(key, {})[result.share_id, uid] = uid
        self._add(key, result, 1)

    def _take_out(self, uid: Uid) -> list[DeviceKey]:
        """Undo what is written down for a claim; the devices that it held."""
        found = []
        for result in self._claims.pop(uid, ()):
            key = DeviceKey(result.driver, result.pool, result.device)
            found.append(key)
            self.changes.add(key)
            if result.share_id is None:
                holders = self._dedicated.get(key, set())
                holders.discard(uid)
                if not holders:
                    self._dedicated.pop(key, None)
                continue
            shares = self._shares.get(key, {})
            shares.pop((result.share_id, uid), None)
            self._add(key, result, -1)
            if not shares:
                # With the last share the sums are zero again.
                self._shares.pop(key, None)
                self._consumed.pop(key, None)
        return found

    def _forget(self, keys: Iterable[DeviceKey]) -> None:
        for key in keys:
            if self.in_use(key):
                continue
            self._took.pop(key, None)
            pool = self._pools.get((key.driver, key.pool))
            if pool is not None:
                pool.pop(key, None)
                if not pool:
                    del self._pools[key.driver, key.pool]

    def _add(self, key: DeviceKey, result: DeviceRequestAllocationResult, sign: int) -> None:
        sums = self._consumed.setdefault(key, {})
        for name, text in result.consumed_capacity.items():
            amount = Quantity.parse(text)
            before = sums.get(name, _ZERO)
            sums[name] = before + amount if sign > 0 else before - amount

    def dropped(self, entries: Iterable[DeviceEntry]) -> None:
        """These devices are no longer published, or not as they were."""
        for entry in entries:
            key = entry.key
            if not self.in_use(key):
                continue
            uses, before = entry.device.consumes_counters, self._took.get(key, ())
            try:
                self._took[key] = None if before is None else most(before, uses)
            except QuantityError:
                self._took[key] = None

    def took(self, key: DeviceKey) -> Uses | None:
        """The most that a device in use consumed as it was published before; None where that is not known."""
        if key in self._took or self._before is None:
            return self._took.get(key)
        return self._before.took(key)

    def in_pool(self, pool: tuple[str, str]) -> Collection[DeviceKey]:
        """The devices of a pool that are in use, whether or not they are published."""
        return self._pools.get(pool, _NOTHING)

    def dedicated(self, key: DeviceKey) -> bool:
        """Whether some claim has the whole device."""
        return key in self._dedicated

    def in_use(self, key: DeviceKey) -> bool:
        """Whether some claim has the device or a share of it."""
        return key in self._dedicated or key in self._shares

    def is_shared(self, key: DeviceKey) -> bool:
        """Whether some claim has a share of the device."""
        return key in self._shares

    def consumed(self, key: DeviceKey) -> dict[str, Quantity]:
        """What all shares of a device consume together, by capacity."""
        return self._consumed.get(key, _NONE)

    def clashes(self, uid: Uid) -> dict[DeviceKey, frozenset[Uid]]:
        """The devices that the claim and others have, although one of them has the whole device; each with the others."""
        found: dict[DeviceKey, frozenset[Uid]] = {}
        for result in self.of_claim(uid):
            key = DeviceKey(result.driver, result.pool, result.device)
            others = self.holders(key) if result.share_id is None else frozenset(self._dedicated.get(key, ()))
            if others - {uid}:
                found[key] = others - {uid}
        return found

    def of_claim(self, uid: Uid) -> tuple[DeviceRequestAllocationResult, ...]:
        """What a claim holds, admin access aside; nothing for a claim that is not in the books."""
        return self._claims.get(uid, ())

    def holders(self, key: DeviceKey) -> frozenset[Uid]:
        """The uids of the claims that have the device or a share of it."""
        return frozenset(self._dedicated.get(key, ())) | frozenset(self._shares.get(key, {}).values())
