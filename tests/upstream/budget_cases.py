"""Workloads, their pods and disruption budgets over them, made by hand in one namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from drakkar.client import AlreadyExistsError, Client, Resource

Object = dict[str, Any]
_KINDS = {
    "Deployment": Resource("apps", "v1", "deployments", "Deployment", True),
    "ReplicaSet": Resource("apps", "v1", "replicasets", "ReplicaSet", True),
    "StatefulSet": Resource("apps", "v1", "statefulsets", "StatefulSet", True),
    "ReplicationController": Resource("", "v1", "replicationcontrollers", "ReplicationController", True),
    "Job": Resource("batch", "v1", "jobs", "Job", True),
    "Fleet": Resource("x.example", "v1", "fleets", "Fleet", True),
    "Pod": Resource("", "v1", "pods", "Pod", True),
    "PodDisruptionBudget": Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True),
}
_DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False
)


def _definition() -> Object:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"scale": scale, "status": {}},
    }
    names = {"plural": "fleets", "singular": "fleet", "kind": "Fleet", "listKind": "FleetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "fleets.x.example"},
        "spec": {"group": "x.example", "scope": "Namespaced", "names": names, "versions": [version]},
    }


class Owner(NamedTuple):
    """A workload of so many replicas with pods, of which some are ready; `above` names who controls it."""

    kind: str
    name: str
    replicas: int
    pods: int
    ready: int
    above: str = ""


OWNERS = (
    Owner("Deployment", "deployed", 4, 0, 0),
    Owner("ReplicaSet", "deployed-1", 3, 3, 3, "deployed"),
    Owner("ReplicaSet", "deployed-2", 2, 1, 0, "deployed"),
    Owner("ReplicaSet", "alone", 3, 3, 2),
    Owner("StatefulSet", "stateful", 2, 2, 2),
    Owner("ReplicationController", "old", 5, 3, 3),
    Owner("Fleet", "fleet", 3, 2, 2),
    Owner("Job", "job", 2, 2, 2),
)
_APP = {"deployed-1": "deployed", "deployed-2": "deployed"}
# By name: what the budget says, and the pods of which application it is about.
BUDGETS: dict[str, tuple[Object, str]] = {
    "min": ({"minAvailable": 1}, "alone"),
    "min-all": ({"minAvailable": 3}, "alone"),
    "min-share": ({"minAvailable": "50%"}, "alone"),
    "max": ({"maxUnavailable": 1}, "alone"),
    "max-none": ({"maxUnavailable": 0}, "alone"),
    "max-share": ({"maxUnavailable": "34%"}, "alone"),
    "max-of-deployment": ({"maxUnavailable": 2}, "deployed"),
    "share-of-deployment": ({"minAvailable": "60%"}, "deployed"),
    "max-of-stateful": ({"maxUnavailable": "50%"}, "stateful"),
    "min-of-stateful": ({"minAvailable": "100%"}, "stateful"),
    "max-of-old": ({"maxUnavailable": 3}, "old"),
    "max-of-fleet": ({"maxUnavailable": 2}, "fleet"),
    "max-of-job": ({"maxUnavailable": 1}, "job"),
    "min-of-job": ({"minAvailable": 1}, "job"),
    "min-of-bare": ({"minAvailable": 1}, "bare"),
    "max-of-bare": ({"maxUnavailable": 1}, "bare"),
    "max-of-lost": ({"maxUnavailable": 1}, "lost"),
    "min-of-lost": ({"minAvailable": 1}, "lost"),
    "of-nobody": ({"maxUnavailable": 1}, "nobody"),
    "min-of-nobody": ({"minAvailable": 0}, "nobody"),
}


def _reference(owner: Object) -> Object:
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }


def _workload(owner: Owner) -> Object:
    labels = {"app": _APP.get(owner.name, owner.name)}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    spec: Object = {"replicas": owner.replicas, "selector": {"matchLabels": labels}, "template": template}
    if owner.kind == "ReplicationController":
        spec["selector"] = labels
    elif owner.kind == "StatefulSet":
        spec["serviceName"] = "s"
    elif owner.kind == "Job":
        template["spec"]["restartPolicy"] = "Never"
        spec = {"parallelism": owner.replicas, "template": template}
    elif owner.kind == "Fleet":
        spec = {"replicas": owner.replicas}
    resource = _KINDS[owner.kind]
    return {
        "apiVersion": resource.api_version,
        "kind": owner.kind,
        "metadata": {"name": owner.name},
        "spec": spec,
    }


async def _pod(
    client: Client, namespace: str, name: str, app: str, owner: Object | None, ready: bool
) -> None:
    meta: Object = {"name": name, "labels": {"app": app}}
    if owner is not None:
        meta["ownerReferences"] = [owner]
    spec = {"containers": [{"name": "c", "image": "i"}]}
    await client.create(
        _KINDS["Pod"], {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}, namespace
    )
    if ready:
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        await client.patch(
            _KINDS["Pod"], name, {"status": status}, namespace, "strategic", subresource="status"
        )


def budgets() -> Iterator[Object]:
    """All of them, and one over all pods."""
    for name, (said, app) in BUDGETS.items():
        yield _budget(name, {**said, "selector": {"matchLabels": {"app": app}}})
    yield _budget("of-all", {"minAvailable": 10, "selector": {}})
    yield _budget("without-selector", {"minAvailable": 0})


def _budget(name: str, spec: Object) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": spec,
    }


async def make(client: Client, namespace: str) -> None:
    """Make all of it."""
    try:
        await client.create(_DEFINITIONS, _definition())
    except AlreadyExistsError:
        pass
    made: dict[str, Object] = {}
    for owner in OWNERS:
        obj = _workload(owner)
        if owner.above:
            obj["metadata"]["ownerReferences"] = [_reference(made[owner.above])]
        made[owner.name] = await client.create(_KINDS[owner.kind], obj, namespace)
        for number in range(owner.pods):
            await _pod(
                client,
                namespace,
                f"{owner.name}-{number}",
                _APP.get(owner.name, owner.name),
                _reference(made[owner.name]),
                number < owner.ready,
            )
    for number in range(2):
        await _pod(client, namespace, f"bare-{number}", "bare", None, True)
    lost = {**_reference(made["alone"]), "name": "nowhere", "uid": "1d2e3f40-0000-4000-8000-000000000000"}
    await _pod(client, namespace, "lost-0", "lost", lost, True)
    for obj in budgets():
        await client.create(_KINDS["PodDisruptionBudget"], obj, namespace)
