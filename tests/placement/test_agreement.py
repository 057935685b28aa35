"""What `plan` says and what the scheduler does is the same: for random clusters and pods, the same node and the same devices."""

from __future__ import annotations

import asyncio
import copy
import random
from typing import Any

import pytest
from scheduler.stand_ins import FakeEvents, SchedulerApi

from drakkar.api.gates import Gates
from drakkar.planner import Sourced, World, plan
from drakkar.scheduler.devices import AllocatorDevices
from drakkar.scheduler.queue import SchedulingQueue
from drakkar.scheduler.run import grouping
from drakkar.scheduler.scheduler import Scheduler

Object = dict[str, Any]
DRIVER = "gpu.example.com"
PLURALS = {
    "DeviceClass": "deviceclasses",
    "Namespace": "namespaces",
    "Node": "nodes",
    "Pod": "pods",
    "ResourceClaim": "resourceclaims",
    "ResourceSlice": "resourceslices",
    "Service": "services",
}
# By name, and without one.
EXTENDED = ("example.com/gpu", "deviceclass.resource.kubernetes.io/gpu")
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class Cluster:
    """Objects made by chance: nodes with devices, and pods with all that decides where they go."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.objects: list[Object] = [self._class()]
        for index in range(self.dice.randrange(1, 7)):
            self.objects += self._node(f"n{index}")
        for index in range(self.dice.randrange(1, 3)):
            self.objects.append(self._claim(f"shared-{index}"))
        labels = {"team": self.dice.choice("tu")}
        self.objects.append(_object("v1", "Namespace", "ns", None))
        self.objects[-1]["metadata"]["labels"] = labels
        if self.dice.random() < 0.5:
            selector = {"app": self.dice.choice("xy")}
            self.objects.append(_object("v1", "Service", "s", "ns", spec={"selector": selector}))
        for index in range(self.dice.randrange(1, 14)):
            self.objects += self._pod(index)

    def _class(self) -> Object:
        selectors = [{"cel": {"expression": f'device.driver == "{DRIVER}"'}}]
        spec = {"selectors": selectors, "extendedResourceName": EXTENDED[0]}
        return _object("resource.k8s.io/v1", "DeviceClass", "gpu", None, spec=spec)

    def _node(self, name: str) -> list[Object]:
        dice = self.dice
        labels = {"kubernetes.io/hostname": name, "zone": dice.choice("ab")}
        labels["topology.kubernetes.io/zone"] = labels["zone"]
        if dice.random() < 0.5:
            labels["gen"] = dice.choice(["9", "1_0", "4", "9223372036854775808"])
        effects = [effect for effect in ("NoSchedule", "PreferNoSchedule") if dice.random() < 0.2]
        spec = {"taints": [{"key": "k", "value": "9", "effect": effect} for effect in effects]}
        allocatable = {"cpu": dice.choice(["3", "12"]), "memory": dice.choice(["2Gi", "4Gi"]), "pods": "6"}
        if dice.random() < 0.1:
            allocatable = {}
        if dice.random() < 0.2:
            # A device plugin has some.
            allocatable[EXTENDED[0]] = dice.choice(["0", "1"])
        images = [{"names": ["big:1"], "sizeBytes": 900_000_000}] if dice.random() < 0.4 else []
        status = {"allocatable": allocatable, "images": images}
        node = _object("v1", "Node", name, None, spec=spec, status=status)
        node["metadata"]["labels"] = labels
        devices = [
            {"name": f"gpu-{index}", "attributes": {"model": {"string": dice.choice("AB")}}}
            for index in range(dice.randrange(4))
        ]
        pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
        slice_ = _object(
            "resource.k8s.io/v1",
            "ResourceSlice",
            f"{name}-slice",
            None,
            spec={"driver": DRIVER, "nodeName": name, "pool": pool, "devices": devices},
        )
        return [node, slice_]

    def _claim(self, name: str) -> Object:
        dice = self.dice
        what: Object = {
            "deviceClassName": "gpu",
            "allocationMode": "ExactCount",
            "count": dice.choice([1, 1, 2]),
        }
        if dice.random() < 0.5:
            expression = f'device.attributes["{DRIVER}"].model == "{dice.choice("AB")}"'
            what["selectors"] = [{"cel": {"expression": expression}}]
        request: Object = {"name": "r", "exactly": what}
        if dice.random() < 0.3:
            others = {**what, "name": "second", "count": 1}
            request = {"name": "r", "firstAvailable": [{**what, "name": "first"}, others]}
        return _object(
            "resource.k8s.io/v1", "ResourceClaim", name, "ns", spec={"devices": {"requests": [request]}}
        )

    def _pod(self, index: int) -> list[Object]:
        dice, name = self.dice, f"p{index}"
        made: list[Object] = []
        container: Object = {"name": "c", "image": dice.choice(["big:1", "small:1"])}
        if dice.random() < 0.7:
            requests = {"cpu": dice.choice(["500m", "2"]), "memory": dice.choice(["256Mi", "1Gi"])}
            container["resources"] = {"requests": requests}
        if dice.random() < 0.25:
            more = {dice.choice(EXTENDED): dice.choice(["1", "2"])}
            amounts = {**container.get("resources", {}).get("requests", {}), **more}
            container["resources"] = {"requests": amounts, "limits": more}
        if dice.random() < 0.2:
            container["ports"] = [{"containerPort": 80, "hostPort": 80}]
        spec: Object = {"containers": [container], "affinity": self._affinity()}
        chance = dice.random()
        if chance < 0.5:
            made.append(self._claim(f"claim-{index}"))
            spec["resourceClaims"] = [{"name": "x", "resourceClaimName": f"claim-{index}"}]
        elif chance < 0.7:
            spec["resourceClaims"] = [{"name": "x", "resourceClaimName": "shared-0"}]
        if dice.random() < 0.4:
            spec["tolerations"] = [dice.choice(self._tolerations())]
        if dice.random() < 0.2:
            spec["topologySpreadConstraints"] = [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": dice.choice(["DoNotSchedule", "ScheduleAnyway"]),
                    "labelSelector": {"matchLabels": {"app": "x"}},
                }
            ]
        pod = _object("v1", "Pod", name, "ns", spec={**spec, "priority": dice.choice([0, 0, 5])})
        pod["metadata"]["labels"] = {"app": dice.choice("xy")}
        pod["metadata"]["creationTimestamp"] = f"2026-01-01T00:{index:02}:00Z"
        return [*made, pod]

    def _tolerations(self) -> list[Object]:
        return [
            {"operator": "Exists"},
            {"key": "k", "operator": "Gt", "value": "5"},
            {"key": "k", "value": "9", "effect": "NoSchedule"},
        ]

    def _affinity(self) -> Object:
        dice, found = self.dice, {}
        if dice.random() < 0.3:
            operator = dice.choice(["Gt", "Lt", "Exists"])
            values = [] if operator == "Exists" else ["5"]
            term = {"matchExpressions": [{"key": "gen", "operator": operator, "values": values}]}
            if dice.random() < 0.5:
                found["nodeAffinity"] = {REQUIRED: {"nodeSelectorTerms": [term]}}
            else:
                preferred = [{"weight": dice.choice([1, 50]), "preference": term}]
                found["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
        for kind in ("podAffinity", "podAntiAffinity"):
            if dice.random() < 0.25:
                selector = {"matchLabels": {"app": dice.choice("xy")}}
                key = dice.choice(["zone", "kubernetes.io/hostname"])
                term: Object = {"topologyKey": key, "labelSelector": selector}
                if dice.random() < 0.3:
                    term["namespaceSelector"] = {"matchLabels": {"team": "t"}}
                if dice.random() < 0.5:
                    found[kind] = {REQUIRED: [term]}
                else:
                    preferred = [{"weight": 10, "podAffinityTerm": term}]
                    found[kind] = {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
        return found


def _object(version: str, kind: str, name: str, namespace: str | None, **parts: Any) -> Object:
    metadata: Object = {"name": name, "uid": f"uid-{kind}-{name}", "resourceVersion": "1"}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


async def scheduled(objects: list[Object], gates: Gates) -> dict[str, tuple[str, list[str]]]:
    """By pod, the node and the devices that our scheduler gave it."""
    client, devices = SchedulerApi(), AllocatorDevices()
    client.put_namespace("ns")
    now = 0.0
    queue = SchedulingQueue(clock=lambda: now)
    scheduler = Scheduler(client, FakeEvents(), devices, queue, gates=gates)  # type: ignore[arg-type]
    for plural, handler in (
        ("namespaces", scheduler.on_namespace),
        ("services", grouping(scheduler, "Service")),
        ("nodes", scheduler.on_node),
        ("deviceclasses", devices.class_changed),
        ("deviceclasses", scheduler.on_class),
        ("resourceslices", devices.slice_changed),
        ("resourceclaims", scheduler.on_claim),
        ("pods", scheduler.on_pod),
    ):
        client.hear(plural, handler)
    for obj in objects:
        client.put(PLURALS[obj["kind"]], obj)
    while (key := queue.pop_ready()) is not None:
        await scheduler.attempt(key)
        await asyncio.gather(*scheduler._binding)
    found = {}
    for obj in client.all("pods"):
        found[obj["metadata"]["name"]] = obj["spec"].get("nodeName", ""), devices_of(obj, client)
    return found


def devices_of(pod: Object, client: SchedulerApi) -> list[str]:
    claims = [entry["resourceClaimName"] for entry in pod["spec"].get("resourceClaims") or []]
    if extended := (pod.get("status") or {}).get("extendedResourceClaimStatus"):
        claims.append(extended["resourceClaimName"])
    found: list[str] = []
    for claim in claims:
        status = client.have("resourceclaims", claim, "ns").get("status") or {}
        results = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
        found += [f"{one['request']}={one['pool']}/{one['device']}" for one in results]
    return found if pod["spec"].get("nodeName") else []


def planned(objects: list[Object], gates: Gates) -> dict[str, tuple[str, list[str]]]:
    world = World((Sourced(copy.deepcopy(obj), "test") for obj in objects), gates)
    return {
        pod.name: (
            pod.node,
            [
                f"{one.request}={one.pool}/{one.device}"
                for claim in pod.claims
                for one in claim.devices
                if pod.node
            ],
        )
        for pod in plan(world).pods
    }


@pytest.mark.parametrize("seeds", range(10))
async def test_the_plan_is_what_the_scheduler_does(seeds: int) -> None:
    placed = 0
    for seed in range(40 * seeds, 40 * seeds + 40):
        objects = Cluster(seed).objects
        gates = Gates.parse("TaintTolerationComparisonOperators=true") if seed % 2 else Gates.default()
        done, said = await scheduled(copy.deepcopy(objects), gates), planned(objects, gates)
        assert said == done, f"seed {seed}"
        placed += sum(bool(node) for node, _ in done.values())
    assert placed > 20
