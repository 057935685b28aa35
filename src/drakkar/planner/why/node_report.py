"""What the allocator says of one node: its pools, every device with all that stands against it for each request, and what was
short in the midst of the search."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from drakkar.allocator import DeviceKey, Node, Reporter
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.objections import CapacityShort, CounterShort, Objection
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.pool_account import PoolAccount
from drakkar.api.object import Uid
from drakkar.api.resource import ResourceClaim


class ExaminedDevice(NamedTuple):
    """A device, its pool, and what stands against it for each request, in the requests' order."""

    entry: DeviceEntry
    account: PoolAccount
    against: list[Sequence[Objection]]


class NodeReport(Reporter):
    """For the claims that are asked for together; filled while the allocator is asked."""

    def __init__(self, claims: Sequence[ResourceClaim], node: Node) -> None:
        self.claims = claims
        self.node = node
        self.asks: Sequence[Ask] = ()
        self.pools: Sequence[PoolAccount] = ()
        self.devices: list[ExaminedDevice] = []
        # What was short beside devices that were chosen: by request and what of it, the devices.
        self.short: dict[tuple[int, CapacityShort | CounterShort], dict[DeviceKey, None]] = {}

    def reading(self, asks: Sequence[Ask]) -> None:
        self.asks = asks

    def gathering(self, pools: Sequence[PoolAccount]) -> None:
        self.pools = pools

    def examining_device(
        self, ask: Ask, device: DeviceEntry, pool: PoolAccount, against: Sequence[Objection]
    ) -> None:
        if not self.devices or self.devices[-1].entry is not device:
            self.devices.append(ExaminedDevice(device, pool, []))
        self.devices[-1].against.append(against)

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: Objection) -> None:
        if isinstance(why, CapacityShort | CounterShort):
            self.short.setdefault((ask.index, why), {})[device] = None

    def asked_by(self, claims: Sequence[ResourceClaim]) -> NodeReport:
        """The same for claims of other names that ask for the same."""
        other = copy.copy(self)
        other.claims = claims
        return other

    @cached_property
    def offered(self) -> list[ExaminedDevice]:
        """The devices of pools that can be used."""
        return [one for one in self.devices if one.account.pool.usable]

    def usable(self, ask: int) -> list[DeviceEntry]:
        """The devices that would do for a request by themselves."""
        return [one.entry for one in self.offered if not one.against[ask]]

    @cached_property
    def holdings(self) -> dict[Uid, list[DeviceKey]]:
        """Every claim that has something of the node's pools, by uid, and what it has there."""
        found: dict[Uid, list[DeviceKey]] = {}
        for account in self.pools:
            for uid, keys in account.holdings().items():
                found.setdefault(uid, []).extend(keys)
        return found
