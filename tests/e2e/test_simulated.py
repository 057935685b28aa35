"""A cluster of nodes on which nothing runs: pods are placed, devices allocated, and no device is given out twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import (
    DEPLOYMENTS,
    DEVICECLASSES,
    JOBS,
    NODES,
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
    RESOURCESLICES,
)
from drakkar.cluster.lab.own_cluster import OwnCluster

pytestmark = pytest.mark.e2e
Object = dict[str, Any]
_CLASS = {
    "metadata": {"name": "gpu.example.com"},
    "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.example.com'"}}]},
}
_TEMPLATE = {
    "metadata": {"name": "gpu"},
    "spec": {
        "spec": {
            "devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]}
        }
    },
}


def _pod_spec(**more: Any) -> Object:
    return {
        "containers": [{"name": "c", "image": "none", "resources": {"claims": [{"name": "gpu"}]}}],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "gpu"}],
        **more,
    }


async def _phases(client: Client, label: str, wanted: Callable[[list[str]], bool]) -> list[Object]:
    """The pods of a label once their phases are as wanted."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(60):
            while True:
                pods: list[Object] = (await client.list(PODS, "default", label))["items"]
                seen = [pod["status"]["phase"] for pod in pods]
                if wanted(seen):
                    return pods
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"pods of {label} are still {seen}") from None


async def _fill(cluster: OwnCluster) -> None:
    async with Client.from_kubeconfig(cluster.state / "kubeconfig") as client:
        nodes = (await client.list(NODES, label_selector="drakkar.dev/simulated=true"))["items"]
        assert {node["metadata"]["name"] for node in nodes} == {f"drakkar-sim-{n}" for n in range(1, 21)}
        assert len((await client.list(RESOURCESLICES))["items"]) == 20
        await client.create(DEVICECLASSES, _CLASS)
        await client.create(RESOURCECLAIMTEMPLATES, _TEMPLATE, "default")
        many = {
            "metadata": {"name": "many"},
            "spec": {
                "replicas": 40,
                "selector": {"matchLabels": {"app": "many"}},
                "template": {"metadata": {"labels": {"app": "many"}}, "spec": _pod_spec()},
            },
        }
        await client.create(DEPLOYMENTS, many, "default")
        job = {
            "metadata": {"name": "once"},
            "spec": {
                "completions": 3,
                "parallelism": 3,
                "template": {
                    "metadata": {
                        "labels": {"app": "once"},
                        "annotations": {"drakkar.dev/simulated-seconds": "0.2"},
                    },
                    "spec": _pod_spec(restartPolicy="Never"),
                },
            },
        }
        await client.create(JOBS, job, "default")
        pods = await _phases(client, "app=many", lambda seen: seen == ["Running"] * 40)
        assert all(pod["spec"]["nodeName"].startswith("drakkar-sim-") for pod in pods)
        await _phases(client, "app=once", lambda seen: seen == ["Succeeded"] * 3)
        given = []
        for claim in (await client.list(RESOURCECLAIMS, "default"))["items"]:
            allocation = (claim.get("status") or {}).get("allocation") or {"devices": {"results": []}}
            given += [(item["pool"], item["device"]) for item in allocation["devices"]["results"]]
        assert len(given) >= 40 and len(set(given)) == len(given)


def test_simulated_nodes_run_what_is_placed_on_them_and_no_device_is_given_twice(
    make_cluster: Callable[..., OwnCluster],
) -> None:
    cluster = make_cluster()
    told = cluster.up("--nodes=0", "--simulated-nodes=20", "--devices=8")
    assert "devices published" not in told and "\n  nodes Ready" not in told
    try:
        asyncio.run(_fill(cluster))
    except BaseException:
        print(cluster.logs())
        raise
    cluster.down()
    cluster.up("--simulated-nodes=0")
    asyncio.run(_all_gone(cluster))
    assert json.loads((cluster.state / "cluster.json").read_text())["simulatedNodes"] == 0


async def _all_gone(cluster: OwnCluster) -> None:
    left: list[str] = []
    async with Client.from_kubeconfig(cluster.state / "kubeconfig") as client:
        for _ in range(600):
            items = [*(await client.list(NODES))["items"], *(await client.list(RESOURCESLICES))["items"]]
            left = [item["metadata"]["name"] for item in items]
            if not left:
                return
            await asyncio.sleep(0.1)
    raise AssertionError(f"still there: {left}")
