"""Who has devices: claims by name, with the pods that use them."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.allocator import DeviceKey, Ledger
from drakkar.api.object import Uid
from drakkar.planner.findings import Holder

# Who has a device, in the order of the claims' uids; nobody where that is not known.
Whose = Callable[[DeviceKey], tuple[Holder, ...]]


class Holders:
    """Finds the holders behind uids."""

    def __init__(self, ledger: Ledger, whose: Whose) -> None:
        self._ledger = ledger
        self._whose = whose

    def of_device(self, key: DeviceKey) -> tuple[Holder, ...]:
        """Everybody who has it."""
        return self._whose(key)

    def with_device(self, uid: Uid, key: DeviceKey) -> Holder | None:
        """Who a claim is that has a device; None where nobody knows."""
        uids, known = sorted(self._ledger.holders(key)), self._whose(key)
        return known[uids.index(uid)] if uid in uids and len(known) == len(uids) else None

    def of_claim(self, uid: Uid) -> Holder | None:
        """Who a claim is that has devices, wherever they are."""
        for one in self._ledger.of_claim(uid):
            return self.with_device(uid, DeviceKey(one.driver, one.pool, one.device))
        return None
