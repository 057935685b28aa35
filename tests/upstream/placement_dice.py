"""Random clusters for kube-scheduler and ours: nodes, what selects pods, and pods with all that decides where they go."""

from __future__ import annotations

import random
from typing import Any

Object = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NAMESPACES = {"default": {"team": "t"}, "other": {}}
ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
_KEYS = (ZONE, HOSTNAME, "rack")
_IMAGES = {"busybox:latest": 40_000_000, "registry.io/a/big:v1": 900_000_000, "nginx:1": 2_000_000_000}


def _object(version: str, kind: str, name: str, namespace: str | None, **parts: Any) -> Object:
    metadata: Object = {"name": name, **parts.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


class PlacementDice:
    """One cluster's worth of chance. `bent` makes it more likely that pods find no node."""

    def __init__(self, seed: int, bent: bool = False) -> None:
        self.dice = random.Random(seed)
        self._bent = bent

    def _perhaps(self, chance: float) -> bool:
        return self.dice.random() < chance

    # What is there from the start.

    def nodes(self) -> list[Object]:
        """Some alike, some not; some lack a label."""
        return [self._node(f"n{index}") for index in range(self.dice.randrange(5, 10))]

    def _node(self, name: str) -> Object:
        dice = self.dice
        labels = {"gen": dice.choice(["4", "9"])}
        if self._perhaps(0.9):
            labels[HOSTNAME] = name
        if self._perhaps(0.85):
            labels[ZONE] = dice.choice("abc")
        if self._perhaps(0.4):
            labels["rack"] = dice.choice("12")
        taints = [
            {"key": dice.choice("kj"), "value": "9", "effect": effect}
            for effect in ("NoSchedule", "PreferNoSchedule", "PreferNoSchedule")
            if self._perhaps(0.2)
        ]
        unlike = {(taint["key"], taint["effect"]): taint for taint in taints}
        spec: Object = {"taints": list(unlike.values())}
        if self._perhaps(0.1):
            spec["unschedulable"] = True
        allocatable = {
            "cpu": dice.choice(["3", "8", "12", "7500m"]),
            "memory": dice.choice(["2Gi", "4Gi", "16Gi", "5000M"]),
            "pods": dice.choice(["4", "20", "110"]) if self._bent else dice.choice(["20", "110"]),
            "example.com/thing": dice.choice(["0", "4"]),
        }
        images = [
            {"names": [image, image.replace(":", "@sha256:")], "sizeBytes": size + dice.choice([0, 1000])}
            for image, size in _IMAGES.items()
            if self._perhaps(0.4)
        ]
        status = {
            "allocatable": allocatable,
            "capacity": allocatable,
            "images": images,
            "declaredFeatures": ["RestartAllContainersOnContainerExits"] if self._perhaps(0.7) else [],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        return _object("v1", "Node", name, None, metadata={"labels": labels}, spec=spec, status=status)

    def groups(self) -> list[Object]:
        """Services and workloads, by which pods without constraints are spread."""
        ports = [{"port": 80}]
        template = {"spec": {"containers": [{"name": "c", "image": "busybox"}]}}
        found = []
        for kind, version, spec in (
            ("ReplicaSet", "apps/v1", {"replicas": 0}),
            ("StatefulSet", "apps/v1", {"replicas": 0, "serviceName": "s"}),
            ("ReplicationController", "v1", {"replicas": 0}),
        ):
            labels = {"app": "y"}
            selector: Object = labels if kind == "ReplicationController" else {"matchLabels": labels}
            if kind == "StatefulSet" and self._perhaps(0.5):
                selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "y"]}]}
            full = {**spec, "selector": selector, "template": {**template, "metadata": {"labels": labels}}}
            found.append(_object(version, kind, kind.lower(), "default", spec=full))
        for name, selector in (("one", {"app": "z"}), ("two", {"tier": "a"}), ("none", None)):
            if self._perhaps(0.6):
                spec = {"ports": ports, **({"selector": selector} if selector else {})}
                found.append(_object("v1", "Service", name, self.dice.choice(list(NAMESPACES)), spec=spec))
        return found

    # Pods.

    def _selector(self) -> Object | None:
        dice = self.dice
        return dice.choice(
            [
                {"matchLabels": {"app": dice.choice("xy")}},
                {"matchLabels": {"app": dice.choice("xy")}},
                {"matchLabels": {"app": dice.choice("xy")}},
                {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
                {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
                {},
                None,
            ]
        )

    def _term(self) -> Object:
        dice = self.dice
        term: Object = {"topologyKey": dice.choice(_KEYS), "labelSelector": self._selector()}
        if self._perhaps(0.2):
            term["namespaces"] = [dice.choice(list(NAMESPACES))]
        if term["labelSelector"] and self._perhaps(0.2):
            term[dice.choice(["matchLabelKeys", "mismatchLabelKeys"])] = ["tier"]
        if self._perhaps(0.2):
            term["namespaceSelector"] = dice.choice([{"matchLabels": {"team": "t"}}, {}])
        return term

    def _weighted(self) -> list[Object]:
        return [
            {"weight": self.dice.choice([1, 20, 100]), "podAffinityTerm": self._term()}
            for _ in range(self.dice.choice([1, 1, 2]))
        ]

    def _affinity(self) -> Object:
        dice, found = self.dice, {}
        if self._perhaps(0.3):
            term = {
                "matchExpressions": [{"key": "gen", "operator": dice.choice(["Gt", "Lt"]), "values": ["5"]}]
            }
            other = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [dice.choice("abc")]}]}
            named = {
                "matchFields": [
                    {"key": "metadata.name", "operator": "In", "values": [f"n{dice.randrange(9)}"]}
                ]
            }
            found["nodeAffinity"] = (
                {REQUIRED: {"nodeSelectorTerms": dice.choice([[term], [term], [named], [named, term]])}}
                if self._perhaps(0.4)
                else {
                    PREFERRED: [
                        {"weight": dice.choice([1, 30, 100]), "preference": one} for one in (term, other)
                    ]
                }
            )
        if self._perhaps(0.1):
            found["podAffinity"] = {REQUIRED: [self._term() for _ in range(dice.choice([1, 1, 2]))]}
        elif self._perhaps(0.15):
            found["podAffinity"] = {PREFERRED: self._weighted()}
        if self._perhaps(0.06):
            found["podAntiAffinity"] = {REQUIRED: [self._term()]}
        elif self._perhaps(0.15):
            found["podAntiAffinity"] = {PREFERRED: self._weighted()}
        return found

    def _constraints(self) -> list[Object]:
        dice = self.dice
        found = {}
        for _ in range(dice.choice([1, 1, 2, 3])):
            one: Object = {
                "maxSkew": dice.choice([1, 1, 2, 4]),
                "topologyKey": dice.choice(_KEYS),
                "whenUnsatisfiable": dice.choice(["DoNotSchedule", "ScheduleAnyway"]),
                "labelSelector": self._selector(),
            }
            if one["whenUnsatisfiable"] == "DoNotSchedule" and self._perhaps(0.3):
                one["minDomains"] = dice.choice([1, 2, 3, 5])
            for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
                if self._perhaps(0.5):
                    one[policy] = dice.choice(["Honor", "Ignore"])
            if one["labelSelector"] and self._perhaps(0.3):
                one["matchLabelKeys"] = [dice.choice(["tier", "absent"])]
            found[one["topologyKey"], one["whenUnsatisfiable"]] = one
        return list(found.values())

    def pod(self, name: str, owners: dict[str, str]) -> Object:
        """`owners` are the uids of the workloads, by kind."""
        dice = self.dice
        requests = {}
        if self._perhaps(0.6):
            requests["cpu"] = dice.choice(["100m", "250m", "333m", "1"])
        if self._perhaps(0.6):
            requests["memory"] = dice.choice(["64Mi", "100M", "300Mi", "1"])
        if self._perhaps(0.05):
            requests["example.com/thing"] = "1"
        images = ["busybox", "registry.io/a/big:v1", "nginx:1", "unknown:v9"]
        container: Object = {"name": "c", "image": dice.choice(images)}
        if requests:
            container["resources"] = {"requests": requests, "limits": requests}
        if self._perhaps(0.1):
            rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}}
            container |= {"restartPolicy": "Never", "restartPolicyRules": [rule]}
        if self._perhaps(0.1):
            container["ports"] = [{"containerPort": 80, "hostPort": dice.choice([80, 81])}]
        spec: Object = {"containers": [container], "affinity": self._affinity()}
        if self._perhaps(0.1):
            spec["initContainers"] = [{"name": "i", "image": dice.choice(images)}]
        if self._perhaps(0.5):
            spec["tolerations"] = [
                dice.choice(
                    [
                        {"operator": "Exists"},
                        {"key": "k", "value": "9", "effect": "NoSchedule"},
                        {"key": "j", "value": "9"},
                        {"key": "k", "operator": "Exists", "effect": "PreferNoSchedule"},
                    ]
                )
            ]
        if self._perhaps(0.35):
            spec["topologySpreadConstraints"] = self._constraints()
        if self._perhaps(0.05):
            spec["nodeSelector"] = {"gen": "4"}
        labels = {"app": dice.choice("xyz")} if self._perhaps(0.8) else {}
        if self._perhaps(0.5):
            labels["tier"] = dice.choice("ab")
        metadata: Object = {"labels": labels}
        namespace = dice.choice(["default", "default", "default", "other"])
        if namespace == "default" and labels.get("app") == "y" and self._perhaps(0.7):
            kind = dice.choice(list(owners))
            owner = {
                "apiVersion": "v1" if kind == "ReplicationController" else "apps/v1",
                "kind": kind,
                "name": kind.lower(),
                "uid": owners[kind],
                "controller": True,
            }
            metadata["ownerReferences"] = [owner]
        if self._perhaps(0.3):
            # By this it can be told to go and still be there.
            metadata["finalizers"] = ["example.com/stay"]
        return _object("v1", "Pod", name, namespace, metadata=metadata, spec=spec)
