"""How many devices at most fit into what is left of the counters they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drakkar.allocator.rules.counters import Uses


class _Group(NamedTuple):
    """Devices that compete with one another, and by counter the devices that use so much of it, least first."""

    devices: int
    counters: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


class CounterRoom:
    """For devices by what they use; devices that share no counter, not even by way of others, are counted apart."""

    def __init__(self, uses: Sequence[Uses], names: Sequence[str]) -> None:
        """`names` are those of the counters, by position; many counter sets have counters of the same name."""
        by_use: dict[Uses, int] = {}
        for device, use in enumerate(uses):
            if use:
                by_use[use] = by_use.get(use, 0) | 1 << device
        self._by_use = list(by_use.items())
        self._groups = [self._group(slots) for slots in self._connected()]
        self._users = sum(group.devices for group in self._groups)
        self._counters_of: dict[str, list[int]] = {}
        for slot, name in enumerate(names):
            self._counters_of.setdefault(name, []).append(slot)
        self._amounts_of = {name: self._by_amount(name, names) for name in self._counters_of}

    def _connected(self) -> list[set[int]]:
        groups: list[set[int]] = []
        for use, _ in self._by_use:
            slots = {slot for slot, _ in use}
            apart = []
            for group in groups:
                if group.isdisjoint(slots):
                    apart.append(group)
                else:
                    slots |= group
            groups = [*apart, slots]
        return groups

    def _group(self, slots: set[int]) -> _Group:
        devices = 0
        counters: dict[int, dict[int, int]] = {slot: {} for slot in sorted(slots)}
        for use, some in self._by_use:
            if use[0][0] in slots:
                devices |= some
                for slot, amount in use:
                    counters[slot][amount] = counters[slot].get(amount, 0) | some
        return _Group(
            devices, tuple((slot, tuple(sorted(amounts.items()))) for slot, amounts in counters.items())
        )

    def _by_amount(self, name: str, names: Sequence[str]) -> list[tuple[int, int]]:
        """The devices by how much they use of all counters of a name, least first."""
        found: dict[int, int] = {}
        for use, devices in self._by_use:
            amount = sum(some for slot, some in use if names[slot] == name)
            found[amount] = found.get(amount, 0) | devices
        return sorted(found.items())

    def too_much(self, wants: Sequence[tuple[int, int]], used: Sequence[int], left: Sequence[int]) -> bool:
        """Whether devices for all wants, each so many of such a set, use more than is left of all counters of a name."""
        for name, slots in self._counters_of.items():
            room = sum(max(left[slot] - used[slot], 0) for slot in slots)
            for need, open_ in wants:
                if not open_ & ~self._users:
                    least = next((a for a, devices in self._amounts_of[name] if devices & open_), 0)
                    room -= need * least
            if room < 0:
                return True
        return False

    def __bool__(self) -> bool:
        return bool(self._by_use)

    def too_large(self, used: Sequence[int], left: Sequence[int]) -> int:
        """The devices of which not even one fits."""
        over = 0
        for use, devices in self._by_use:
            for slot, amount in use:
                if used[slot] + amount > left[slot]:
                    over |= devices
                    break
        return over

    def most(self, open_: int, used: Sequence[int], left: Sequence[int]) -> int:
        """More of these devices than this do not fit together."""
        total = (open_ & ~self._users).bit_count()
        for group in self._groups:
            mine = open_ & group.devices
            if not mine:
                continue
            most = mine.bit_count()
            for slot, amounts in group.counters:
                most = min(most, _greedy(mine, left[slot] - used[slot], amounts))
            total += most
        return total


def _greedy(mine: int, room: int, amounts: tuple[tuple[int, int], ...]) -> int:
    """How many fit into one counter: those first that use least of it."""
    users = 0
    count = 0
    for amount, devices in amounts:
        some = (mine & devices).bit_count()
        users += some
        if amount > 0 and room >= 0:
            fit = min(some, room // amount)
            count += fit
            room -= fit * amount
            if fit < some:
                room = -1
        elif amount <= 0:
            count += some
    return mine.bit_count() - users + count
