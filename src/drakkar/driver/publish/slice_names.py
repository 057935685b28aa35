"""How ResourceSlices are named, and so how the ones of an earlier run are recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drakkar.api.object import ObjectView


class SliceNames(Protocol):
    """One convention of names."""

    def generate(self, index: int, count: int, driver: str, owner: str) -> str:
        """The generateName of slice `index` of `count`; `owner` is empty where there is none."""

    def match(self, existing: Sequence[ObjectView], wanted: Sequence[ObjectView]) -> dict[int, ObjectView]:
        """Which existing slice is which wanted one, by index; those in no pair are obsolete or missing."""


def _name(item: ObjectView) -> str:
    return str(item["metadata"]["name"])


class ByIndex:
    """Kubernetes 1.37: the index comes first, so that the order of names is the order of slices (8.3.6)."""

    def generate(self, index: int, count: int, driver: str, owner: str) -> str:
        middle = f"{driver}-{owner}-" if owner else f"{driver}-"
        return f"{index:0{self._width(count)}x}-{middle}"

    def match(self, existing: Sequence[ObjectView], wanted: Sequence[ObjectView]) -> dict[int, ObjectView]:
        found: dict[int, ObjectView] = {}
        for item in sorted(existing, key=_name):
            index = self._index(_name(item), len(wanted))
            if index is not None:
                found.setdefault(index, item)
        return found

    @staticmethod
    def _width(count: int) -> int:
        """Hex digits of the index in the names of a pool of so many slices."""
        return max(5, len(f"{max(count - 1, 0):x}"))

    def _index(self, name: str, count: int) -> int | None:
        width = self._width(count)
        if name.find("-") != width:
            return None
        try:
            index = int(name[:width], 16)
        except ValueError:
            return None
        return index if index < count else None


class ByDevices:
    """Kubernetes up to 1.36: names tell the owner and the driver; a slice is known by the devices in it."""

    def generate(self, index: int, count: int, driver: str, owner: str) -> str:
        return f"{owner}-{driver}-" if owner else f"{driver}-"

    def match(self, existing: Sequence[ObjectView], wanted: Sequence[ObjectView]) -> dict[int, ObjectView]:
        left = sorted(existing, key=_name)
        found: dict[int, ObjectView] = {}
        for index, spec in enumerate(wanted):
            names = {device["name"] for device in spec.get("devices") or ()}
            for item in left:
                if {device["name"] for device in item["spec"].get("devices") or ()} == names:
                    found[index] = item
                    left.remove(item)
                    break
        # A slice whose devices changed is better updated than replaced.
        for index in range(len(wanted)):
            if index not in found and left:
                found[index] = left.pop(0)
        return found


BY_INDEX: SliceNames = ByIndex()
BY_DEVICES: SliceNames = ByDevices()
