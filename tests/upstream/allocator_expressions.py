"""CEL for generated cases: selectors that hold on some devices, that fail on some, that mean nothing; derived attributes."""

from __future__ import annotations

from typing import Any

from .allocator_dice import Dice

Object = dict[str, Any]

# They are true or false of every device.
SELECTORS = (
    "device.driver == 'a.example'",
    "device.attributes[device.driver].?g.orValue('') == 'x'",
    "device.attributes['a.example'].?g.orValue('') in ['x', 'y']",
    "'k' in device.attributes[device.driver] && device.attributes[device.driver].k >= 1",
    "device.attributes[device.driver].?k.orValue(0) < 2",
    "device.attributes[device.driver].?b.orValue(false)",
    "device.capacity[device.driver].?mem.orValue(quantity('0')).compareTo(quantity('2Gi')) >= 0",
    "device.attributes[device.driver].?v.orValue(semver('0.0.0')).isGreaterThan(semver('1.0.0'))",
    "!device.allowMultipleAllocations",
    "device.attributes['shared.example'].?root.orValue('') != 'pci1'",
)
# They cannot be answered for every device.
FAILING = (
    "device.attributes[device.driver].g.matches('^[xy]$')",
    "device.attributes['a.example'].k >= 0",
    "device.capacity['a.example'].mem.isGreaterThan(quantity('1Gi'))",
    "device.attributes[device.driver].g",
    "device.attributes[device.driver].k == 'x'",
    "1 / device.attributes[device.driver].?k.orValue(1) > 0",
)
# They mean nothing.
BROKEN = ("device.nope == 1", "1 +", "device.driver", "device.driver ==", "")

DERIVED = (
    "device.driver",
    "device.attributes[device.driver].?g.orValue('none')",
    "device.attributes[device.driver].?k.orValue(0) / 2",
    "device.attributes[device.driver].?k.orValue(0) > 0",
    "device.attributes[device.driver].?v.orValue(semver('0.0.0'))",
    "device.attributes[device.driver].?l.orValue(['none'])",
    "device.attributes[device.driver].?b.orValue(false) ? 'yes' : 'no'",
    "[device.attributes[device.driver].?k.orValue(7), 9]",
    "['a', device.driver]",
    "[true, device.allowMultipleAllocations]",
    "[semver('1.0.0')]",
    "device.capacity[device.driver].?mem.orValue(quantity('0')).isGreaterThan(quantity('2Gi'))",
    "'same'",
)
FAILING_DERIVED = (
    "device.attributes[device.driver].g",
    "device.attributes['a.example'].k",
    "device.capacity[device.driver].mem.asInteger()",
    "[1, 'a', 2][device.attributes[device.driver].?k.orValue(0)]",
    "device.attributes[device.driver].?k.orValue(1.5)",
    "[]",
    "[1, device.attributes[device.driver].?g.orValue('x')]",
    "1.5",
    "quantity('1')",
    "device.nope",
    "{'a': 1}",
)


def cel(expression: str) -> Object:
    return {"cel": {"expression": expression}}


def selector(dice: Dice) -> Object:
    """For a request or a class."""
    if dice.about("selectors", 0.25) or dice.chance(0.03):
        return cel(dice.one(*FAILING))
    if dice.about("fault", 0.06):
        return cel(dice.one(*BROKEN))
    return cel(dice.one(*SELECTORS))


def derived(dice: Dice) -> str:
    """For a derived attribute."""
    return dice.one(*FAILING_DERIVED) if dice.chance(0.1) else dice.one(*DERIVED)
