"""How what stands against a device is told: which expression was false or failed and what it saw, which taint, which
attribute."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.allocator import DeviceKey
from drakkar.allocator.device import DeviceEntry
from drakkar.cel import DeviceView
from drakkar.planner.findings import Holder
from drakkar.planner.sightings import named, shown, sightings

Whose = Callable[[DeviceKey], tuple[Holder, ...]]


def counted(count: int, one: str) -> str:
    """`1 device`, `1,000 devices`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def in_one_line(expression: str) -> str:
    """An expression without its line breaks."""
    return " ".join(expression.split())


def selector_is_false(of: str, expression: str, view: DeviceView) -> str:
    """A selector that says no, with the values that it saw."""
    saw = "; ".join(sightings(expression, view))
    return f"selector of {of} is false: {in_one_line(expression)}" + (f" ({saw})" if saw else "")


def selector_fails(of: str, expression: str, error: str, hint: str) -> str:
    """A selector that cannot say anything, and why."""
    return f"selector of {of} fails: {in_one_line(expression)}: {error}" + (
        f" (hint: {hint})" if hint else ""
    )


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
