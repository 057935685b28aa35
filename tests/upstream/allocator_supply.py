"""The supply of a generated case: pools of slices of devices, and what of them is in use."""

from __future__ import annotations

from typing import Any

from . import allocator_capacity as capacity
from . import allocator_places as places
from .allocator_dice import Dice

Object = dict[str, Any]
DRIVERS = ("a.example", "b.example")
GROUPS = ("ab", "bc", "ca")


def _attributes(dice: Dice, driver: str) -> Object:
    found: Object = {}
    if dice.chance(0.9):
        found["g"] = {"string": dice.one("x", "x", "y", "z")}
    if dice.chance(0.5):
        found["k"] = {"int": dice.number(0, 2)}
    if dice.chance(0.3):
        found["b"] = {"bool": dice.chance(0.5)}
    if dice.chance(0.2):
        found["v"] = {"version": dice.one("1.0.0", "1.2.3", "2.0.0-rc.1")}
    if dice.chance(0.2):
        found["shared.example/root"] = {"string": dice.one("pci0", "pci1")}
    if dice.about("lists", 0.7):
        found["l"] = {"strings": dice.some("pqrs")}
    if dice.about("lists", 0.3):
        found["g"] = dice.one(
            {"strings": dice.some("xyz")},
            {"ints": dice.some([0, 1, 2])},
            {"bools": [True]},
            {"versions": ["1.0.0"]},
        )
    if dice.about("lists", 0.2):
        found["k"] = {"ints": dice.some([0, 1, 2])}
    if dice.about("attributes", 0.15):
        found["g"] = dice.one({"int": 1}, {"bool": True}, {"version": "1.0.0"}, {"string": "1.0.0"})
    if dice.about("fault", 0.04):
        found["odd"] = dice.one({}, {"version": "one"}, {"strings": []})
    if dice.about("fault", 0.04):
        found["g"] = dice.one({}, {"string": "x", "int": 1}, {"strings": [], "string": "x"})
    if "g" in found and dice.chance(0.05):
        # The driver's own name may be written out; beside the short one chance would say which of them selectors see.
        found[f"{driver}/g"] = found.pop("g")
    return found


def _uses(dice: Dice, sets: list[Object]) -> list[Object]:
    uses = []
    for counter_set in dice.some(sets):
        counters = {
            name: {"value": dice.one("1", "1", "2", "3", "500m")}
            for name in counter_set["counters"]
            if dice.chance(0.8)
        }
        if dice.about("fault", 0.02):
            counters["missing"] = {"value": "1"}
        if not counters:
            continue
        use: Object = {"counterSet": counter_set["name"], "counters": counters}
        if dice.about("groups", 0.75):
            use["compatibilityGroups"] = dice.some(GROUPS)[:2]
        uses.append(use)
    if dice.about("fault", 0.02):
        uses.append({"counterSet": "missing", "counters": {"m": {"value": "1"}}})
    return uses


def _taint(dice: Dice) -> Object:
    made: Object = {
        "key": dice.one("t", "u"),
        "effect": dice.one("NoSchedule", "NoSchedule", "NoExecute", "None", "Future"),
    }
    return {**made, "value": dice.one("1", "2")} if dice.chance(0.8) else made


def _device(dice: Dice, driver: str, name: str, sets: list[Object], placed: bool) -> Object:
    device: Object = {"name": name, "attributes": _attributes(dice, driver)}
    if dice.about("capacity", 1) or dice.chance(0.15):
        device["capacity"] = capacity.of_device(dice)
    if dice.about("capacity", 0.6) or dice.chance(0.03):
        device["allowMultipleAllocations"] = dice.chance(0.9)
    if sets and dice.chance(0.8):
        uses = _uses(dice, sets)
        if uses:
            device["consumesCounters"] = uses
    if dice.about("taints", 0.35):
        device["taints"] = [_taint(dice) for _ in range(dice.one(1, 1, 2))]
    if dice.about("binding", 0.3):
        device["bindingConditions"] = dice.one(["ready"], ["ready", "cabled"], [])
        device["bindingFailureConditions"] = ["broken"]
    if dice.about("binding", 0.2):
        device["bindsToNode"] = dice.chance(0.7)
    if placed or dice.about("places", 0.03):
        device.update(places.of_device(dice))
    return device


def _sets(dice: Dice) -> list[Object]:
    return [
        {
            "name": f"set-{number}",
            "counters": {
                name: {"value": dice.one("2", "3", "4", "6", "2500m")}
                for name in ("m", "n")[: dice.one(1, 2)]
            },
        }
        for number in range(dice.one(1, 1, 2))
    ]


def _slices_of_pool(dice: Dice, driver: str) -> list[Object]:
    """Their specs, with everything but what they say of their pool."""
    sets = _sets(dice) if "counters" in dice.topics else []
    made: list[Object] = []
    if len(sets) == 2 and dice.chance(0.3):
        made.extend({**places.of_slice(dice), "sharedCounters": [one]} for one in sets)
    elif sets:
        made.append({**places.of_slice(dice), "sharedCounters": sets})
    if sets and dice.about("fault", 0.04):
        made.append({**places.of_slice(dice), "sharedCounters": sets[:1]})
    names = iter(range(99))
    for _ in range(dice.one(1, 1, 1, 2, 3)):
        where = places.of_slice(dice)
        placed = bool(where.get("perDeviceNodeSelection"))
        devices = [
            _device(dice, driver, f"d{next(names)}", sets, placed) for _ in range(dice.one(1, 2, 2, 3, 4, 5))
        ]
        made.append({**where, "devices": devices})
        if dice.about("operations", 0.5):
            made[-1]["skipNodeOperations"] = dice.one(
                ["*"], ["NodePrepareResources", "NodeUnprepareResources"], []
            )
    if sets and dice.about("fault", 0.05):
        # Such a slice is not legal; its devices are passed over.
        made[0]["devices"] = [_device(dice, driver, "hidden", sets, False)]
    if dice.about("fault", 0.05):
        twice = dice.one(*(spec for spec in made if spec.get("devices")))
        twice["devices"].append(dict(twice["devices"][0]))
    if dice.about("fault", 0.03):
        made.append({**places.of_slice(dice), "devices": []})
    return made


def _other_generation(dice: Dice, driver: str, name: str, generation: int) -> list[Object]:
    """Slices of the same pool from before or after, complete or not, here or on other nodes."""
    made = []
    for number in range(dice.one(1, 1, 2)):
        where: Object = dice.one({"nodeName": "n1"}, {"nodeName": "n2"}, {"allNodes": True})
        devices = [_device(dice, driver, f"{dice.one('d', 'e')}{number}", [], False)]
        pool = {"name": name, "generation": generation, "resourceSliceCount": dice.one(1, 2)}
        made.append({**where, "driver": driver, "pool": pool, "devices": devices})
    return made


def _pool(dice: Dice, driver: str, name: str) -> list[Object]:
    generation = dice.number(1, 3)
    specs = _slices_of_pool(dice, driver)
    count = len(specs) + (dice.one(1, -1) if dice.about("fault", 0.12) else 0)
    for spec in specs:
        spec["driver"] = driver
        # Slices of a pool that do not agree on how many they are are a driver's fault.
        said = count + (1 if dice.about("generations", 0.08) else 0)
        spec["pool"] = {"name": name, "generation": generation, "resourceSliceCount": said}
    if dice.about("generations", 0.6):
        specs.extend(_other_generation(dice, driver, name, generation + dice.one(-1, 1)))
    return specs


def slices(dice: Dice, pools: int | None = None) -> list[Object]:
    """The slices of all pools, in no order; names do not say in which order they come."""
    specs: list[Object] = []
    drivers = DRIVERS[: dice.one(1, 1, 2)]
    if pools == 1:
        drivers = drivers[:1]
    for driver in drivers:
        for number in range(pools or dice.one(1, 1, 2)):
            specs.extend(_pool(dice, driver, f"p{number}"))
    made = [
        {"metadata": {"name": f"{dice.one('k', 'l', 'm')}-{index}-{spec['driver'][0]}"}, "spec": spec}
        for index, spec in enumerate(specs)
    ]
    dice.random.shuffle(made)
    return made


def _result(dice: Dice, spec: Object, device: Object, number: int) -> Object:
    result: Object = {
        "request": "r",
        "driver": spec["driver"],
        "pool": spec["pool"]["name"],
        "device": device["name"],
    }
    multi = bool(device.get("allowMultipleAllocations"))
    if dice.chance(0.9 if multi else 0.1):
        result["shareID"] = f"00000000-0000-4000-8000-{number:012d}"
        taken = capacity.consumed(dice, device.get("capacity") or {})
        if taken or dice.chance(0.2):
            result["consumedCapacity"] = taken
    if dice.chance(0.1):
        result["adminAccess"] = True
    return result


def allocated(dice: Dice, slices: list[Object]) -> list[Object]:
    """Claims that have some of the devices, whole or in shares, or by admin access."""
    likely = 0.3 if "used" in dice.topics else 0.08
    results: list[Object] = []
    for slice_ in slices:
        for device in slice_["spec"].get("devices") or ():
            if not dice.chance(likely):
                continue
            for _ in range(dice.one(1, 2) if device.get("allowMultipleAllocations") else 1):
                results.append(_result(dice, slice_["spec"], device, len(results)))
    if results and dice.chance(0.1):
        results.append({**results[0], "device": "gone"})
    return [holder(index, [result]) for index, result in enumerate(results)]


def holder(number: int, results: list[Object]) -> Object:
    """A claim that has been given these devices."""
    return {
        "metadata": {"name": f"old-{number}", "namespace": "ns", "uid": f"old-{number}"},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "any"}}]}},
        "status": {"allocation": {"devices": {"results": results}}},
    }
