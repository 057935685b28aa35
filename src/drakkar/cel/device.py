"""A device as selectors see it: values parsed once, names filed under their domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version

Scalar = bool | int | str | Version
Value = Scalar | tuple[Scalar, ...]


_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(slots=True)
class DeviceView:
    """What `device` stands for in an expression; not to be changed once it was asked about.

    `attributes` and `capacity` are domain -> identifier -> value; a name without a domain is filed under the driver's.
    `broken` is the error of an attribute that could not be read: it fails every selector on the device.
    `own_attributes` and `own_capacity` are those of the driver's domain, which nearly every selector reads: among many
    devices it is memory that is waited for, and the way to them is the shorter by two places of it.
    """

    driver: str
    attributes: Mapping[str, Mapping[str, Value]]
    capacity: Mapping[str, Mapping[str, Quantity]]
    allow_multiple_allocations: bool = False
    broken: str | None = None
    own_attributes: Mapping[str, Value] = field(init=False, repr=False, compare=False)
    own_capacity: Mapping[str, Quantity] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.own_attributes = self.attributes.get(self.driver, _NOTHING)
        self.own_capacity = self.capacity.get(self.driver, _NOTHING)
