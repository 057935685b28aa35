"""Who may be connected: all connections in all and by address, and once a second those whose time is up."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from drakkar.apiserver.connections import memory
from drakkar.apiserver.connections.limits import Limits

_LOGGER = logging.getLogger(__name__)
_EVERY = 1.0
# When so many have gone, what they held is given back.
_CROWD = 100


class Guest(Protocol):
    """One connection."""

    def abort(self) -> None:
        """Cut it off."""

    def forget(self) -> None:
        """Let go of what refers back to it; the connection has ended."""

    def sweep(self, now: float, limits: Limits) -> None:
        """Look whether one of its times is up."""


class Door:
    """Counts connections. Where there are too many strangers the oldest of them goes: whoever has a credential shows
    it within moments, and is a stranger no more."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.guests: dict[Guest, str] = {}
        self.strangers: dict[Guest, None] = {}
        self._by_address: dict[str, dict[Guest, None]] = {}
        # How many there have been at once since memory was last given back: a crowd may come and go between two looks.
        self._most = 0

    def enter(self, guest: Guest, address: str) -> bool:
        """Take a connection in; False when it has been cut off instead."""
        mine = self._by_address.setdefault(address, {})
        self.guests[guest] = address
        self.strangers[guest] = mine[guest] = None
        if len(mine) > self.limits.strangers_an_address:
            self._throw_out(next(iter(mine)))
        elif len(self.strangers) > self.limits.strangers or len(self.guests) > self.limits.connections:
            self._throw_out(next(iter(self.strangers)))
        self._most = max(self._most, len(self.guests))
        return guest in self.guests

    def _throw_out(self, guest: Guest) -> None:
        self.leave(guest)
        guest.abort()

    def introduce(self, guest: Guest) -> None:
        """A good credential was shown on the connection."""
        if guest in self.strangers:
            del self.strangers[guest]
            self._forget(guest)

    def replace(self, guest: Guest, by: Guest) -> None:
        """Another one looks after the connection now."""
        stranger = guest in self.strangers
        address = self.guests.pop(guest)
        self.guests[by] = address
        if stranger:
            del self.strangers[guest]
            del self._by_address[address][guest]
            self.strangers[by] = self._by_address[address][by] = None

    def leave(self, guest: Guest) -> None:
        """The connection has ended."""
        if guest in self.guests:
            self.introduce(guest)
            del self.guests[guest]

    def _forget(self, guest: Guest) -> None:
        address = self.guests[guest]
        mine = self._by_address[address]
        del mine[guest]
        if not mine:
            del self._by_address[address]

    async def watch_clock(self) -> None:
        """Sweep until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_EVERY)
            now = loop.time()
            if self._most - len(self.guests) >= _CROWD:
                self._most = len(self.guests)
                memory.give_back()
            for guest in list(self.guests):
                try:
                    guest.sweep(now, self.limits)
                except Exception:
                    # One odd connection must not keep the others from being looked at.
                    _LOGGER.exception("a connection could not be looked after")
                    guest.abort()
