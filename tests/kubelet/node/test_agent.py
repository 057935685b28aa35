"""A node's own object, and the whole agent from start to stop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import KubeletApi, pod

from drakkar.api.gates import Gates
from drakkar.client import NotFoundError
from drakkar.client.resources import LEASES, NODES, PODS, SERVICES
from drakkar.cluster.certificates import Authority, Identity
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.node.agent import NodeAgent
from drakkar.kubelet.run import run
from drakkar.kubelet.runtime.interface import RuntimeStatus
from drakkar.kubelet.runtime.process.mounts import Isolation


@pytest.fixture
def config(tmp_path: Path) -> KubeletConfig:
    authority = Authority(tmp_path / "pki")
    pair = authority.issue("serving", Identity("node", hosts=("127.0.0.1",)))
    ca = authority.pair.certificate
    made = KubeletConfig("node", tmp_path / "root", ca, pair.certificate, pair.key)
    made.make_directories()
    return made


def agent(client: KubeletApi, config: KubeletConfig) -> NodeAgent:
    return NodeAgent(
        client, config, RuntimeStatus("process", "1", Isolation("none", "not allowed").message), 10250
    )


def ready(node: dict[str, Any]) -> Any:
    return next(item for item in node["status"]["conditions"] if item["type"] == "Ready")


async def test_node_says_what_it_has_and_lacks(config: KubeletConfig) -> None:
    node = await agent(KubeletApi(), config).register()
    status = node["status"]
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "node"
    assert "not allowed" in node["metadata"]["annotations"]["drakkar.dev/container-isolation"]
    assert ready(node)["status"] == "True" and "no CPU or memory limits" in ready(node)["message"]
    assert {"type": "InternalIP", "address": "127.0.0.1"} in status["addresses"]
    assert status["daemonEndpoints"]["kubeletEndpoint"]["Port"] == 10250
    assert {"cpu", "memory", "pods"} <= status["allocatable"].keys()


async def test_node_that_is_there_keeps_its_own_labels(config: KubeletConfig) -> None:
    client = KubeletApi()
    client.put(NODES, {"metadata": {"name": "node", "labels": {}}, "spec": {"unschedulable": True}})
    node = await agent(client, config).register()
    assert node["spec"] == {"unschedulable": True} and node["metadata"]["labels"]


async def test_node_declares_what_its_gates_let_it_do(config: KubeletConfig) -> None:
    node = await agent(KubeletApi(), config).register()
    resizes = ["InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"]
    assert node["status"]["declaredFeatures"] == resizes
    on = replace(config, gates=Gates.parse("AllAlpha=true"))
    node = await agent(KubeletApi(), on).register()
    assert node["status"]["declaredFeatures"] == ["DRAOptionalNodeOperations", *resizes]


async def test_lease_is_made_then_renewed(config: KubeletConfig) -> None:
    client = KubeletApi()
    made = agent(client, config)
    await made.register()
    await made._beat_lease()
    first = await client.get(LEASES, "node", "kube-node-lease")
    assert first["metadata"]["ownerReferences"][0]["kind"] == "Node"
    await made._beat_lease()
    second = await client.get(LEASES, "node", "kube-node-lease")
    assert second["spec"]["renewTime"] > first["spec"]["renewTime"]


async def test_a_node_that_is_said_to_be_unknown_says_that_it_is_well(config: KubeletConfig) -> None:
    client = KubeletApi()
    made = agent(client, config)
    await made.register()
    since = ready(client.have(NODES, "node"))["lastTransitionTime"]
    await made._beat_status()
    assert ready(client.have(NODES, "node"))["lastTransitionTime"] == since
    made._ready_since = "2020-01-01T00:00:00Z"
    client.set_status(NODES, "node", conditions=[{"type": "Ready", "status": "Unknown"}])
    await made._beat_status()
    now = ready(client.have(NODES, "node"))
    # It is well since now, not since it was so before.
    assert now["status"] == "True" and now["lastTransitionTime"] >= since


async def test_a_node_that_was_deleted_or_made_anew_is_all_there_again(config: KubeletConfig) -> None:
    client = KubeletApi()
    made = agent(client, config)
    await made.register()
    await made._beat_lease()
    client.remove(NODES, "node")
    with pytest.raises(NotFoundError):
        # Which makes the agent register.
        await made._beat_status()
    client.put(NODES, {"metadata": {"name": "node", "uid": "another"}})
    await made._beat_status()
    node = await client.get(NODES, "node")
    assert ready(node)["status"] == "True" and "kubernetes.io/hostname" in node["metadata"]["labels"]
    await made._beat_lease()
    lease = await client.get(LEASES, "node", "kube-node-lease")
    assert [owner["uid"] for owner in lease["metadata"]["ownerReferences"]] == ["another"]


async def test_whole_agent(config: KubeletConfig) -> None:
    client = KubeletApi()
    client.put(SERVICES, {"metadata": {"name": "kubernetes", "namespace": "default"}, "spec": {}})
    stop = asyncio.Event()
    task = asyncio.create_task(run(client, config, stop))
    client.put(PODS, pod())
    seen = await client.pod("p", lambda p: p["status"]["phase"] == "Running")
    node = await client.get(NODES, "node")
    assert ready(node)["status"] == "True" and seen["status"]["podIP"]
    await client.delete(PODS, "p", "ns", grace_period_seconds=2)
    await client.pod_gone("p")
    stop.set()
    async with asyncio.timeout(10):
        await task
