"""What a search tells while it works; every method does nothing unless a reporter overrides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from drakkar.allocator.device import DeviceKey

if TYPE_CHECKING:
    from drakkar.allocator.rules.requests import Ask
    from drakkar.allocator.supply.pools import Pool


class Reporter:
    """Hears what was tried and why not. Without a reporter none of the reasons are even made.

    `rejecting_device` is not called for devices that the search did not come to, because enough were found before.
    The same device can be refused to the same request many times, once for each state the search tries it in.
    """

    def gathering(self, pools: Sequence[Pool]) -> None:
        """The pools of the node are known, the unusable ones among them; called once, before the search."""

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: str) -> None:
        """A device does not do for a request, or not in the state that the search is in."""

    def choosing(self, ask: Ask, device: DeviceKey) -> None:
        """A device is taken for a request, for now."""

    def giving_up(self, ask: Ask, why: str) -> None:
        """A request, or one alternative of it, cannot be met in the state that the search is in."""
