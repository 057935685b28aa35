"""Devices that a constraint keeps apart, told with the values that do it."""

from __future__ import annotations

from drakkar.allocator.device import NoValueError, attribute_value
from drakkar.api.resource import DeviceAttribute
from drakkar.api.semver import VersionError
from drakkar.planner import findings
from drakkar.planner.report.attribute_text import attribute_name, shown
from drakkar.planner.why.conflicts import Conflict


def _shown(value: DeviceAttribute) -> str:
    try:
        return shown(attribute_value(value))
    except (NoValueError, VersionError):
        return "no value"


def conflict_finding(one: Conflict, claim: str) -> findings.Conflict:
    """The conflict as it is told, in a claim."""
    first, second = one.devices
    names = (first.device, second.device) if first.device != second.device else (str(first), str(second))
    texts = (_shown(one.values[0]), _shown(one.values[1]))
    what = attribute_name(one.attribute, first.driver)
    if texts[0] == texts[1]:
        text = f"{what} is {texts[0]} on both {names[0]} and {names[1]}"
    else:
        text = f"{what} is {texts[0]} on {names[0]}, {texts[1]} on {names[1]}"
    return findings.Conflict(
        claim=claim,
        constraint=one.constraint,
        attribute=one.attribute,
        requests=(one.asks[0].name, one.asks[1].name),
        devices=(str(first), str(second)),
        values=texts,
        text=text,
    )
