"""The devices that may do for one request, found out one by one and remembered for the call."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator import capacity
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.outcome import Refused
from drakkar.allocator.pools import Pool
from drakkar.allocator.report import Reporter
from drakkar.allocator.requests import Ask
from drakkar.allocator.selection import Selection
from drakkar.api.features import CONSUMABLE_CAPACITY, FRACTIONAL_CAPACITY, Features


class Candidates:
    """Looks at devices in the node's order. A selector is not asked before the search comes to the device."""

    def __init__(
        self,
        ask: Ask,
        pools: Sequence[Pool],
        devices: Sequence[DeviceEntry],
        ledger: Ledger,
        selection: Selection,
        features: Features,
        reporter: Reporter | None,
    ) -> None:
        self._ask = ask
        self._pools = pools
        self._devices = devices
        self._ledger = ledger
        self._selection = selection
        self._shares = CONSUMABLE_CAPACITY in features
        self._fractional = FRACTIONAL_CAPACITY in features
        self._reporter = reporter
        # By index; None where nobody has looked yet.
        self._known: list[bool | None] = [None] * len(devices)
        self._unknown = len(devices)
        # How many devices from an index on are not ruled out, as counted when so many were unknown.
        self._left = list(range(len(devices), -1, -1))
        self._counted_at = len(devices)
        self._every: list[DeviceEntry] | None = None

    def known(self, index: int) -> bool | None:
        """Whether the device at an index may be chosen; None while nobody has looked at it."""
        return self._known[index]

    def look(self, index: int) -> bool:
        """Find out whether the device may be chosen, going by what is the same in every state of the search."""
        found = self._look(self._devices[index])
        self._known[index] = found
        self._unknown -= 1
        return found

    def enough(self, index: int, needed: int) -> bool:
        """Whether from an index on as many devices may still be chosen; a guess upwards until all were looked at."""
        # Counted anew whenever half of what was unknown is known, so that counting costs less than looking.
        if self._counted_at and self._unknown <= self._counted_at // 2:
            left = [0]
            for known in reversed(self._known):
                left.append(left[-1] + (known is not False))
            self._left = left[::-1]
            self._counted_at = self._unknown
        return self._left[index] >= needed

    def every(self) -> list[DeviceEntry]:
        """What a request for all devices takes (dra-semantics 3.3.4); Refused while some pool is not to be trusted."""
        if self._every is None:
            for pool in self._pools:
                if not pool.usable:
                    state = "currently being updated" if pool.incomplete else "currently invalid"
                    raise Refused(
                        f"claim {self._ask.claim}, request {self._ask.own}: asks for all devices,"
                        f" but resource pool {'/'.join(pool.key)} is {state}"
                    )
            self._every = [
                entry
                for entry in self._devices
                if self._selection.selects(self._ask, entry) and self._large_enough(entry)
            ]
        return self._every

    def _look(self, entry: DeviceEntry) -> bool:
        if not self._ask.admin and self._taken(entry):
            self.reject(entry, "is allocated")
            return False
        return self._selection.selects(self._ask, entry)

    def _taken(self, entry: DeviceEntry) -> bool:
        # A device with shares that is no longer offered in shares is nobody's to give away whole (quirk K9).
        if entry.shared(self._shares):
            return self._ledger.dedicated(entry.key)
        return self._ledger.in_use(entry.key)

    def _large_enough(self, entry: DeviceEntry) -> bool:
        if not self._shares:
            return True
        taken = capacity.consumption(entry, self._ask.capacity, self._fractional)
        return taken is not None and capacity.fits(entry, taken, (), self._fractional) is None

    def reject(self, entry: DeviceEntry, why: str) -> None:
        """Tell the reporter, if there is one."""
        if self._reporter is not None:
            self._reporter.rejecting_device(self._ask, entry.key, why)
