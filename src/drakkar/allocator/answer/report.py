"""What a search tells while it works; every method does nothing unless a reporter overrides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.allocator.objections import Lack, Objection

if TYPE_CHECKING:
    from drakkar.allocator.rules.requests import Ask
    from drakkar.allocator.supply.pool_account import PoolAccount


class Reporter:
    """Hears what was asked, what was tried and why not, as structs. Without a reporter none of them is even made.

    `rejecting_device` is not called for devices that the search did not come to, because enough were found before.
    The same device can be refused to the same request many times, once for each state the search tries it in.
    """

    def reading(self, asks: Sequence[Ask]) -> None:
        """What is asked for, by `index`: all of it, though some be at fault and end the call; called once, before all."""

    def gathering(self, pools: Sequence[PoolAccount]) -> None:
        """The pools of the node are known, the unusable ones among them; called once, before the search.

        Not called where the node's pools cannot even be told.
        """

    def examining_device(
        self, ask: Ask, device: DeviceEntry, pool: PoolAccount, against: Sequence[Objection]
    ) -> None:
        """All that stands against a device, were the request asked alone; called once for each request and device of the
        node's pools, in their order and before the search, whatever that will come to.

        Of a pool that cannot be used, that is not said again of its devices.
        """

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: Objection) -> None:
        """A device does not do for a request, or not in the state that the search is in: the first check that says so."""

    def choosing(self, ask: Ask, device: DeviceKey) -> None:
        """A device is taken for a request, for now."""

    def giving_up(self, ask: Ask, why: Lack) -> None:
        """A request, or one alternative of it, cannot be met in the state that the search is in."""
