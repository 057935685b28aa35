"""Whether requests can all be given their devices if nothing else is asked of them: a matching (Hall's theorem)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drakkar.allocator.demand.layout import bits


class _Matching:
    """Requests by index; `rooms` says how many requests one device can serve, where that is not one."""

    def __init__(self, opens: Sequence[int], rooms: Mapping[int, int]) -> None:
        self._opens = opens
        self._rooms = rooms
        self._holders: dict[int, list[int]] = {}
        self._full = 0
        # The devices that each request has, none of them twice.
        self._mine = [0] * len(opens)

    def _give(self, index: int, device: int) -> None:
        holders = self._holders.setdefault(device, [])
        holders.append(index)
        self._mine[index] |= 1 << device
        if len(holders) >= self._rooms.get(device, 1):
            self._full |= 1 << device

    def place(self, index: int) -> bool:
        """Give a request one more device, moving others where that helps: the shortest way through the holders."""
        tried = 0
        # For each request that would have to move, the device it would leave and who would take that.
        via: dict[int, tuple[int, int]] = {}
        waiting = [index]
        for asking in waiting:
            free = self._opens[asking] & ~self._full & ~self._mine[asking]
            if free:
                self._shift(index, asking, (free & -free).bit_length() - 1, via)
                return True
            for device in bits(self._opens[asking] & ~tried & ~self._mine[asking]):
                tried |= 1 << device
                for holder in self._holders[device]:
                    if holder != index and holder not in via:
                        via[holder] = device, asking
                        waiting.append(holder)
        return False

    def _shift(self, first: int, asking: int, device: int, via: Mapping[int, tuple[int, int]]) -> None:
        while asking != first:
            left, by = via[asking]
            self._holders[left].remove(asking)
            self._mine[asking] &= ~(1 << left)
            self._full &= ~(1 << left)
            self._give(asking, device)
            asking, device = by, left
        self._give(first, device)


def can_place(opens: Sequence[int], needs: Sequence[int], rooms: Mapping[int, int]) -> bool:
    """Whether each request can have as many of the devices open to it as it needs, each device for one request only,
    or for as many as `rooms` says. A request has no device twice."""
    matching = _Matching(opens, rooms)
    return all(matching.place(index) for index, need in enumerate(needs) for _ in range(need))
