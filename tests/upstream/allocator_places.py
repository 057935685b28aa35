"""Where the slices and devices of generated cases are: node names, selectors good and bad, everywhere, nowhere."""

from __future__ import annotations

from typing import Any

from .allocator_dice import Dice

Object = dict[str, Any]
NODE: Object = {"metadata": {"name": "n1", "labels": {"zone": "z1", "rack": "7", "gpu": ""}}}


def requirement(key: str, operator: str, *values: str) -> Object:
    made: Object = {"key": key, "operator": operator}
    return {**made, "values": list(values)} if values else made


def _expression(dice: Dice) -> Object:
    return dice.one(
        requirement("zone", "In", "z1"),
        requirement("zone", "In", "z1", "z2"),
        requirement("zone", "In", "z2", "z1"),
        requirement("zone", "In", "z2"),
        requirement("zone", "NotIn", "z2"),
        requirement("rack", "Gt", "5"),
        requirement("rack", "Lt", "9"),
        requirement("rack", "Lt", "5"),
        requirement("gpu", "Exists"),
        requirement("gpu", "In", ""),
        requirement("tpu", "DoesNotExist"),
        requirement("tpu", "NotIn", "v5"),
    )


def _field(dice: Dice) -> Object:
    return requirement("metadata.name", dice.one("In", "In", "NotIn"), dice.one("n1", "n1", "n2"))


def _nonsense(dice: Dice) -> Object:
    """A term that is no term: the whole selector cannot be read then."""
    wrong = dice.one(
        requirement("zone", "In"),
        requirement("zone", "Like", "z1"),
        requirement("rack", "Gt", "five"),
        requirement("rack", "Gt", "5", "6"),
        requirement("gpu", "Exists", "yes"),
    )
    if dice.chance(0.3):
        name = dice.one("In", "Gt", "Exists")
        values = dice.one(("n1", "n2"), ())
        return {"matchFields": [requirement(dice.one("metadata.name", "spec.nodeName"), name, *values)]}
    return {"matchExpressions": [wrong]}


def _term(dice: Dice) -> Object:
    term: Object = {}
    if dice.chance(0.9):
        term["matchExpressions"] = [_expression(dice) for _ in range(dice.one(1, 1, 1, 2, 3))]
    if dice.chance(0.2):
        term["matchFields"] = [_field(dice)]
    return term


def selector(dice: Dice, terms: int = 1) -> Object:
    """A node selector; now and then one with an empty term, or one that cannot be read."""
    made = [_term(dice) for _ in range(terms)]
    if dice.about("fault", 0.1) or dice.chance(0.01):
        made.insert(dice.number(0, len(made)), _nonsense(dice))
    elif dice.chance(0.03):
        made = dice.one([], [{}], [{}, *made])
    return {"nodeSelectorTerms": made}


def of_slice(dice: Dice) -> Object:
    """The node fields of a slice."""
    if "places" not in dice.topics:
        if dice.chance(0.1):
            return {"nodeSelector": selector(dice)}
        return dice.one({"nodeName": "n1"}, {"nodeName": "n1"}, {"nodeName": "n1"}, {"allNodes": True})
    if dice.chance(0.3):
        return {"perDeviceNodeSelection": True}
    if dice.chance(0.06):
        # What the API server lets nobody write, but what may be stored, or is left out.
        return dice.one(
            {},
            {"allNodes": False},
            {"nodeName": "", "allNodes": True},
            {"nodeName": "n1", "allNodes": True},
            {"nodeName": "n2", "allNodes": True},
            {"allNodes": True, "nodeSelector": selector(dice)},
            {"allNodes": True, "perDeviceNodeSelection": False},
            {"nodeName": "n1", "perDeviceNodeSelection": True},
        )
    terms = 2 if dice.chance(0.05) else 1
    return dice.one(
        {"nodeName": "n1"},
        {"nodeName": "n1"},
        {"nodeName": "n2"},
        {"allNodes": True},
        {"nodeSelector": selector(dice, terms)},
        {"nodeSelector": selector(dice)},
        {"nodeSelector": selector(dice)},
    )


def of_device(dice: Dice) -> Object:
    """The node fields of a device whose slice leaves them to it."""
    if dice.chance(0.04):
        return dice.one({}, {"nodeName": ""}, {"allNodes": False})
    return dice.one(
        {"nodeName": "n1"},
        {"nodeName": "n1"},
        {"nodeName": "n2"},
        {"allNodes": True},
        {"nodeSelector": selector(dice, dice.one(1, 1, 1, 1, 2))},
        {"nodeSelector": selector(dice)},
    )
