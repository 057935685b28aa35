"""Tight cases: many wishes over few, nearly equal devices, so that the search has to go back and back again.

They are small enough for upstream to end within a second, nearly always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .allocator_dice import Dice
from .allocator_expressions import cel
from .allocator_supply import GROUPS, holder

Object = dict[str, Any]
DRIVER = "a.example"
Case = tuple[list[Object], list[Object]]


def _slice(name: str, devices: list[Object], count: int = 1, pool: str = "p", **spec: Any) -> Object:
    pools = {"name": pool, "generation": 1, "resourceSliceCount": count}
    where = {} if "allNodes" in spec else {"nodeName": "n1"}
    return {
        "metadata": {"name": name},
        "spec": {"driver": DRIVER, "pool": pools, "devices": devices, **where, **spec},
    }


def _request(name: str, count: int = 1, expression: str = "", **fields: Any) -> Object:
    made: Object = {"deviceClassName": "any", "allocationMode": "ExactCount", "count": count, **fields}
    if expression:
        made["selectors"] = [cel(expression)]
    return {"name": name, "exactly": made}


def _claim(number: int, requests: list[Object], constraints: list[Object] | None = None) -> Object:
    devices: Object = {"requests": requests}
    if constraints:
        devices["constraints"] = constraints
    meta = {"name": f"claim-{number}", "namespace": "ns", "uid": f"uid-{number}"}
    return {"metadata": meta, "spec": {"devices": devices}}


def _split(dice: Dice, requests: list[Object]) -> list[Object]:
    """The same requests as one claim or as two."""
    if len(requests) < 2 or dice.chance(0.6):
        return [_claim(0, requests)]
    cut = dice.number(1, len(requests) - 1)
    return [_claim(0, requests[:cut]), _claim(1, requests[cut:])]


def _attribute(dice: Dice, kinds: int) -> Object:
    return {"string": "uvwxyz"[dice.number(0, kinds - 1)]}


def _groups_of_equals(dice: Dice) -> Case:
    """Requests that must agree on attributes whose groups are nearly large enough."""
    names = ("g", "h", "k")[: dice.one(1, 1, 2, 2, 3)]
    devices = []
    for number in range(dice.number(4, 12)):
        attributes = {name: _attribute(dice, dice.one(2, 3)) for name in names if dice.chance(0.95)}
        devices.append({"name": f"d{number}", "attributes": {**attributes, "i": {"int": number % 3}}})
    selectors = ("", "", "device.attributes['a.example'].i > 0", "device.attributes['a.example'].i != 1")
    requests = [
        _request(f"r{number}", dice.one(1, 1, 2, 3), dice.one(*selectors))
        for number in range(dice.number(2, 5))
    ]
    wished = [request["name"] for request in requests]
    constraints = []
    for name in names:
        kind = dice.one("matchAttribute", "matchAttribute", "distinctAttribute")
        constraint: Object = {kind: f"a.example/{name}"}
        if dice.chance(0.5):
            constraint["requests"] = dice.some(wished)
        constraints.append(constraint)
    return [_slice("s", devices)], [_claim(0, requests, constraints)]


def _scarce(dice: Dice) -> Case:
    """As many requests as devices, each able to use but a few of them."""
    number = dice.number(3, 9)
    devices = [{"name": f"d{index}", "attributes": {"i": {"int": index}}} for index in range(number)]
    requests = []
    for index in range(number + dice.one(0, 0, 0, 1, -1)):
        able = sorted(dice.random.sample(range(number), dice.number(1, min(4, number))))
        requests.append(_request(f"r{index}", 1, f"device.attributes['a.example'].i in {able}"))
    cut = dice.number(0, number)
    slices = [_slice("s", devices[:cut], 2), _slice("t", devices[cut:], 2)]
    return slices, _split(dice, requests)


def _partitions(dice: Dice) -> Case:
    """Partitions of devices, large ones first, with just enough counters for the right choice."""
    sets: list[Object] = [
        {"name": f"gpu{number}", "counters": {"m": {"value": "7"}, "c": {"value": dice.one("6", "7", "8")}}}
        for number in range(dice.number(1, 2))
    ]
    profiles = (("1", "1"), ("2", "2"), ("3", "4"), ("4", "4"), ("7", "7"))
    devices: list[Object] = []
    for counter_set in sets:
        for number, (memory, compute) in enumerate(dice.some(profiles * 2, 3)[:6]):
            use: Object = {
                "counterSet": counter_set["name"],
                "counters": {"m": {"value": memory}, "c": {"value": compute}},
            }
            if dice.about("groups", 0.7):
                use["compatibilityGroups"] = dice.some(GROUPS)[:2]
            device = {"name": f"{counter_set['name']}-{number}", "consumesCounters": [use]}
            devices.append({**device, "attributes": {"m": {"int": int(memory)}}})
    if dice.chance(0.5):
        devices.sort(key=lambda one: -one["attributes"]["m"]["int"])
    requests = [
        _request(
            f"r{number}", dice.one(1, 1, 2), f"device.attributes['a.example'].m >= {dice.one(1, 1, 2, 3)}"
        )
        for number in range(dice.number(2, 5))
    ]
    counters = _slice("c", [], 2, sharedCounters=sets)
    del counters["spec"]["devices"]
    return [_slice("s", devices, 2), counters], _split(dice, requests)


def _packing(dice: Dice) -> Case:
    """Amounts that must be packed into a few shared devices."""
    size = dice.one(8, 10, 12)
    device: Object = {"allowMultipleAllocations": True, "capacity": {"mem": {"value": f"{size}Gi"}}}
    if dice.chance(0.4):
        device["capacity"]["mem"]["requestPolicy"] = {
            "default": "1Gi",
            "validRange": {"min": "1Gi", "step": dice.one("1Gi", "2Gi")},
        }
    devices = [{"name": f"d{number}", **device} for number in range(dice.number(1, 4))]
    if dice.chance(0.3):
        devices.append({"name": "whole", "capacity": {"mem": {"value": "4Gi"}}})
    requests = [
        _request(f"r{number}", 1, capacity={"requests": {"mem": f"{dice.number(2, 7)}Gi"}})
        for number in range(dice.number(2, 8))
    ]
    return [_slice("s", devices)], _split(dice, requests)


def _alternatives(dice: Dice) -> Case:
    """Alternatives before a request that leaves little choice."""
    devices = [
        {"name": f"d{index}", "attributes": {"i": {"int": index % 4}, "g": _attribute(dice, 2)}}
        for index in range(dice.number(3, 8))
    ]
    requests: list[Object] = []
    for index in range(dice.number(2, 3)):
        parts = []
        for part in range(dice.number(1, 3)):
            wish = f"device.attributes['a.example'].i != {dice.number(0, 3)}" if dice.chance(0.5) else ""
            parts.append({"name": f"s{part}", **_request("", dice.one(1, 1, 2, 3), wish)["exactly"]})
        requests.append({"name": f"r{index}", "firstAvailable": parts})
    last = f"device.attributes['a.example'].i == {dice.number(0, 4)}"
    requests.append(_request("last", dice.one(1, 1, 2), last))
    claims = _split(dice, requests)
    if dice.chance(0.4):
        claims[0]["spec"]["devices"]["constraints"] = [{"matchAttribute": "a.example/g"}]
    return [_slice("s", devices)], claims


def _many(dice: Dice) -> Case:
    """More devices than a claim may have, so that the limit of results and not the supply says which alternatives do."""
    claims = dice.one(1, 1, 2)
    devices = [
        {"name": f"d{index}", "attributes": {"i": {"int": index % 4}}}
        for index in range(claims * dice.number(36, 44))
    ]
    requests: list[Object] = []
    for index in range(dice.number(2, 4)):
        counts = dice.some((1, 2, 10, 15, 16, 20, 30, 31, 32, 33))[:3]
        if dice.chance(0.7):
            counts.append(dice.one(1, 2, 5))
        parts = [{"name": f"s{part}", **_request("", count)["exactly"]} for part, count in enumerate(counts)]
        requests.append({"name": f"r{index}", "firstAvailable": parts})
    one = "device.attributes['a.example'].i == 1"
    requests.insert(dice.number(1, len(requests)), _request("one", dice.one(1, 1, 2), one))
    if claims == 1:
        return [_slice("s", devices)], [_claim(0, requests)]
    cut = dice.number(1, len(requests) - 1)
    return [_slice("s", devices)], [_claim(0, requests[:cut]), _claim(1, requests[cut:])]


def _lists(dice: Dice) -> Case:
    """Lists that overlap in a chain, so that what is common to all is seldom what is common to the first."""
    devices: list[Object] = [
        {"name": f"d{number}", "attributes": {"l": {"strings": dice.some("pqrst")[:3]}, "i": {"int": number}}}
        for number in range(dice.number(3, 10))
    ]
    for device in devices:
        if dice.chance(0.15):
            device["attributes"]["l"] = {"string": dice.one(*"pqrst")}
    kind = dice.one("matchAttribute", "matchAttribute", "distinctAttribute")
    requests = [_request(f"r{number}", dice.one(1, 2, 3)) for number in range(dice.number(1, 4))]
    constraints: list[Object] = [{kind: "a.example/l"}]
    if dice.chance(0.3):
        constraints.append({"distinctAttribute": "a.example/i"})
    return [_slice("s", devices)], [_claim(0, requests, constraints)]


def _sharing(dice: Dice) -> Case:
    """Shared devices that pay counters once, beside whole ones and requests with admin access."""
    sets = [{"name": "gpu0", "counters": {"m": {"value": dice.one("3", "4", "6")}}}]
    devices: list[Object] = []
    for number in range(dice.number(2, 5)):
        use = {"counterSet": "gpu0", "counters": {"m": {"value": dice.one("1", "2", "3")}}}
        device: Object = {"name": f"d{number}", "consumesCounters": [use]}
        if dice.chance(0.7):
            device["allowMultipleAllocations"] = True
            if dice.chance(0.8):
                device["capacity"] = {"mem": {"value": "4Gi"}}
        devices.append(device)
    requests = []
    for number in range(dice.number(2, 5)):
        fields: Object = {}
        if dice.chance(0.4):
            fields["capacity"] = {"requests": {"mem": f"{dice.number(1, 3)}Gi"}}
        if dice.about("admin", 0.5):
            fields["adminAccess"] = True
        requests.append(_request(f"r{number}", dice.one(1, 1, 2), **fields))
    counters = _slice("c", [], 2, sharedCounters=sets)
    del counters["spec"]["devices"]
    return [_slice("s", devices, 2), counters], _split(dice, requests)


KINDS: tuple[Callable[[Dice], Case], ...] = (
    _groups_of_equals,
    _groups_of_equals,
    _scarce,
    _partitions,
    _packing,
    _alternatives,
    _many,
    _lists,
    _sharing,
)


def case(dice: Dice) -> tuple[list[Object], list[Object], list[Object]]:
    """Slices, claims that have something already, and claims that want something."""
    slices, claims = dice.one(*KINDS)(dice)
    devices = [(one["spec"], device) for one in slices for device in one["spec"].get("devices", ())]
    holders = []
    if dice.chance(0.4):
        for number, (spec, device) in enumerate(dice.some(devices)[: dice.number(1, 2)]):
            result: Object = {
                "request": "r",
                "driver": DRIVER,
                "pool": spec["pool"]["name"],
                "device": device["name"],
            }
            if device.get("allowMultipleAllocations"):
                result["shareID"] = f"00000000-0000-4000-8000-{number:012d}"
                result["consumedCapacity"] = dict.fromkeys(device.get("capacity", ()), "1Gi")
            holders.append(holder(number, [result]))
    if dice.about("taints", 0.8):
        dice.one(*devices)[1]["taints"] = [{"key": "t", "effect": "NoSchedule"}]
    dice.random.shuffle(slices)
    return slices, holders, claims
