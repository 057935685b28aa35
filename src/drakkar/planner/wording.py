"""From the allocator's word on a device to what a user needs to know: which claim, which expression, which values."""

from __future__ import annotations

import re
from collections.abc import Callable

from drakkar.allocator import DeviceKey
from drakkar.allocator.device import DeviceEntry
from drakkar.api.resource import DeviceClass
from drakkar.planner.alone import Part, Verdict
from drakkar.planner.findings import Holder
from drakkar.planner.sightings import named, shown, sightings

Whose = Callable[[DeviceKey], tuple[Holder, ...]]

_FALSE = re.compile(r"(?:class (?P<class>\S+)|claim \S+): selector #(?P<index>\d+) is false")
_FAILED = re.compile(
    r"(?:class (?P<class>\S+)|claim \S+): selector #(?P<index>\d+)(?: on device \S+?)?: (?P<what>CEL .*)",
    re.DOTALL,
)
_CONSTRAINT = re.compile(r"constraint #(?P<index>\d+) on (?P<name>\S+) ")


def _expression(part: Part, class_: DeviceClass | None, by_class: bool, index: int) -> str:
    selectors = part.what.selectors
    if by_class:
        selectors = class_.spec.selectors if class_ is not None else ()
    cel = selectors[index].cel if index < len(selectors) else None
    return cel.expression if cel is not None else ""


def _selector(match: re.Match[str], part: Part, class_: DeviceClass | None) -> tuple[str, str]:
    of = f"class {match['class']}" if match["class"] else "the request"
    expression = _expression(part, class_, bool(match["class"]), int(match["index"]))
    return of, " ".join(expression.split())


def reason(verdict: Verdict, part: Part, class_: DeviceClass | None, entry: DeviceEntry) -> tuple[str, str]:
    """The kind of a rejection and its text; two devices with the same text are in the same position."""
    why = verdict.why
    if verdict.failed:
        match = _FAILED.match(why)
        if match is None:
            return ("capacity" if "checking capacity" in why else "other"), why
        of, expression = _selector(match, part, class_)
        return "selectorError", f"selector of {of} fails: {expression}: {match['what']}"
    match = _FALSE.fullmatch(why)
    if match is not None:
        of, expression = _selector(match, part, class_)
        saw = "; ".join(sightings(expression, entry.view(True)))
        return "selector", f"selector of {of} is false: {expression}" + (f" ({saw})" if saw else "")
    match = _CONSTRAINT.match(why)
    if match is not None:
        # Alone, a device can only fail a constraint by lacking what it is about.
        return (
            "constraint",
            f"constraint #{match['index']} is on {match['name']}, which the device does not have",
        )
    if why == "is allocated":
        return "taken", "taken"
    for word, kind in (("counter ", "counter"), ("capacity ", "capacity"), ("lacks a capacity", "capacity")):
        if why.startswith(word):
            return kind, why
    if why.startswith("has taint "):
        return "taint", why
    return ("node" if why == "is on another node" else "other"), why


def attribute_text(entry: DeviceEntry, name: str) -> str | None:
    """The value of an attribute that a constraint names, None where the device has none."""
    domain, _, identifier = name.rpartition("/")
    value = entry.view(True).attributes.get(domain, {}).get(identifier)
    return None if value is None else shown(value)


def attribute_name(name: str, driver: str) -> str:
    """A constraint's attribute as the driver's users know it."""
    domain, _, identifier = name.rpartition("/")
    return named(domain, identifier, driver)
