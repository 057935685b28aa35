"""The errors that end a call, in upstream's words (dra-semantics 3.12.3)."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator.demand.kinds import Source
from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.constraints import compared
from drakkar.allocator.rules.derived import DerivedError, derive
from drakkar.allocator.rules.requests import Ask, Plan
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches


class DeviceFaults:
    """For the devices of one node's pools."""

    def __init__(self, plan: Plan, pools: Sequence[Pool], selection: Selection, switches: Switches) -> None:
        self._plan = plan
        self._pools = pools
        self._entries = [entry for pool in pools for entry in pool.devices]
        self._selection = selection
        self._switches = switches

    def of_all(self, ask: Ask) -> RefusedError:
        """Which these are cannot be told: a pool is not to be trusted, or a device cannot be asked about."""
        for pool in self._pools:
            if not pool.usable:
                state = "currently being updated" if pool.incomplete else "currently invalid"
                return RefusedError(
                    f"{ask.where}: asks for all devices, but resource pool {'/'.join(pool.key)} is {state}"
                )
            for entry in pool.devices:
                fault = self._asked(ask, entry, entry.device.name)
                if fault is not None:
                    return fault
        return RefusedError(f"{ask.where}: asks for all devices, and which these are cannot be told")

    def of_device(self, ask: Ask, device: int) -> RefusedError:
        """A selector fails on the device, or its capacity has no such amount."""
        entry = self._entries[device]
        return self._asked(ask, entry, str(entry.key)) or RefusedError(f"{ask.where}: cannot ask {entry.key}")

    def _asked(self, ask: Ask, entry: DeviceEntry, name: str) -> RefusedError | None:
        try:
            if not self._selection.selects(ask, entry) or not self._switches.shares:
                return None
            capacity.consumption(entry.device.capacity, ask.capacity, self._switches.fractional)
        except RefusedError as refused:
            return refused
        except (capacity.UnrepresentableError, capacity.NegativeError) as error:
            if isinstance(error, capacity.NegativeError) or self._switches.quirks.k13_unrepresentable:
                return RefusedError(f"{ask.where}: checking capacity for device {name}: {error}")
        return None

    def of_value(self, ask: Ask, device: int, constraint: int) -> RefusedError:
        """The expression of a derived attribute fails on the device."""
        name = compared(self._plan.claims[ask.claim_index].constraints[constraint])
        source = Source(name, ask.derived.get(name))
        try:
            derive(source.attribute, source.expression or "", self._entries[device])
        except DerivedError as error:
            return RefusedError(str(error))
        return RefusedError(
            f"{ask.where}: no value of {source.attribute} on device {self._entries[device].key}"
        )

    def of_constraint(self, ask: Ask, device: int) -> RefusedError:
        """A request for all devices cannot have one of them."""
        key = self._entries[device].key
        return RefusedError(
            f"{ask.where}: cannot add device {key} because a claim constraint would not be satisfied"
        )
