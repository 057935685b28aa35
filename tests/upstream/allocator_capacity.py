"""Capacities with their policies, and requests for them: sensible, fractional, and such as no validation would let in."""

from __future__ import annotations

from typing import Any

from .allocator_dice import Dice

Object = dict[str, Any]


def _range(dice: Dice, value: str) -> Object:
    least = dice.one("1Gi", "512Mi", "1", "2Gi")
    made: Object = {"min": least}
    if dice.chance(0.7):
        made["step"] = dice.one("1Gi", "256Mi", "700Mi", "512Mi")
    if dice.chance(0.4):
        made["max"] = dice.one(value, "3Gi", "4Gi")
    return made


def _fractional_range(dice: Dice) -> Object:
    made: Object = {"min": dice.one("500m", "1", "0.25", "1500m")}
    if dice.chance(0.8):
        made["step"] = dice.one("250m", "500m", "1", "300m", "0.1")
    if dice.chance(0.4):
        made["max"] = dice.one("4", "2500m", "3")
    return made


def _absurd(dice: Dice) -> Object:
    """A policy that validation refuses, or that it cannot see through."""
    return dice.one(
        {},
        {"default": "30"},
        {"validRange": {"max": "2Gi"}},
        {"default": "30Gi", "validRange": {"min": "1Gi", "max": "2Gi"}},
        {"default": "1536Mi", "validRange": {"min": "1Gi", "step": "1Gi"}},
        {"default": "1", "validRange": {"min": "1n", "step": "1"}},
        {"default": "1Gi", "validRange": {"min": "-1", "step": "2Gi"}},
        {"validRange": {"min": "3Gi", "max": "1Gi", "step": "1Gi"}},
        {"default": "0", "validValues": ["3Gi", "1Gi", "2Gi"]},
        {"default": "1Gi", "validValues": ["1Gi"], "validRange": {"min": "2Gi"}},
        {"default": "-1"},
        {"default": "1G", "validValues": ["1000M", "2000000000"]},
        {"default": "1Gi", "validRange": {"min": "4Ei", "step": "3Ei"}},
    )


def _policy(dice: Dice, value: str) -> Object:
    if dice.about("capacity", 0.1):
        return _absurd(dice)
    if not value.endswith("Gi"):
        if dice.chance(0.4):
            return {"default": dice.one("1", "500m"), "validRange": _fractional_range(dice)}
        return {"default": "1"} if dice.chance(0.5) else {"default": "1", "validValues": ["1", "2", "3"]}
    if dice.chance(0.3):
        return {"default": "1Gi", "validValues": ["512Mi", "1Gi", "3Gi"]}
    found = _range(dice, value)
    default = found["min"] if dice.chance(0.8) else dice.one("1024Mi", "2Gi", "1073741824")
    return {"default": default, "validRange": found}


def of_device(dice: Dice) -> Object:
    """The capacities of a device."""
    found: Object = {}
    if dice.chance(0.95):
        found["mem"] = {"value": dice.one("1Gi", "4Gi", "10Gi", "10Gi", "10G", "20Pi")}
    if dice.chance(0.3):
        found["slots"] = {"value": dice.one("1", "2", "3", "4", "2500m")}
    if "mem" in found and dice.chance(0.05):
        # Beside the short name chance would say which of them selectors see.
        found["a.example/mem"] = found.pop("mem")
    for capacity in found.values():
        if dice.chance(0.4):
            capacity["requestPolicy"] = _policy(dice, capacity["value"])
    return found


def requested(dice: Dice) -> Object:
    """The capacity field of a request."""
    if dice.chance(0.03):
        return dice.one({}, {"requests": {}})
    wanted: Object = {}
    if dice.chance(0.85):
        wanted["mem"] = dice.one("1Gi", "1500Mi", "600M", "2Gi", "5Gi", "0", "1Gi", "2048Mi")
    if dice.chance(0.25):
        wanted["slots"] = dice.one("1", "2", "600m", "1.25", "750m")
    if dice.chance(0.05):
        wanted[dice.one("nothing", "a.example/mem")] = "1"
    if dice.about("fault", 0.12) or dice.chance(0.02):
        name = dice.one("mem", "mem", "slots")
        wanted[name] = dice.one("-1", "10Pi", "16Ei", "9223372036854775807", "1n", "8Ei", "1e30")
    return {"requests": wanted}


def consumed(dice: Dice, capacities: Object) -> Object:
    """What an earlier share took of a device; more than there is now and then, or of what is no longer there."""
    taken: Object = {}
    for name, capacity in capacities.items():
        if dice.chance(0.9):
            unit = capacity["value"].endswith("i")
            taken[name] = dice.one("1Gi", "512Mi", "2Gi") if unit else dice.one("1", "500m")
            if dice.chance(0.1):
                taken[name] = dice.one(capacity["value"], "30Gi", "0")
    if dice.chance(0.05):
        taken["gone"] = "1"
    return taken
