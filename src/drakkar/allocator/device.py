"""One published device with everything derived from it, computed at most once while its slice stays as it is."""

from __future__ import annotations

import functools
from typing import NamedTuple

from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import Device, DeviceAttribute, DeviceTaint, ResourceSliceSpec
from drakkar.api.semver import Version, VersionError
from drakkar.cel.device import DeviceView, Value


class DeviceKey(NamedTuple):
    """What identifies a device in the cluster."""

    driver: str
    pool: str
    device: str

    def __str__(self) -> str:
        return f"{self.driver}/{self.pool}/{self.device}"


class NoValueError(ValueError):
    """An attribute has no value, or a version that is none."""


def attribute_value(attribute: DeviceAttribute) -> Value:
    """The value by upstream's order of fields (dra-semantics 3.5.6)."""
    if attribute.ints is not None:
        return attribute.ints
    if attribute.bools is not None:
        return attribute.bools
    if attribute.strings is not None:
        return attribute.strings
    if attribute.versions is not None:
        return tuple(Version.parse(text) for text in attribute.versions)
    if attribute.int_value is not None:
        return attribute.int_value
    if attribute.bool_value is not None:
        return attribute.bool_value
    if attribute.string is not None:
        return attribute.string
    if attribute.version is not None:
        return Version.parse(attribute.version)
    raise NoValueError("unsupported attribute value")


@functools.lru_cache(maxsize=4096)
def _split(name: str, driver: str) -> tuple[str, str]:
    """Domain and identifier; a name without a domain belongs to the driver's."""
    domain, slash, identifier = name.partition("/")
    return (domain, identifier) if slash else (driver, name)


def view_of(device: Device, driver: str, multiple: bool) -> DeviceView:
    """The device as selectors see it; what cannot be read makes it broken (dra-semantics 3.5.6)."""
    attributes: dict[str, dict[str, Value]] = {}
    capacity: dict[str, dict[str, Quantity]] = {}
    broken: str | None = None
    for name, attribute in device.attributes.items():
        try:
            value = attribute_value(attribute)
        except (NoValueError, VersionError) as error:
            broken = broken or f"attribute {name}: {error}"
            continue
        domain, identifier = _split(name, driver)
        if domain in attributes:
            attributes[domain][identifier] = value
        else:
            attributes[domain] = {identifier: value}
    for name, entry in device.capacity.items():
        domain, identifier = _split(name, driver)
        try:
            amount = Quantity.parse(entry.value)
        except QuantityError as error:
            broken = broken or f"capacity {name}: {error}"
            continue
        capacity.setdefault(domain, {})[identifier] = amount
    return DeviceView(driver, attributes, capacity, multiple, broken)


class DeviceEntry:
    """A device in its slice, with the taints that rules add to its own."""

    __slots__ = ("device", "key", "spec", "taints")

    def __init__(self, device: Device, spec: ResourceSliceSpec, taints: tuple[DeviceTaint, ...]) -> None:
        self.device = device
        self.spec = spec
        self.key = DeviceKey(spec.driver, spec.pool.name, device.name)
        self.taints = taints

    def view(self, multiple_counts: bool = True) -> DeviceView:
        """As selectors see it; where the allocator does not know multiple allocations, nobody sees the field set.

        Made anew each time: kept for all devices of a cluster, views would be the most of what is in memory.
        """
        multiple = multiple_counts and bool(self.device.allow_multiple_allocations)
        return view_of(self.device, self.spec.driver, multiple)
