"""The node that kube-scheduler takes is the one that `placement` says is the best, or one as good."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drakkar.api.core import Node, Pod
from drakkar.api.resource import decode
from drakkar.client import Client, Informer
from drakkar.client.resources import NODES, PODS, SERVICEACCOUNTS
from drakkar.placement import NodeInfo, Snapshot, best

from .control_plane import ControlPlane

pytestmark = pytest.mark.upstream

Object = dict[str, Any]
PODS_IN_ALL = 150
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def nodes(dice: random.Random) -> list[Object]:
    found = []
    for index in range(8):
        name = f"n{index}"
        labels = {"kubernetes.io/hostname": name, "zone": dice.choice("abc"), "gen": dice.choice(["4", "9"])}
        effects = [effect for effect in ("NoSchedule", "PreferNoSchedule") if dice.random() < 0.25]
        allocatable = {
            "cpu": dice.choice(["3", "8", "12", "7500m"]),
            "memory": dice.choice(["2Gi", "4Gi", "16Gi", "5000M"]),
            "pods": dice.choice(["20", "110"]),
        }
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": labels},
                "spec": {"taints": [{"key": "k", "value": "9", "effect": effect} for effect in effects]},
                "status": {
                    "allocatable": allocatable,
                    "capacity": allocatable,
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            }
        )
    return found


def pod(dice: random.Random, name: str) -> Object:
    container: Object = {"name": "c", "image": "busybox"}
    requests = {}
    if dice.random() < 0.7:
        requests["cpu"] = dice.choice(["100m", "250m", "333m", "1"])
    if dice.random() < 0.7:
        requests["memory"] = dice.choice(["64Mi", "100M", "300Mi", "1"])
    if requests:
        container["resources"] = {"requests": requests}
    if dice.random() < 0.1:
        container["ports"] = [{"containerPort": 80, "hostPort": dice.choice([80, 81])}]
    spec: Object = {"containers": [container]}
    if dice.random() < 0.4:
        spec["tolerations"] = [
            dice.choice(
                [
                    {"operator": "Exists"},
                    {"key": "k", "value": "9", "effect": "NoSchedule"},
                    {"key": "k", "operator": "Exists", "effect": "PreferNoSchedule"},
                ]
            )
        ]
    affinity: Object = {}
    if dice.random() < 0.3:
        term = {"matchExpressions": [{"key": "gen", "operator": dice.choice(["Gt", "Lt"]), "values": ["5"]}]}
        other = {"matchExpressions": [{"key": "zone", "operator": "In", "values": [dice.choice("abc")]}]}
        affinity["nodeAffinity"] = (
            {REQUIRED: {"nodeSelectorTerms": [term]}}
            if dice.random() < 0.4
            else {
                PREFERRED: [{"weight": dice.choice([1, 30, 100]), "preference": one} for one in (term, other)]
            }
        )
    selector = {"matchLabels": {"app": dice.choice("xy")}}
    if dice.random() < 0.15:
        key = dice.choice(["zone", "kubernetes.io/hostname"])
        affinity["podAntiAffinity"] = {REQUIRED: [{"topologyKey": key, "labelSelector": selector}]}
    if affinity:
        spec["affinity"] = affinity
    if dice.random() < 0.15:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": dice.choice([1, 2]),
                "topologyKey": "zone",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": selector,
                "nodeTaintsPolicy": dice.choice(["Honor", "Ignore"]),
            }
        ]
    labels = {"app": dice.choice("xyz")} if dice.random() < 0.5 else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }


@contextlib.asynccontextmanager
async def kube_scheduler(program: Path, plane: ControlPlane, log: Path) -> AsyncIterator[None]:
    flags = ["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0", "--kube-api-qps=1000"]
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--kubeconfig={plane.kubeconfig}",
            "--kube-api-burst=1000",
            *flags,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            async with asyncio.timeout(20):
                await process.wait()


class Followed:
    """Pods as the watch shows them."""

    def __init__(self, client: Client) -> None:
        self.informer = Informer(client, PODS, "default")
        self.moved = asyncio.Event()
        self.informer.add_handler(lambda *_: self.moved.set())

    async def decided(self, name: str) -> Object:
        """The pod, once the scheduler has said something about it."""
        async with asyncio.timeout(60):
            while True:
                found = self.informer.store.get(("default", name))
                if found is not None:
                    told = (found.get("status") or {}).get("conditions") or []
                    if found["spec"].get("nodeName") or any(one["type"] == "PodScheduled" for one in told):
                        return found
                self.moved.clear()
                await self.moved.wait()


def as_good(snapshot: Snapshot, one: Pod) -> list[str]:
    """The nodes that are the best for the pod, all of them."""
    form = snapshot.form(one)
    fits = list(form.fitting())
    scores = [(form.score(node), 0) for node in fits]
    found: list[NodeInfo] = []
    while scores:
        first = best([*scores, *([(form.score(found[0]), 0)] if found else [])])
        if first == len(scores):
            break
        found.append(fits.pop(first))
        scores.pop(first)
    return [node.name for node in found]


@pytest.mark.parametrize("seed", range(4))
async def test_kube_scheduler_takes_one_of_the_best(seed: int, scheduler_137: Path, tmp_path: Path) -> None:
    dice, snapshot, placed, alone = random.Random(seed), Snapshot(), 0, 0
    plane = ControlPlane(tmp_path)
    async with plane.up(), plane.client() as client:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        await client.create(SERVICEACCOUNTS, account, "default")
        for node in nodes(dice):
            name = node["metadata"]["name"]
            await client.create(NODES, node)
            # A new node is tainted until somebody says that it is well, which is nobody's work here.
            await client.patch(NODES, name, {"spec": {"taints": node["spec"].get("taints")}})
            await client.update(NODES, {**node, **await client.get(NODES, name)}, "status")
            snapshot.set_node(decode(Node, node))
        followed = Followed(client)
        following = asyncio.create_task(followed.informer.run())
        try:
            async with kube_scheduler(scheduler_137, plane, tmp_path / "scheduler.log"):
                for number in range(PODS_IN_ALL):
                    made = pod(dice, f"p{number}")
                    await client.create(PODS, made, "default")
                    told = await followed.decided(f"p{number}")
                    wanted = as_good(snapshot, decode(Pod, told))
                    node = told["spec"].get("nodeName")
                    if node is None:
                        assert wanted == [], f"{made}: {told['status']}"
                        await client.delete(PODS, f"p{number}", "default", grace_period_seconds=0)
                        continue
                    assert node in wanted, f"{made} is on {node}, the best are {wanted}"
                    placed += 1
                    alone += len(wanted) == 1
                    snapshot.put(("default", f"p{number}"), decode(Pod, told), node)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    assert placed > 20 and alone > 10
