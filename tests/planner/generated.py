"""Small worlds made by chance: one node, a few devices with all that may stand against them, and a claim."""

from __future__ import annotations

from random import Random
from typing import Any

from .objects import DRIVER, Object, attributes, claim, device, device_class, node, slice_

MODEL = f'device.attributes["{DRIVER}"].?model.orValue("") == "{{}}"'
TAINTS = [{"key": "bad", "value": "yes", "effect": "NoSchedule"}, {"key": "rule", "effect": "NoExecute"}]


def _device(chance: Random, name: str, partitioned: bool) -> Object:
    rest: dict[str, Any] = {"attributes": attributes(id=name)}
    if chance.random() < 0.9:
        rest["attributes"]["model"] = {"string": chance.choice("AB")}
    if chance.random() < 0.25:
        rest["taints"] = [chance.choice(TAINTS)]
    if partitioned and chance.random() < 0.8:
        rest["consumesCounters"] = [
            {"counterSet": "chip", "counters": {"slots": {"value": str(chance.randint(1, 3))}}}
        ]
    if chance.random() < 0.3:
        return device(name, chance.choice(["2Gi", "4Gi"]), allowMultipleAllocations=True, **rest)
    return device(name, chance.choice([None, "4Gi"]), **rest)


def _what(chance: Random, counts: bool = True) -> Object:
    what: Object = {"deviceClassName": chance.choice(["gpu", "gpu", "gpu", "only-a"])}
    if chance.random() < 0.4:
        what["selectors"] = [{"cel": {"expression": MODEL.format(chance.choice("ABC"))}}]
    if chance.random() < 0.2:
        what["tolerations"] = [{"key": "bad", "operator": "Exists"}]
    if chance.random() < 0.25:
        what["capacity"] = {"requests": {"memory": chance.choice(["1Gi", "3Gi", "5Gi"])}}
    if counts and chance.random() < 0.15:
        what["allocationMode"] = "All"
    else:
        what["allocationMode"], what["count"] = "ExactCount", chance.choice([1, 1, 2, 3])
    return what


def _request(chance: Random, name: str) -> Object:
    if chance.random() < 0.2:
        return {
            "name": name,
            "firstAvailable": [{"name": f"alt{index}", **_what(chance)} for index in range(2)],
        }
    return {"name": name, "exactly": _what(chance)}


def _holder(name: str, result: Object, devices: list[str]) -> Object:
    found = claim(name, devices=devices)
    for one in found["status"]["allocation"]["devices"]["results"]:
        one.update(result)
    return found


def objects(seed: int) -> list[Object]:
    """The world of a seed, the claim to explain last."""
    chance = Random(seed)
    partitioned = chance.random() < 0.4
    devices = [_device(chance, f"d{index}", partitioned) for index in range(chance.randint(1, 4))]
    slices = [slice_(*devices, count=1)]
    if partitioned:
        counters = [{"name": "chip", "counters": {"slots": {"value": str(chance.randint(2, 5))}}}]
        slices = [slice_(*devices, count=2), slice_(name="counters", count=2, sharedCounters=counters)]
    if chance.random() < 0.15:
        slices.append(slice_(device("far"), name="other", pool=_pool("n1-b", 2)))
    holders: list[Object] = []
    for index, one in enumerate(devices):
        if chance.random() > 0.45:
            continue
        shared = {}
        if one.get("allowMultipleAllocations"):
            shared = {
                "shareID": f"share-{index}",
                "consumedCapacity": {"memory": chance.choice(["1Gi", "2Gi"])},
            }
        holders.append(_holder(f"holder-{index}", shared, [one["name"]]))
    wanted = claim("c", *(_request(chance, f"r{index}") for index in range(chance.choice([1, 1, 2]))))
    if chance.random() < 0.35:
        kind = chance.choice(["matchAttribute", "distinctAttribute"])
        wanted["spec"]["devices"]["constraints"] = [{kind: f"{DRIVER}/model"}]
    only = device_class("only-a", MODEL.format("A"))
    return [node(), device_class(), only, *slices, *holders, wanted]


def _pool(name: str, count: int) -> Object:
    return {"name": name, "generation": 1, "resourceSliceCount": count}
