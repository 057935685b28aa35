"""DaemonSets: a pod a node, where it belongs, replaced in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.api.core import Node
from drakkar.api.gates import Gates
from drakkar.api.resource import decode
from drakkar.client.resources import DAEMONSETS, NODES
from drakkar.controllers import run
from drakkar.placement.node.daemons import Eligibility, tie_to_node, tied_node
from drakkar.testing import MemoryApi

from ..manifests import NS, daemon_set, ready

Object = dict[str, Any]


def status(client: MemoryApi) -> Object:
    found = client.find("daemonsets", "driver", NS)
    assert found is not None
    return found.get("status") or {}


def node(name: str, labels: dict[str, str] | None = None, *taints: Object) -> Object:
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": list(taints)}}


def eligible(template: Object, where: Object) -> tuple[bool, bool]:
    return Eligibility(template).of(decode(Node, where))


def nodes_of(client: MemoryApi) -> list[str | None]:
    return sorted(tied_node(pod) or "" for pod in client.all("pods"))


async def test_one_pod_on_the_node_and_its_status(cluster: MemoryApi) -> None:
    await cluster.create(DAEMONSETS, daemon_set())
    (pod,) = await cluster.until(lambda: cluster.all("pods"))
    assert nodes_of(cluster) == ["w1"]
    keys = {toleration["key"] for toleration in pod["spec"]["tolerations"]}
    assert "node.kubernetes.io/not-ready" in keys and "node.kubernetes.io/unschedulable" in keys
    (revision,) = cluster.all("controllerrevisions")
    digest = revision["metadata"]["labels"]["controller-revision-hash"]
    counted = {"controller-revision-hash": digest, "pod-template-generation": "1"}
    assert pod["metadata"]["labels"] == {"app": "driver", **counted}
    cluster.set_status("pods", pod["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: status(cluster).get("numberAvailable") == 1)
    assert status(cluster) == {
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
        "observedGeneration": 1,
        "updatedNumberScheduled": 1,
    }


async def test_nodes_come_and_go(cluster: MemoryApi) -> None:
    await cluster.create(DAEMONSETS, daemon_set())
    await cluster.create(NODES, node("w2"))
    await cluster.until(lambda: nodes_of(cluster) == ["w1", "w2"])
    await cluster.delete(NODES, "w1")
    await cluster.until(lambda: nodes_of(cluster) == ["w2"])


async def test_only_selected_nodes(cluster: MemoryApi) -> None:
    await cluster.create(NODES, node("w2", {"gpu": "yes"}))
    await cluster.create(DAEMONSETS, daemon_set(nodeSelector={"gpu": "yes"}))
    await cluster.until(lambda: nodes_of(cluster) == ["w2"])
    await cluster.patch(NODES, "w2", {"metadata": {"labels": {"gpu": None}}})
    await cluster.until(lambda: not cluster.all("pods"))


async def test_failed_pods_are_replaced(cluster: MemoryApi) -> None:
    await cluster.create(DAEMONSETS, daemon_set())
    (pod,) = await cluster.until(lambda: cluster.all("pods"))
    cluster.set_status("pods", pod["metadata"]["name"], NS, phase="Failed")
    await cluster.until(
        lambda: (found := cluster.all("pods")) and found[0]["metadata"]["uid"] != pod["metadata"]["uid"]
    )


async def test_an_update_goes_node_by_node(cluster: MemoryApi) -> None:
    for name in ("w2", "w3"):
        await cluster.create(NODES, node(name))
    await cluster.create(DAEMONSETS, daemon_set())
    await cluster.until(lambda: len(cluster.all("pods")) == 3)
    for pod in cluster.all("pods"):
        cluster.set_status("pods", pod["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: status(cluster).get("numberAvailable") == 3)
    least = 3

    def look() -> None:
        nonlocal least
        alive = [pod for pod in cluster.all("pods") if not pod["metadata"].get("deletionTimestamp")]
        least = min(least, sum(pod["status"]["phase"] == "Running" for pod in alive))
        for pod in alive:
            if pod["status"]["phase"] == "Pending":
                cluster.set_status("pods", pod["metadata"]["name"], NS, **ready())

    cluster.on_write.append(look)
    await cluster.patch(DAEMONSETS, "driver", {"spec": {"template": {"spec": {"hostname": "new"}}}}, NS)
    await cluster.until(
        lambda: (
            [pod["spec"].get("hostname") for pod in cluster.all("pods")] == ["new"] * 3
            and status(cluster).get("updatedNumberScheduled") == 3
        )
    )
    assert least == 2
    assert sorted(revision["revision"] for revision in cluster.all("controllerrevisions")) == [1, 2]


async def test_with_a_surge_the_new_pod_serves_before_the_old_one_goes(cluster: MemoryApi) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    made = daemon_set()
    made["spec"]["updateStrategy"] = strategy
    await cluster.create(DAEMONSETS, made)
    (old,) = await cluster.until(lambda: cluster.all("pods"))
    cluster.set_status("pods", old["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: status(cluster).get("numberAvailable") == 1)
    await cluster.patch(DAEMONSETS, "driver", {"spec": {"template": {"spec": {"hostname": "new"}}}}, NS)
    pods = await cluster.until(lambda: len(found := cluster.all("pods")) == 2 and found)
    (new,) = [pod for pod in pods if pod["metadata"]["uid"] != old["metadata"]["uid"]]
    assert new["spec"]["hostname"] == "new" and tied_node(new) == "w1"
    cluster.set_status("pods", new["metadata"]["name"], NS, **ready())
    await cluster.until(
        lambda: [p["metadata"]["uid"] for p in cluster.all("pods")] == [new["metadata"]["uid"]]
    )


def test_taints() -> None:
    template = {"spec": {"containers": []}}
    cordoned = node("n", {}, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    assert eligible(template, cordoned) == (True, True)
    assert eligible(template, node("n", {}, {"key": "x", "effect": "NoSchedule"})) == (False, True)
    assert eligible(template, node("n", {}, {"key": "x", "effect": "NoExecute"})) == (False, False)
    tolerant = {"spec": {"tolerations": [{"key": "x", "operator": "Exists"}]}}
    assert eligible(tolerant, node("n", {}, {"key": "x", "effect": "NoExecute"})) == (True, True)


def test_tolerations_compare_where_their_gate_is_on() -> None:
    template = {"spec": {"tolerations": [{"key": "speed", "operator": "Gt", "value": "5"}]}}
    tainted = decode(Node, node("n", {}, {"key": "speed", "value": "9", "effect": "NoSchedule"}))
    assert Eligibility(template).of(tainted) == (False, True)
    assert Eligibility(template, comparing=True).of(tainted) == (True, True)


@pytest.mark.parametrize("on", [False, True])
async def test_the_controller_asks_the_gate_of_tolerations(on: bool) -> None:
    client = MemoryApi()
    client.put_namespace(NS)
    taint = {"key": "speed", "value": "9", "effect": "NoSchedule"}
    for name, taints in (("open", []), ("tainted", [taint])):
        await client.create(NODES, node(name, {}, *taints))
    # The server has the gate off, and would not take such a toleration.
    client.put("daemonsets", daemon_set(tolerations=[{"key": "speed", "operator": "Gt", "value": "5"}]))
    stop = asyncio.Event()
    gates = Gates.parse("TaintTolerationComparisonOperators=true") if on else Gates.default()
    task = asyncio.create_task(run(client, stop, b"PEM", gates))
    try:
        await client.until(lambda: status(client).get("desiredNumberScheduled") == (2 if on else 1))
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await task
        await client.aclose()


def test_tying_keeps_the_other_terms() -> None:
    label = {"key": "gpu", "operator": "Exists"}
    required = {"nodeSelectorTerms": [{"matchExpressions": [label]}]}
    spec = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    tied = tie_to_node(spec, "n")
    (term,) = tied["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [label]
    assert term["matchFields"] == [{"key": "metadata.name", "operator": "In", "values": ["n"]}]
    assert tied_node({"spec": tied}) == "n"
    assert "matchFields" not in required["nodeSelectorTerms"][0]


@pytest.mark.parametrize(
    "field",
    [
        {"key": "metadata.name", "operator": "NotIn", "values": ["n"]},
        {"key": "metadata.name", "operator": "In", "values": ["n", "m"]},
        {"key": "metadata.name", "operator": "In"},
        {"key": "metadata.name"},
        {"key": "metadata.name", "operator": "In", "values": 1},
    ],
)
def test_a_field_that_names_no_one_node_ties_to_none(field: Object) -> None:
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    spec = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    assert tied_node({"spec": spec}) is None
