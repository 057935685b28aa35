"""The demand of a generated case: classes and claims."""

from __future__ import annotations

from typing import Any

from . import allocator_capacity as capacity
from .allocator_dice import Dice
from .allocator_expressions import SELECTORS, cel, derived, selector

Object = dict[str, Any]
CLASSES = ("any", "any", "set", "gpu", "small")


def _config(driver: str, parameters: Object) -> Object:
    return {"opaque": {"driver": driver, "parameters": parameters}}


def classes(dice: Dice) -> list[Object]:
    """Classes with and without selectors and configuration."""
    specs: Object = {
        "any": {},
        "gpu": {"selectors": [cel(dice.one(*SELECTORS[:5]))]},
        "small": {
            "selectors": [selector(dice) for _ in range(dice.number(0, 2))],
            "config": [_config("a.example", {"from": "small"})],
        },
        "set": {"config": [_config("a.example", {"n": 1}), _config("b.example", {"n": 2})]},
    }
    return [{"metadata": {"name": name}, "spec": spec} for name, spec in specs.items()]


def _toleration(dice: Dice) -> Object:
    return dice.one(
        {"operator": "Exists"},
        {"key": "t", "operator": "Equal", "value": "1"},
        {"key": "t", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "u", "operator": "Equal", "value": "2", "effect": "NoExecute", "tolerationSeconds": 5},
        {"key": "u", "value": "1"},
        {"operator": "Equal", "value": "1"},
        {"key": "t", "operator": "Near"},
    )


def _class_name(dice: Dice) -> str:
    return dice.one("missing", "missing", "") if dice.about("fault", 0.05) else dice.one(*CLASSES)


def _mode(dice: Dice) -> Object:
    if dice.chance(0.1):
        return {"allocationMode": "All"}
    if dice.about("fault", 0.03):
        return {"allocationMode": dice.one("", "Some"), "count": 1}
    count = dice.one(1, 1, 1, 2, 2, 3)
    if dice.chance(0.03):
        count = 0
    if dice.about("limits", 0.3):
        count = dice.one(8, 15, 16, 20, 31, 32, 33)
    return {"allocationMode": "ExactCount", "count": count}


def _derived_attributes(dice: Dice) -> list[Object]:
    names = dice.some(["a.example/g", "derived.example/y", "shared.example/root"], 0)
    made = [{"name": name, "expression": derived(dice)} for name in ["derived.example/x", *names]]
    if dice.chance(0.1):
        made.append({"name": made[0]["name"], "expression": derived(dice)})
    return made


def _request(dice: Dice, alternative: bool) -> Object:
    """A request, or an alternative of one, without its name."""
    made: Object = {"deviceClassName": _class_name(dice), **_mode(dice)}
    if dice.chance(0.3) or dice.about("selectors", 0.5):
        made["selectors"] = [selector(dice) for _ in range(dice.one(1, 1, 2))]
        if dice.about("fault", 0.04):
            made["selectors"].append({})
    if not alternative and (dice.about("admin", 0.4) or dice.chance(0.02)) and dice.may("AdminAccess"):
        made["adminAccess"] = dice.chance(0.9)
    if dice.about("taints", 0.5):
        made["tolerations"] = [_toleration(dice) for _ in range(dice.one(1, 1, 2))]
    if dice.about("capacity", 0.6) and dice.may("ConsumableCapacity"):
        made["capacity"] = capacity.requested(dice)
    if dice.about("derived", 0.6) and dice.may("DerivedAttributes"):
        made["derivedAttributes"] = _derived_attributes(dice)
    return made


def _attribute(dice: Dice) -> str:
    if dice.about("derived", 0.6):
        return dice.one(*["derived.example/x"] * 4, "derived.example/y", "a.example/g")
    if dice.about("lists", 0.6):
        return dice.one("a.example/l", "a.example/l", "a.example/g", "a.example/k")
    if dice.chance(0.1):
        return dice.one("a.example/v", "a.example/b", "b.example/g", "g", "nowhere.example/g")
    return dice.one("a.example/g", "a.example/g", "a.example/k", "shared.example/root")


def _constraint(dice: Dice, names: list[str]) -> Object:
    kind = dice.one("matchAttribute", "matchAttribute", "distinctAttribute")
    if not dice.may("ConsumableCapacity"):
        kind = "matchAttribute"
    made: Object = {kind: _attribute(dice)}
    if dice.about("fault", 0.05):
        made = dice.one({}, {"matchAttribute": "a.example/g", "distinctAttribute": "a.example/g"})
    if names and dice.chance(0.5):
        made["requests"] = dice.some(names)
        if dice.chance(0.03):
            made["requests"].append("unheard-of")
    return made


def claims(dice: Dice) -> list[Object]:
    """None to three of them; several have fewer requests each, or upstream would not come to an end."""
    count = dice.one(0, 1, 1, 1, 1, 1, 2, 2, 3)
    requests = (0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4) if count == 1 else (1, 1, 1, 2, 2)
    return [_claim(dice, number, dice.one(*requests)) for number in range(count)]


def _claim(dice: Dice, number: int, count: int) -> Object:
    """A claim with so many requests, some of them with alternatives."""
    requests: list[Object] = []
    names: list[str] = []
    alternatives = 0.7 if "alternatives" in dice.topics else 0.2
    for index in range(count):
        name = f"r{index}"
        names.append(name)
        if dice.chance(alternatives) and dice.may("PrioritizedList"):
            parts = [{"name": f"s{part}", **_request(dice, True)} for part in range(dice.one(1, 2, 2, 3))]
            names.extend(f"{name}/{part['name']}" for part in parts)
            requests.append({"name": name, "firstAvailable": parts})
        else:
            requests.append({"name": name, "exactly": _request(dice, False)})
    devices: Object = {"requests": requests}
    if any(dice.about(topic, 0.8) for topic in ("attributes", "lists", "derived")) or dice.chance(0.15):
        devices["constraints"] = [_constraint(dice, names) for _ in range(dice.number(1, 2))]
    if dice.chance(0.3):
        devices["config"] = [
            {
                **_config("a.example", {"claim": number, "part": part}),
                "requests": dice.one([], names[:1], dice.some(names)[:3] if names else [], names),
            }
            for part in range(dice.number(1, 2))
        ]
    meta = {"name": f"claim-{number}", "namespace": "ns", "uid": f"uid-{number}"}
    return {"metadata": meta, "spec": {"devices": devices}}
