"""Seeded cases for the allocator: small clusters in which most of what the allocator can do happens often."""

from __future__ import annotations

import random
from typing import Any

Object = dict[str, Any]
DEFAULTS = (
    "AdminAccess",
    "ConsumableCapacity",
    "DeviceBindingAndStatus",
    "DeviceTaints",
    "PartitionableDevices",
    "PrioritizedList",
)
DRIVERS = ("a.example", "b.example")
CLASSES = ("any", "any", "set", "gpu", "small")
SELECTORS = (
    "device.driver == 'a.example'",
    "device.attributes['a.example'].?g.orValue('') == 'x'",
    "'k' in device.attributes[device.driver] && device.attributes[device.driver].k >= 1",
    "device.attributes[device.driver].?b.orValue(false)",
    "device.capacity[device.driver].?mem.orValue(quantity('0')).compareTo(quantity('2Gi')) >= 0",
    "device.attributes[device.driver].?v.orValue(semver('0.0.0')).isGreaterThan(semver('1.0.0'))",
    "!device.allowMultipleAllocations",
    "device.attributes[device.driver].g.matches('^[xy]$')",
)
NODE = {"metadata": {"name": "n1", "labels": {"zone": "z1", "rack": "7"}}}


class _Case:
    """One case in the making."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        # What a case is mostly about, so that its features meet instead of drowning in one another.
        self.topics = set(
            self.random.sample(
                (
                    "attributes",
                    "taints",
                    "admin",
                    "counters",
                    "capacity",
                    "binding",
                    "places",
                    "lists",
                    "trouble",
                ),
                self.random.randint(1, 3),
            )
        )
        self.slices: list[Object] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def about(self, topic: str, probability: float = 0.5) -> bool:
        return topic in self.topics and self.chance(probability)

    def attributes(self) -> Object:
        found: Object = {}
        if self.chance(0.8):
            found["g"] = {"string": self.random.choice("xyz")}
        if self.chance(0.5):
            found["k"] = {"int": self.random.randrange(3)}
        if self.chance(0.3):
            found["b"] = {"bool": self.chance(0.5)}
        if self.chance(0.2):
            found["v"] = {"version": self.random.choice(("1.0.0", "1.2.3", "2.0.0-rc.1"))}
        if self.chance(0.2):
            found["shared.example/root"] = {"string": self.random.choice(("pci0", "pci1"))}
        if self.about("lists", 0.7):
            found["l"] = {"strings": self.random.sample("pqrs", self.random.randint(1, 3))}
        return found

    def capacity(self) -> Object:
        found: Object = {"mem": {"value": self.random.choice(("1Gi", "4Gi", "10Gi", "10G"))}}
        if self.chance(0.3):
            found["slots"] = {"value": str(self.random.randint(1, 4))}
        for capacity in found.values():
            if self.chance(0.4):
                capacity["requestPolicy"] = self.policy(capacity["value"])
        return found

    def policy(self, value: str) -> Object:
        if not value.endswith("Gi"):
            return {"default": "1"} if self.chance(0.5) else {"default": "1", "validValues": ["1", "2", "3"]}
        if self.chance(0.3):
            return {"default": "1Gi", "validValues": ["512Mi", "1Gi", "3Gi"]}
        range_: Object = {"min": self.random.choice(("1Gi", "512Mi"))}
        if self.chance(0.7):
            range_["step"] = self.random.choice(("1Gi", "256Mi", "700Mi"))
        if self.chance(0.4):
            range_["max"] = value
        return {"default": range_["min"], "validRange": range_}

    def device(self, name: str, sets: list[Object], placed: bool) -> Object:
        device: Object = {"name": name, "attributes": self.attributes()}
        if "capacity" in self.topics or self.chance(0.2):
            device["capacity"] = self.capacity()
            if self.about("capacity", 0.6):
                device["allowMultipleAllocations"] = True
        if sets and self.chance(0.8):
            uses = []
            for counter_set in self.random.sample(sets, self.random.randint(1, len(sets))):
                counters = {
                    name: {"value": str(self.random.randint(1, 3))}
                    for name in counter_set["counters"]
                    if self.chance(0.8)
                }
                if counters:
                    uses.append({"counterSet": counter_set["name"], "counters": counters})
            if uses:
                device["consumesCounters"] = uses
        if self.about("taints", 0.3):
            effect = self.random.choice(("NoSchedule", "NoExecute", "None"))
            device["taints"] = [{"key": self.random.choice(("t", "u")), "value": "1", "effect": effect}]
        if self.about("binding", 0.3):
            device["bindingConditions"] = ["ready"]
            device["bindingFailureConditions"] = ["broken"]
            device["bindsToNode"] = self.chance(0.5)
        if placed:
            device.update(self.place())
        return device

    def place(self) -> Object:
        return self.random.choice(
            (
                {"nodeName": "n1"},
                {"nodeName": "n1"},
                {"nodeName": "n2"},
                {"allNodes": True},
                {"allNodes": True},
                {
                    "nodeSelector": _selector(
                        "zone", self.random.choice((["z1"], ["z1"], ["z1", "z2"], ["z2"]))
                    )
                },
                {"nodeSelector": _selector("rack", ["5"], self.random.choice(("Gt", "Lt")))},
            )
        )

    def pool(self, driver: str, name: str) -> None:
        generation = self.random.randint(1, 3)
        sets: list[Object] = []
        if "counters" in self.topics:
            sets = [
                {
                    "name": f"set-{number}",
                    "counters": {
                        name: {"value": str(self.random.randint(2, 6))}
                        for name in ("m", "n")[: self.random.randint(1, 2)]
                    },
                }
                for number in range(self.random.randint(1, 2))
            ]
        number = self.random.choice((1, 1, 1, 2, 3))
        made: list[Object] = []
        if sets:
            made.append({**self.slice_place(), "sharedCounters": sets})
        devices = iter(range(99))
        for _ in range(number):
            where = self.slice_place()
            placed = bool(where.get("perDeviceNodeSelection"))
            count = self.random.randint(1, 6)
            made.append(
                {**where, "devices": [self.device(f"d{next(devices)}", sets, placed) for _ in range(count)]}
            )
        wrong = self.about("trouble", 0.15)
        for index, spec in enumerate(made):
            spec["driver"] = driver
            spec["pool"] = {
                "name": name,
                "generation": generation,
                "resourceSliceCount": len(made) + (1 if wrong else 0),
            }
            # Names do not say the order in which slices come.
            label = f"{self.random.choice('klm')}-{driver[0]}-{name}-{index}"
            self.slices.append({"metadata": {"name": label}, "spec": spec})
        if self.about("trouble", 0.1) and made[-1].get("devices"):
            made[-1]["devices"].append(dict(made[-1]["devices"][0]))
        if self.about("trouble", 0.1):
            stale = {**made[-1], "pool": {"name": name, "generation": 0, "resourceSliceCount": 1}}
            self.slices.append({"metadata": {"name": f"old-{driver[0]}-{name}"}, "spec": stale})

    def slice_place(self) -> Object:
        if "places" not in self.topics:
            return {"nodeName": "n1"}
        return {"perDeviceNodeSelection": True} if self.chance(0.3) else self.place()

    def classes(self) -> list[Object]:
        specs: Object = {
            "any": {},
            "gpu": {"selectors": [_cel(self.random.choice(SELECTORS[:4]))]},
            "small": {
                "selectors": [
                    _cel(self.random.choice(SELECTORS[:7])) for _ in range(self.random.randint(0, 2))
                ],
                "config": [_config("a.example", {"from": "small"})],
            },
            "set": {"config": [_config("a.example", {"n": 1}), _config("b.example", {"n": 2})]},
        }
        return [{"metadata": {"name": name}, "spec": spec} for name, spec in specs.items()]

    def request(self, alternative: bool) -> Object:
        made: Object = {"deviceClassName": self.random.choice(CLASSES)}
        if self.chance(0.08):
            made["allocationMode"] = "All"
        else:
            made.update(allocationMode="ExactCount", count=self.random.choice((1, 1, 1, 2, 2, 3)))
        if self.chance(0.3):
            made["selectors"] = [_cel(self.random.choice(SELECTORS if self.chance(0.2) else SELECTORS[:7]))]
        if not alternative and self.about("admin", 0.4):
            made["adminAccess"] = True
        if self.about("taints", 0.5):
            made["tolerations"] = [
                self.random.choice(
                    (
                        {"operator": "Exists"},
                        {"key": "t", "operator": "Equal", "value": "1"},
                        {"key": "t", "operator": "Exists", "effect": "NoSchedule"},
                        {"key": "u", "operator": "Equal", "value": "2", "effect": "NoExecute"},
                    )
                )
            ]
        if self.about("capacity", 0.6):
            wanted = {"mem": self.random.choice(("1Gi", "1500Mi", "600M", "2Gi", "5Gi"))}
            if self.chance(0.1):
                wanted = {"nothing": "1"}
            made["capacity"] = {"requests": wanted}
        return made

    def claim(self, number: int) -> Object:
        requests: list[Object] = []
        names: list[str] = []
        for index in range(self.random.choice((1, 1, 1, 2, 2, 3))):
            name = f"r{index}"
            names.append(name)
            if self.chance(0.25):
                parts = [
                    {"name": f"s{part}", **self.request(True)} for part in range(self.random.randint(1, 3))
                ]
                names.extend(f"{name}/{part['name']}" for part in parts)
                requests.append({"name": name, "firstAvailable": parts})
            else:
                requests.append({"name": name, "exactly": self.request(False)})
        devices: Object = {"requests": requests}
        if self.about("attributes", 0.8) or self.about("lists", 0.8) or self.chance(0.15):
            devices["constraints"] = [self.constraint(names) for _ in range(self.random.randint(1, 2))]
        if self.chance(0.3):
            wanted = self.random.choice(
                ((), (names[0],), tuple(self.random.sample(names, min(2, len(names)))))
            )
            devices["config"] = [{**_config("a.example", {"claim": number}), "requests": list(wanted)}]
        meta = {"name": f"claim-{number}", "namespace": "ns", "uid": f"uid-{number}"}
        return {"metadata": meta, "spec": {"devices": devices}}

    def constraint(self, names: list[str]) -> Object:
        attribute = self.random.choice(("a.example/g", "a.example/g", "a.example/k", "shared.example/root"))
        if "lists" in self.topics and self.chance(0.6):
            attribute = "a.example/l"
        made: Object = {
            self.random.choice(("matchAttribute", "matchAttribute", "distinctAttribute")): attribute
        }
        if self.chance(0.5):
            made["requests"] = self.random.sample(names, self.random.randint(1, len(names)))
        return made

    def allocated(self) -> list[Object]:
        results: list[Object] = []
        # A second look at what is taken keeps counters from being overdrawn more often than life would.
        for slice_ in self.slices:
            spec = slice_["spec"]
            for device in spec.get("devices") or ():
                if not self.chance(0.1):
                    continue
                result: Object = {
                    "request": "r",
                    "driver": spec["driver"],
                    "pool": spec["pool"]["name"],
                    "device": device["name"],
                }
                if device.get("allowMultipleAllocations"):
                    result["shareID"] = f"00000000-0000-4000-8000-{len(results):012d}"
                    if device.get("capacity"):
                        result["consumedCapacity"] = dict.fromkeys(device["capacity"], "1")
                if self.chance(0.1):
                    result["adminAccess"] = True
                results.append(result)
        return [
            {
                "metadata": {"name": f"old-{index}", "namespace": "ns", "uid": f"old-{index}"},
                "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "any"}}]}},
                "status": {"allocation": {"devices": {"results": [result]}}},
            }
            for index, result in enumerate(results)
        ]

    def features(self) -> list[str]:
        on = list(DEFAULTS)
        if "lists" in self.topics and self.chance(0.7):
            on.append("ListTypeAttributes")
        if "capacity" in self.topics and self.chance(0.3):
            on.append("FractionalCapacityRange")
        if self.about("trouble", 0.3):
            # Binding conditions stay on: without them another allocator runs, whose order of pools is left to chance.
            on.remove(self.random.choice([name for name in DEFAULTS if name != "DeviceBindingAndStatus"]))
        if "ConsumableCapacity" not in on and "FractionalCapacityRange" in on:
            on.remove("FractionalCapacityRange")
        return sorted(on)


def _selector(key: str, values: list[str], operator: str = "In") -> Object:
    return {
        "nodeSelectorTerms": [{"matchExpressions": [{"key": key, "operator": operator, "values": values}]}]
    }


def _cel(expression: str) -> Object:
    return {"cel": {"expression": expression}}


def _config(driver: str, parameters: Object) -> Object:
    return {"opaque": {"driver": driver, "parameters": parameters}}


def generate(seed: int) -> Object:
    """The case of a seed, in the form the pipe reads."""
    case = _Case(seed)
    for driver in DRIVERS[: case.random.choice((1, 1, 2))]:
        for number in range(case.random.choice((1, 1, 2))):
            case.pool(driver, f"p{number}")
    case.random.shuffle(case.slices)
    return {
        "id": str(seed),
        "features": case.features(),
        "node": NODE,
        "classes": case.classes(),
        "slices": case.slices,
        "allocated": case.allocated(),
        "claims": [case.claim(number) for number in range(case.random.choice((1, 1, 1, 2, 3)))],
        "timeout_s": 2,
    }
