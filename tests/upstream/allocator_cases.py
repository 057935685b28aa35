"""Seeded cases for the allocator: small clusters in which most of what the allocator can do happens often."""

from __future__ import annotations

from typing import Any

from . import allocator_tight as tight
from .allocator_demand import claims, classes
from .allocator_dice import Dice
from .allocator_places import NODE
from .allocator_supply import allocated, slices

Object = dict[str, Any]
STABLE = ("AdminAccess", "DeviceTaints", "PartitionableDevices", "PrioritizedList")
DEFAULTS = (*STABLE, "ConsumableCapacity", "DeviceBindingAndStatus")
INCUBATING = (*DEFAULTS, "FractionalCapacityRange")
ALL = (
    *INCUBATING,
    "CompatibilityGroups",
    "DerivedAttributes",
    "ListTypeAttributes",
    "OptionalNodeOperations",
)
# The feature that a topic is about.
_FEATURE = {
    "derived": "DerivedAttributes",
    "groups": "CompatibilityGroups",
    "lists": "ListTypeAttributes",
    "operations": "OptionalNodeOperations",
}
# Upstream ends of its own accord in nearly all cases; what takes longer is not worth the wait.
TIMEOUT_S = 1.0


def _features(dice: Dice) -> list[str]:
    kind = dice.random.random()
    if kind < 0.55:
        on = set(DEFAULTS)
    elif kind < 0.75:
        on = set(ALL)
    elif kind < 0.83:
        on = set(dice.some(STABLE, 0))
    elif kind < 0.9:
        on = set(dice.some(ALL, 0))
    else:
        on = set(DEFAULTS) - set(dice.some(DEFAULTS)[:2])
    if kind < 0.75 or kind > 0.9:
        on |= {feature for topic, feature in _FEATURE.items() if dice.about(topic, 0.75)}
        if dice.about("capacity", 0.35):
            on.add("FractionalCapacityRange")
    return sorted(on)


def _node(dice: Dice) -> Object:
    if not dice.about("operations", 0.6):
        return NODE
    return {**NODE, "status": {"declaredFeatures": dice.one(["DRAOptionalNodeOperations"], ["Other"])}}


def _withdraw(dice: Dice, supply: list[Object], holders: list[Object]) -> None:
    """Take a device that somebody has out of its slice, as a driver may (quirk K21)."""
    results = [r for holder in holders for r in holder["status"]["allocation"]["devices"]["results"]]
    if not results:
        return
    gone = dice.random.choice(results)
    for one in supply:
        spec = one["spec"]
        if spec.get("devices") and (spec["driver"], spec["pool"]["name"]) == (gone["driver"], gone["pool"]):
            spec["devices"] = [each for each in spec["devices"] if each["name"] != gone["device"]]


def generate(seed: int) -> Object:
    """The case of a seed, in the form the pipe reads."""
    dice = Dice(seed)
    features = _features(dice)
    dice.features = frozenset(features)
    # The variant for these features alone takes pools in no order, so it gets but one of them.
    pools = 1 if set(features) <= set(STABLE) else None
    if dice.chance(0.4):
        supply, holders, demand = tight.case(dice)
    else:
        supply = slices(dice, pools)
        holders = allocated(dice, supply)
        demand = claims(dice)
    if dice.chance(0.05):
        _withdraw(dice, supply, holders)
    return {
        "id": str(seed),
        "features": features,
        "node": _node(dice),
        "classes": classes(dice),
        "slices": supply,
        "allocated": holders,
        "claims": demand,
        "timeout_s": TIMEOUT_S,
    }
