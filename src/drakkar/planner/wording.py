"""Small pieces of what is told: numbers of things, expressions, taints, attributes."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.allocator import DeviceKey
from drakkar.allocator.device import DeviceEntry
from drakkar.api.resource import ResourceClaim
from drakkar.planner.findings import Holder
from drakkar.planner.sightings import named, shown

Whose = Callable[[DeviceKey], tuple[Holder, ...]]


def counted(count: int, one: str) -> str:
    """`1 device`, `1,000 devices`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def claim_label(claim: ResourceClaim) -> str:
    """`namespace/name`."""
    return f"{claim.metadata.namespace}/{claim.metadata.name}"


def in_one_line(expression: str) -> str:
    """An expression without its line breaks."""
    return " ".join(expression.split())


def taint_text(key: str, value: str, effect: str) -> str:
    """`key=value:effect`, as kubectl writes taints."""
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def attribute_text(entry: DeviceEntry, name: str) -> str | None:
    """The value of an attribute that a constraint names, None where the device has none."""
    domain, _, identifier = name.rpartition("/")
    value = entry.view(True).attributes.get(domain, {}).get(identifier)
    return None if value is None else shown(value)


def attribute_name(name: str, driver: str) -> str:
    """A constraint's attribute as the driver's users know it."""
    domain, _, identifier = name.rpartition("/")
    return named(domain, identifier, driver)


def listed(texts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
