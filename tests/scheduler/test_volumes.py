"""Pods with volumes wait for these, and volumes that waited for a pod are bound before it is."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.storage import BOUND, BOUND_BY_CONTROLLER, SELECTED_NODE

from .bench import UNHELPFUL, Bench, pod
from .test_preemption import going, preempted, running, wanting

Object = dict[str, Any]


def using(name: str, *claims: str) -> Object:
    made = pod(name)
    made["spec"]["volumes"] = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    return made


def claim(name: str, of: str, mode: str = "ReadWriteOnce") -> Object:
    spec = {"accessModes": [mode], "storageClassName": of, "resources": {"requests": {"storage": "1Gi"}}}
    spec["volumeMode"] = "Filesystem"
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def volume(name: str, of: str, node: str = "n1") -> Object:
    where = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": of,
        "volumeMode": "Filesystem",
        "persistentVolumeReclaimPolicy": "Retain",
        "hostPath": {"path": "/tmp", "type": ""},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [where]}},
    }
    return {"metadata": {"name": name}, "spec": spec, "status": {"phase": "Available"}}


@pytest.fixture
def bench() -> Bench:
    made = Bench([])
    node = {"metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}}}
    made.client.put("nodes", {**node, "status": {"allocatable": {"cpu": "4", "pods": "10"}}})
    for name, provisioner, mode in (
        ("now", "example.com/x", "Immediate"),
        ("made", "example.com/x", "WaitForFirstConsumer"),
        ("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
    ):
        kind = {"metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode}
        made.client.put("storageclasses", kind)
    return made


def bind(bench: Bench, name: str, to: str) -> None:
    """As the cluster's controller of volumes does."""
    found = bench.client.have("persistentvolumeclaims", name, "default")
    notes = {**(found["metadata"].get("annotations") or {}), BOUND: "yes"}
    found["metadata"]["annotations"] = notes
    found["spec"]["volumeName"] = to
    bench.client.put("persistentvolumeclaims", found)


def noted(bench: Bench, name: str) -> str | None:
    """The node for which a volume is to be made for the claim."""
    metadata = bench.client.have("persistentvolumeclaims", name, "default")["metadata"]
    return (metadata.get("annotations") or {}).get(SELECTED_NODE)


async def test_a_pod_waits_for_its_claim_and_for_its_volume(bench: Bench) -> None:
    bench.client.put("pods", using("p", "c"))
    await bench.drain()
    assert bench.messages("p") == [
        '0/1 nodes are available: persistentvolumeclaim "c" not found.' + UNHELPFUL
    ]
    bench.client.put("persistentvolumeclaims", claim("c", "now"))
    bench.now += 20
    await bench.drain()
    assert bench.messages("p")[1:] == [
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims." + UNHELPFUL
    ]
    bench.client.put("persistentvolumes", volume("v", "now"))
    bind(bench, "c", "v")
    bench.now += 20
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_a_volume_on_another_node_keeps_a_pod_waiting(bench: Bench) -> None:
    bench.client.put("persistentvolumes", volume("v", "now", "n2"))
    bench.client.put("persistentvolumeclaims", claim("c", "now"))
    bind(bench, "c", "v")
    bench.client.put("pods", using("p", "c"))
    await bench.drain()
    assert bench.messages("p") == [
        "0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity." + UNHELPFUL
    ]


async def test_a_claim_for_one_pod_is_used_by_one(bench: Bench) -> None:
    bench.client.put("persistentvolumes", volume("v", "now"))
    bench.client.put("persistentvolumeclaims", claim("c", "now", "ReadWriteOncePod"))
    bind(bench, "c", "v")
    for name in ("p1", "p2"):
        bench.client.put("pods", using(name, "c"))
    await bench.drain()
    assert bench.client.bindings == [("p1", "n1")]
    assert "ReadWriteOncePod access mode already in-use" in bench.messages("p2")[0]


async def test_a_volume_that_is_there_is_bound_before_the_pod_is_and_to_one_claim_alone(bench: Bench) -> None:
    bench.client.put("persistentvolumes", volume("v", "local"))
    for name in ("c1", "c2"):
        bench.client.put("persistentvolumeclaims", claim(name, "local"))
    bench.client.put("pods", using("p1", "c1"))
    bench.client.put("pods", using("p2", "c2"))
    await bench.attempts()

    def taken() -> Object | None:
        found: Object | None = bench.client.have("persistentvolumes", "v")["spec"].get("claimRef")
        return found

    await bench.until(taken)
    ref, uid = taken(), bench.client.have("persistentvolumeclaims", "c1", "default")["metadata"]["uid"]
    assert ref is not None and (ref["name"], ref["uid"]) == ("c1", uid)
    assert BOUND_BY_CONTROLLER in bench.client.have("persistentvolumes", "v")["metadata"]["annotations"]
    await bench.until(lambda: bench.messages("p2"))
    assert bench.messages("p2") == [
        "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + UNHELPFUL
    ]
    assert bench.client.bindings == []
    bind(bench, "c1", "v")
    await bench.until(lambda: bench.client.bindings)
    assert bench.client.bindings == [("p1", "n1")]


async def test_a_volume_is_asked_for_and_again_where_it_could_not_be_made(bench: Bench) -> None:
    bench.client.put("persistentvolumeclaims", claim("c", "made"))
    bench.client.put("pods", using("p", "c"))
    await bench.attempts()
    await bench.until(lambda: noted(bench, "c") == "n1")
    found = bench.client.have("persistentvolumeclaims", "c", "default")
    del found["metadata"]["annotations"]
    bench.client.put("persistentvolumeclaims", found)
    await bench.drain()
    assert bench.messages("p") == [
        'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "c"'
    ]
    bench.now += 20
    await bench.attempts()
    await bench.until(lambda: noted(bench, "c") == "n1")
    bench.client.put("persistentvolumes", volume("v", "made"))
    bind(bench, "c", "v")
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_a_pod_that_goes_leaves_its_volume_to_others(bench: Bench) -> None:
    bench.client.put("persistentvolumeclaims", claim("c", "made"))
    bench.client.put("pods", using("p", "c"))
    await bench.attempts()
    await bench.until(lambda: noted(bench, "c") == "n1")
    bench.client.remove("pods", "p", "default")
    await bench.drain()
    bench.client.put("pods", using("p2", "c"))
    await bench.attempts()
    bench.client.put("persistentvolumes", volume("v", "made"))
    bind(bench, "c", "v")
    await bench.drain()
    assert bench.client.bindings == [("p2", "n1")]


async def test_one_broken_claim_costs_only_itself(bench: Bench) -> None:
    bench.client.put("persistentvolumeclaims", {**claim("bad", "now"), "spec": {"volumeName": 7}})
    bench.client.put("pods", using("p1", "bad"))
    bench.client.put("pods", pod("p2"))
    await bench.drain()
    assert bench.client.bindings == [("p2", "n1")]
    assert bench.messages("p1") == [
        '0/1 nodes are available: persistentvolumeclaim "bad" not found.' + UNHELPFUL
    ]


async def test_one_that_waits_for_its_volumes_is_called_back(bench: Bench) -> None:
    """It has not been bound: another one gets its place and nobody is deleted."""
    bench.client.put("persistentvolumes", volume("v", "local"))
    bench.client.put("persistentvolumeclaims", claim("c", "local"))
    slow = using("slow", "c")
    slow["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "4"}}
    bench.client.put("pods", slow)
    await bench.attempts()
    await bench.until(lambda: bench.client.have("persistentvolumes", "v")["spec"].get("claimRef"))
    bench.client.put("pods", wanting("high"))
    await bench.attempts()
    await bench.until(lambda: bench.messages("slow"))
    assert bench.messages("slow") == ["preempted by DefaultPreemption"]
    assert preempted(bench)[0][1].endswith("(in kube-scheduler memory).")
    await bench.drain()
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("high", "n1")]
    assert bench.client.find("pods", "slow", "default") is not None


@pytest.mark.parametrize("there", [True, False])
async def test_nobody_goes_where_the_volume_is_not(bench: Bench, there: bool) -> None:
    bench.client.put("persistentvolumes", volume("v", "local", "n1" if there else "n2"))
    bench.client.put("persistentvolumeclaims", claim("c", "local"))
    running(bench, "low")
    high = using("high", "c")
    high["spec"] = {**wanting("high")["spec"], "volumes": high["spec"]["volumes"]}
    bench.client.put("pods", high)
    await bench.drain()
    assert going(bench) == (["low"] if there else [])
