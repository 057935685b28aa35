"""A device as selectors see it: values parsed once, names filed under their domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version

Scalar = bool | int | str | Version
Value = Scalar | tuple[Scalar, ...]


class DeviceView(NamedTuple):
    """What `device` stands for in an expression.

    `attributes` and `capacity` are domain -> identifier -> value; a name without a domain is filed under the driver's.
    `broken` is the error of an attribute that could not be read: it fails every selector on the device.
    """

    driver: str
    attributes: Mapping[str, Mapping[str, Value]]
    capacity: Mapping[str, Mapping[str, Quantity]]
    allow_multiple_allocations: bool = False
    broken: str | None = None
