"""What expressions read of a device, compared by identity: equal parts of devices are one object (see sharing)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.api.resource import Device
from drakkar.cel import Projection

Pair = tuple[str | None, str | None]


class Reading:
    """The parts that some expressions read of the devices of one driver."""

    __slots__ = ("_attributes", "_capacity", "_multiple", "narrow")

    def __init__(self, driver: str, projections: Iterable[Projection], names: Sequence[str] = ()) -> None:
        """`names` are attributes that are read beside them, by their full names."""
        pairs: dict[Pair, None] = {}
        self._capacity = self._multiple = False
        for projection in projections:
            pairs.update(dict.fromkeys(projection.attributes))
            self._capacity |= bool(projection.capacity)
            self._multiple |= projection.multiple
        for name in names:
            domain, slash, identifier = name.partition("/")
            if slash:
                pairs[domain, identifier] = None
        # Whether all that is read has a name.
        self.narrow = not any(None in pair for pair in pairs)
        # By the name with its domain, and without where the domain is the driver's.
        self._attributes = [
            (f"{domain}/{identifier}", identifier if domain == driver else None)
            for domain, identifier in pairs
        ]
        # One without a domain is looked for as it is.
        self._attributes += [(name, None) for name in names if "/" not in name]

    def of(self, device: Device) -> list[object] | None:
        """What is read; None where which of two attributes it is takes a closer look."""
        attributes = device.attributes
        found: list[object] = []
        for full, bare in self._attributes:
            value = attributes.get(full)
            if bare is not None and bare in attributes:
                if value is not None:
                    return None
                value = attributes[bare]
            found.append(value)
        if self._capacity:
            found.append(device.capacity or None)
        if self._multiple:
            found.append(device.allow_multiple_allocations)
        return found
