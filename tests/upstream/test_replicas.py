"""ReplicaSets, ReplicationControllers and Deployments: what kube-controller-manager makes, counts and tells, and ours."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import ApiError, Client, Resource
from drakkar.client.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, REPLICATIONCONTROLLERS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.workloads.deployment import DeploymentController
from drakkar.controllers.workloads.replicaset import ReplicaSetController, ReplicationControllerController

from .controllers_beside import both_told, differences, make_namespace, settled

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_SORTS = {"set": REPLICASETS, "controller": REPLICATIONCONTROLLERS, "deployment": DEPLOYMENTS}
# How the name of a pod that is not made ends.
_BY_CHANCE = re.compile(r'-[a-z0-9]{5}"')
_TIMES = ("lastTransitionTime", "lastUpdateTime")


def _workload(resource: Resource, name: str) -> Object:
    labels = {"app": name}
    pod: Object = {"containers": [{"name": "c", "image": "first"}], "terminationGracePeriodSeconds": 0}
    if name.endswith("refused"):
        pod["serviceAccountName"] = "nobody"
    plain = resource is REPLICATIONCONTROLLERS
    spec: Object = {
        "replicas": 2,
        "selector": labels if plain else {"matchLabels": labels},
        "template": {"metadata": {"labels": {**labels, "more": "yes"}}, "spec": pod},
    }
    if name == "deployment-unready":
        spec["progressDeadlineSeconds"] = 1
    metadata = {"name": name, "annotations": {"of": name}}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}


async def _ready(client: Client, namespace: str) -> None:
    while True:
        for pod in (await client.list(PODS, namespace))["items"]:
            meta = pod["metadata"]
            if pod["status"].get("phase") == "Pending" and "unready" not in meta["name"]:
                ready = {"type": "Ready", "status": "True", "lastTransitionTime": meta["creationTimestamp"]}
                status = {"phase": "Running", "conditions": [ready]}
                with contextlib.suppress(ApiError):
                    await client.patch(
                        PODS, meta["name"], {"status": status}, namespace, "strategic", subresource="status"
                    )
        await asyncio.sleep(0.05)


async def _look(client: Client, namespace: str) -> Object:
    """What is said of each, without the names that each side makes up."""
    found: Object = {}
    hashes: dict[str, str] = {}
    for one in (await client.list(REPLICASETS, namespace))["items"]:
        digest = (one["metadata"].get("labels") or {}).get("pod-template-hash", "")
        if digest:
            hashes[digest] = one["spec"]["template"]["spec"]["containers"][0]["image"]

    def plain(text: str) -> str:
        for digest, image in hashes.items():
            text = text.replace(digest, image)
        return _BY_CHANCE.sub('"', text.replace(f"{namespace}/", ""))

    for resource in _SORTS.values():
        for one in (await client.list(resource, namespace))["items"]:
            meta, status = one["metadata"], one.get("status") or {}
            conditions = [
                {key: plain(value) for key, value in said.items() if key not in _TIMES}
                for said in status.get("conditions") or ()
            ]
            name = f"{resource.kind} {plain(meta['name'])}"
            shown = (meta.get("annotations"), {**status, "conditions": conditions}, one["spec"]["replicas"])
            found[name] = shown
    said: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        about = one["involvedObject"]
        # Many of a kind are one event there, which says so.
        words = plain(one["message"].removeprefix("(combined from similar events): ")).split(": ")
        # The names of pods end in letters by chance.
        text = words[0] if words[0].endswith(" pod") else ": ".join(words)
        said.setdefault(f"{about['kind']} {plain(about['name'])}", set()).add(
            (one["type"], one["reason"], text)
        )
    return found | {f"events of {name}": sorted(told) for name, told in said.items()}


async def _told(client: Client, namespace: str) -> Object:
    await make_namespace(client, namespace)
    after: Object = {}

    async def look(step: str) -> None:
        found = await settled(lambda: _look(client, namespace), lambda found: len(found) > 15, 2.5)
        after.update({f"{step}: {name}": what for name, what in found.items()})

    running = asyncio.create_task(_ready(client, namespace))
    try:
        names = [
            (resource, f"{sort}-{one}")
            for sort, resource in _SORTS.items()
            for one in ("plain", "unready", "refused")
        ]
        for resource, name in names:
            await client.create(resource, _workload(resource, name), namespace)
        await look("made")
        for resource, name in names:
            await client.patch(resource, name, {"spec": {"replicas": 3}}, namespace)
        await look("more")
        image = {"template": {"spec": {"containers": [{"name": "c", "image": "second"}]}}}
        for resource, name in names:
            await client.patch(resource, name, {"spec": {"replicas": 1, **image}}, namespace, "strategic")
        await look("changed")
        await client.patch(
            DEPLOYMENTS, "deployment-plain", {"spec": {"paused": True, "replicas": 2}}, namespace
        )
        await look("paused")
    finally:
        running.cancel()
        await asyncio.wait({running})
    return after


def test_the_same_of_all_of_them(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        "replicaset-controller,replicationcontroller-controller,deployment-controller",
        _told,
        lambda *parts: [
            ReplicaSetController(*parts),
            ReplicationControllerController(*parts),
            DeploymentController(*parts),
        ],
    )
    assert any(name.startswith("made: ReplicationController") for name in theirs)
    assert not (different := differences(theirs, mine)), "\n".join(different)
