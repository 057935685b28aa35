"""What is in use, and by which claim: built from allocations, one claim at a time (dra-semantics 2.1.3, 5.3.2)."""

from __future__ import annotations

from drakkar.allocator.device import DeviceKey
from drakkar.allocator.journal import Journal
from drakkar.api.quantity import Quantity
from drakkar.api.resource import AllocationResult, DeviceRequestAllocationResult

_NONE: dict[str, Quantity] = {}
_ZERO = Quantity(0)


class Ledger:
    """Allocations by claim uid. Admin access takes nothing, so it is not in the books."""

    def __init__(self) -> None:
        self._claims: dict[str, tuple[DeviceRequestAllocationResult, ...]] = {}
        self._dedicated: dict[DeviceKey, set[str]] = {}
        # By share id and claim, since nothing but chance keeps two claims' share ids apart.
        self._shares: dict[DeviceKey, dict[tuple[str, str], str]] = {}
        self._consumed: dict[DeviceKey, dict[str, Quantity]] = {}
        self.changes: Journal[DeviceKey] = Journal()

    def set_claim(self, uid: str, allocation: AllocationResult | None) -> None:
        """Write down what a claim holds now; None frees what it held."""
        self.remove_claim(uid)
        if allocation is None:
            return
        results = tuple(result for result in allocation.devices.results if not result.admin_access)
        self._claims[uid] = results
        for result in results:
            key = DeviceKey(result.driver, result.pool, result.device)
            self.changes.add(key)
            if result.share_id is None:
                self._dedicated.setdefault(key, set()).add(uid)
                continue
            self._shares.setdefault(key, {})[result.share_id, uid] = uid
            self._add(key, result, 1)

    def remove_claim(self, uid: str) -> None:
        """Free what a claim holds; a claim that holds nothing is no error."""
        for result in self._claims.pop(uid, ()):
            key = DeviceKey(result.driver, result.pool, result.device)
            self.changes.add(key)
            if result.share_id is None:
                holders = self._dedicated[key]
                holders.discard(uid)
                if not holders:
                    del self._dedicated[key]
                continue
            shares = self._shares[key]
            shares.pop((result.share_id, uid), None)
            self._add(key, result, -1)
            if not shares:
                # With the last share the sums are zero again.
                del self._shares[key]
                self._consumed.pop(key, None)

    def _add(self, key: DeviceKey, result: DeviceRequestAllocationResult, sign: int) -> None:
        sums = self._consumed.setdefault(key, {})
        for name, text in result.consumed_capacity.items():
            amount = Quantity.parse(text)
            before = sums.get(name, _ZERO)
            sums[name] = before + amount if sign > 0 else before - amount

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

    def clashes(self, uid: str) -> dict[DeviceKey, frozenset[str]]:
        """The devices that the claim and others have, although one of them has the whole device; each with the others."""
        found: dict[DeviceKey, frozenset[str]] = {}
        for result in self.of_claim(uid):
            key = DeviceKey(result.driver, result.pool, result.device)
            others = self.holders(key) if result.share_id is None else frozenset(self._dedicated.get(key, ()))
            if others - {uid}:
                found[key] = others - {uid}
        return found

    def of_claim(self, uid: str) -> tuple[DeviceRequestAllocationResult, ...]:
        """What a claim holds, admin access aside; nothing for a claim that is not in the books."""
        return self._claims.get(uid, ())

    def holders(self, key: DeviceKey) -> frozenset[str]:
        """The uids of the claims that have the device or a share of it."""
        return frozenset(self._dedicated.get(key, ())) | frozenset(self._shares.get(key, {}).values())
