"""Scenes in which a pod fits only where others go: nodes, running pods of several priorities, budgets, and who wants their place.

All scenes stand on one server side by side; a scene's pods choose its nodes by a label.
"""

from __future__ import annotations

import random
from typing import Any

Object = dict[str, Any]
DRIVER = "gpus.example"
PRIORITIES = {"lowest": -5, "low": 0, "middle": 10, "high": 50, "highest": 100, "urgent": 1000}
NEVER = "never"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def priority_classes() -> list[Object]:
    """One for each priority, and one that makes nobody go."""
    known = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    plain = [{**known, "metadata": {"name": name}, "value": value} for name, value in PRIORITIES.items()]
    never = {**known, "metadata": {"name": NEVER}, "value": 100, "preemptionPolicy": "Never"}
    return [*plain, never]


def device_class() -> Object:
    """The class of all devices here."""
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": "gpu"},
        "spec": {"selectors": [{"cel": {"expression": f'device.driver == "{DRIVER}"'}}]},
    }


def _named(node: str) -> Object:
    return {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}


def _container(pod: Object) -> Object:
    found: Object = pod["spec"]["containers"][0]
    return found


class Scene:
    """Objects by what they are; names begin with the scene's."""

    def __init__(self, seed: int) -> None:
        self.name = f"s{seed}"
        self._dice = random.Random(seed)
        self._started = 0
        self.nodes: list[Object] = []
        self.slices: list[Object] = []
        self.claims: list[Object] = []
        self.running: list[Object] = []
        self.budgets: list[Object] = []
        for index in range(self._dice.choice([1, 2, 3, 4])):
            self._node(f"{self.name}-n{index}")
        for app in "ab":
            if self._dice.random() < 0.5:
                self._budget(app)
        # Who is tried first must not be left to chance.
        self.preemptors = [self._preemptor("first", self._dice.choice(["highest"] * 5 + [NEVER, "middle"]))]
        if self._dice.random() < 0.4 and not self._is_apart(self.preemptors[0]):
            self.preemptors.append(self._preemptor("second", self._dice.choice(["high", "low"])))
        # Those who come when room has been made for others.
        self.late: list[Object] = []
        if self._dice.random() < 0.3 and not any(map(self._is_apart, self.preemptors)):
            self.late.append(self._preemptor("late", "urgent"))

    @staticmethod
    def _is_apart(pod: Object) -> bool:
        """Whether it keeps others away. Of a pod that only waits for its node kube-scheduler minds that only where one that runs
        keeps the other away, too.
        """
        return "podAntiAffinity" in pod["spec"]["affinity"]

    def _node(self, name: str) -> None:
        dice = self._dice
        labels = {
            "kubernetes.io/hostname": name,
            "scene": self.name,
            "zone": f"{self.name}-{dice.choice('xy')}",
        }
        allocatable = {"cpu": dice.choice(["2", "4"]), "memory": "8Gi", "pods": dice.choice(["4", "20"])}
        spec: Object = {}
        if dice.random() < 0.1:
            spec["taints"] = [{"key": "k", "value": "v", "effect": "NoSchedule"}]
        if dice.random() < 0.05:
            spec["unschedulable"] = True
        self.nodes.append(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": labels},
                "spec": spec,
                "status": {"allocatable": allocatable, "capacity": allocatable},
            }
        )
        devices = [{"name": f"gpu-{index}"} for index in range(dice.choice([0, 1, 2]))]
        if devices:
            pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
            self.slices.append(
                {
                    "apiVersion": "resource.k8s.io/v1",
                    "kind": "ResourceSlice",
                    "metadata": {"name": name},
                    "spec": {"driver": DRIVER, "nodeName": name, "pool": pool, "devices": devices},
                }
            )
        left, most = int(allocatable["cpu"]) * 1000, int(allocatable["pods"])
        for index in range(min(dice.randrange(7), most)):
            cpu = dice.choice([100, 500, 500, 1000])
            if cpu > left:
                break
            left -= cpu
            has = devices.pop()["name"] if devices and dice.random() < 0.2 else ""
            self._running(f"{name}-p{index}", name, cpu, has)
            if dice.random() < 0.1 and not any("ports" in _container(one) for one in self._on(name)):
                _container(self.running[-1])["ports"] = [{"containerPort": 80, "hostPort": 80}]

    def _running(self, name: str, node: str, cpu: int, device: str) -> None:
        dice = self._dice
        container: Object = {"name": "c", "image": "i", "resources": {"requests": {"cpu": f"{cpu}m"}}}
        spec: Object = {
            "containers": [container],
            "nodeName": node,
            "priorityClassName": dice.choice(["lowest", "low", "low", "middle", "high", "highest"]),
        }
        if dice.random() < 0.1:
            spec["affinity"] = {"podAntiAffinity": {REQUIRED: [self._term("kubernetes.io/hostname")]}}
        if device:
            self._held(name, node, device)
            spec["resourceClaims"] = [{"name": "x", "resourceClaimName": name}]
        labels = {"app": dice.choice(["a", "b", "none"]), "scene": self.name}
        self._started += 1
        started = f"2026-01-01T00:{self._started // 60:02}:{self._started % 60:02}Z"
        self.running.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": labels},
                "spec": spec,
                "status": {"phase": "Running", "startTime": started},
            }
        )

    def _on(self, node: str) -> list[Object]:
        return [one for one in self.running if one["spec"]["nodeName"] == node]

    def _term(self, key: str) -> Object:
        wanted = {"scene": self.name, "app": self._dice.choice(["a", "wanting"])}
        return {"topologyKey": key, "labelSelector": {"matchLabels": wanted}}

    def _claim(self, name: str) -> Object:
        requests = [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]
        claim = {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceClaim",
            "metadata": {"name": name},
            "spec": {"devices": {"requests": requests}},
        }
        self.claims.append(claim)
        return claim

    def _held(self, name: str, node: str, device: str) -> None:
        result = {"request": "r", "driver": DRIVER, "pool": node, "device": device}
        field = {"key": "metadata.name", "operator": "In", "values": [node]}
        selector = {"nodeSelectorTerms": [{"matchFields": [field]}]}
        self._claim(name)["status"] = {
            "allocation": {"devices": {"results": [result]}, "nodeSelector": selector}
        }

    def _budget(self, app: str) -> None:
        allowed = self._dice.choice([0, 0, 1, 2])
        self.budgets.append(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": f"{self.name}-{app}"},
                "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"scene": self.name, "app": app}}},
                "status": {
                    "disruptionsAllowed": allowed,
                    "currentHealthy": 5,
                    "desiredHealthy": 5 - allowed,
                    "expectedPods": 5,
                },
            }
        )

    def _preemptor(self, name: str, priority: str) -> Object:
        dice = self._dice
        name = f"{self.name}-{name}"
        requests = {"cpu": dice.choice(["100m", "1", "1500m", "2", "3"])}
        container: Object = {"name": "c", "image": "i", "resources": {"requests": requests}}
        if dice.random() < 0.15:
            container["ports"] = [{"containerPort": 80, "hostPort": 80}]
        spec: Object = {
            "containers": [container],
            "priorityClassName": priority,
            "nodeSelector": {"scene": self.name},
        }
        # Of nodes that are as good as each other kube-scheduler takes any.
        preferred = [
            {"weight": weight, "preference": {"matchExpressions": [_named(node["metadata"]["name"])]}}
            for weight, node in zip((100, 61, 29, 7), self.nodes, strict=False)
        ]
        affinity: Object = {"nodeAffinity": {PREFERRED: preferred}}
        if dice.random() < 0.15:
            affinity["podAntiAffinity"] = {
                REQUIRED: [self._term(dice.choice(["zone", "kubernetes.io/hostname"]))]
            }
        if dice.random() < 0.1:
            affinity["podAffinity"] = {REQUIRED: [self._term("kubernetes.io/hostname")]}
        spec["affinity"] = affinity
        if dice.random() < 0.15:
            spec["topologySpreadConstraints"] = [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"scene": self.name, "app": "a"}},
                }
            ]
        if dice.random() < 0.3:
            self._claim(name)
            spec["resourceClaims"] = [{"name": "x", "resourceClaimName": name}]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": dice.choice(["wanting", "a"]), "scene": self.name}},
            "spec": spec,
        }
