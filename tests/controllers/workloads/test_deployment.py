"""Deployments and replica sets."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Pod
from drakkar.api.resource import decode
from drakkar.client.resources import (
    DEPLOYMENTS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCECLAIMTEMPLATES,
)
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.rollout import shares, surge_and_unavailable
from drakkar.controllers.workloads.surplus import surplus
from drakkar.testing import MemoryApi

from ..manifests import NS, claim_template, deployment, ready

Object = dict[str, Any]


def status(client: MemoryApi) -> Object:
    found = client.find("deployments", "d", NS)
    assert found is not None
    return found.get("status") or {}


def keep_ready(client: MemoryApi) -> None:
    """Play a kubelet whose pods are ready at once."""

    def play() -> None:
        for pod in client.all("pods"):
            if pod["status"]["phase"] == "Pending" and not pod["metadata"].get("deletionTimestamp"):
                client.set_status("pods", pod["metadata"]["name"], NS, **ready())

    client.on_write.append(play)


def rolled_out(client: MemoryApi, replicas: int) -> bool:
    found = client.find("deployments", "d", NS)
    assert found is not None
    state = found.get("status") or {}
    return state.get("observedGeneration") == found["metadata"]["generation"] and all(
        state.get(field, 0) == replicas for field in ("replicas", "updatedReplicas", "availableReplicas")
    )


def sizes(client: MemoryApi) -> dict[str, int]:
    return {
        obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: obj["spec"]["replicas"]
        for obj in client.all("replicasets")
    }


async def test_replicas_with_their_claims_then_none(cluster: MemoryApi) -> None:
    keep_ready(cluster)
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.create(DEPLOYMENTS, deployment())
    await cluster.until(lambda: rolled_out(cluster, 2) and len(cluster.all("resourceclaims")) == 2)
    (replica_set,) = cluster.all("replicasets")
    digest = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"d-{digest}"
    assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "d", "pod-template-hash": digest}
    for pod in cluster.all("pods"):
        assert pod["metadata"]["name"].startswith(f"d-{digest}-")
        assert pod["metadata"]["labels"] == {"app": "d", "pod-template-hash": digest}
    reasons = {condition["type"]: condition["reason"] for condition in status(cluster)["conditions"]}
    assert reasons == {"Available": "MinimumReplicasAvailable", "Progressing": "NewReplicaSetAvailable"}
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"replicas": 0}}, NS)
    await cluster.until(lambda: not cluster.all("pods") and not cluster.all("resourceclaims"))
    await cluster.until(lambda: rolled_out(cluster, 0))
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"replicas": 3}}, NS)
    await cluster.until(lambda: rolled_out(cluster, 3))


async def test_a_rolling_update_keeps_its_bounds_and_can_go_back(cluster: MemoryApi) -> None:
    keep_ready(cluster)
    await cluster.create(DEPLOYMENTS, deployment(replicas=4))
    await cluster.until(lambda: rolled_out(cluster, 4))
    seen: list[tuple[int, int]] = []

    def look() -> None:
        alive = [pod for pod in cluster.all("pods") if not pod["metadata"].get("deletionTimestamp")]
        seen.append((len(alive), sum(pod["status"]["phase"] == "Running" for pod in alive)))

    cluster.on_write.append(look)
    template = deployment()["spec"]["template"]
    new = {**template, "spec": {**template["spec"], "hostname": "new"}}
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"template": new}}, NS)
    await cluster.until(lambda: rolled_out(cluster, 4))
    assert sizes(cluster) == {"1": 0, "2": 4}
    assert max(total for total, _ in seen) == 5
    assert min(available for _, available in seen) >= 3
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"template": {"spec": {"hostname": None}}}}, NS)
    await cluster.until(lambda: sizes(cluster) == {"3": 4, "2": 0} and rolled_out(cluster, 4))
    back = next(obj for obj in cluster.all("replicasets") if obj["spec"]["replicas"])
    assert back["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    held = cluster.find("deployments", "d", NS)
    assert held and held["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


async def test_an_update_that_does_not_work_stops(cluster: MemoryApi) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=4))
    pods = await cluster.until(lambda: len(found := cluster.all("pods")) == 4 and found)
    for pod in pods:
        cluster.set_status("pods", pod["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: rolled_out(cluster, 4))
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"template": {"spec": {"hostname": "bad"}}}}, NS)
    await cluster.until(lambda: sizes(cluster) == {"1": 3, "2": 2} and status(cluster)["replicas"] == 5)
    assert status(cluster)["availableReplicas"] == 3


async def test_recreate_waits_for_the_old_pods(cluster: MemoryApi) -> None:
    await cluster.create(DEPLOYMENTS, deployment(strategy={"type": "Recreate"}))
    pods = await cluster.until(lambda: len(found := cluster.all("pods")) == 2 and found)
    for pod in pods:
        cluster.set_spec("pods", pod["metadata"]["name"], NS, nodeName="w1")
        cluster.set_status("pods", pod["metadata"]["name"], NS, **ready())
    await cluster.until(lambda: rolled_out(cluster, 2))
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"template": {"spec": {"hostname": "new"}}}}, NS)
    await cluster.until(lambda: all(pod["metadata"].get("deletionTimestamp") for pod in cluster.all("pods")))
    await cluster.until(lambda: status(cluster).get("replicas", 0) == 0)
    assert len(cluster.all("replicasets")) == 1
    for pod in pods:
        await cluster.delete(PODS, pod["metadata"]["name"], NS, grace_period_seconds=0)
    await cluster.until(lambda: sizes(cluster) == {"1": 0, "2": 2} and len(cluster.all("pods")) == 2)


async def test_old_revisions_are_forgotten(cluster: MemoryApi) -> None:
    keep_ready(cluster)
    await cluster.create(DEPLOYMENTS, deployment(replicas=1, revisionHistoryLimit=1))
    await cluster.until(lambda: rolled_out(cluster, 1))
    for name in ("b", "c", "d"):
        await cluster.patch(DEPLOYMENTS, "d", {"spec": {"template": {"spec": {"hostname": name}}}}, NS)
        await cluster.until(lambda: rolled_out(cluster, 1))
    await cluster.until(lambda: sizes(cluster) == {"3": 0, "4": 1})


async def test_a_paused_deployment_is_only_scaled(cluster: MemoryApi) -> None:
    keep_ready(cluster)
    await cluster.create(DEPLOYMENTS, deployment())
    await cluster.until(lambda: rolled_out(cluster, 2))
    change = {"spec": {"paused": True, "replicas": 3, "template": {"spec": {"hostname": "new"}}}}
    await cluster.patch(DEPLOYMENTS, "d", change, NS)
    await cluster.until(lambda: sizes(cluster) == {"1": 3})
    await cluster.patch(DEPLOYMENTS, "d", {"spec": {"paused": None}}, NS)
    await cluster.until(lambda: sizes(cluster) == {"1": 0, "2": 3})


async def test_pods_are_adopted_released_and_replaced(cluster: MemoryApi) -> None:
    lone = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lone", "namespace": NS}}
    lone["metadata"]["labels"] = {"app": "r"}  # type: ignore[index]
    await cluster.create(PODS, {**lone, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    template = {"metadata": {"labels": {"app": "r"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    replica_set = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "r", "namespace": NS},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "r"}}, "template": template},
    }
    made = await cluster.create(REPLICASETS, replica_set)
    await cluster.until(lambda: len(cluster.all("pods")) == 2)
    adopted = cluster.find("pods", "lone", NS)
    assert adopted and adopted["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    await cluster.patch(PODS, "lone", {"metadata": {"labels": {"app": "other"}}}, NS)
    await cluster.until(lambda: len(cluster.all("pods")) == 3)
    released = cluster.find("pods", "lone", NS)
    assert released and not released["metadata"].get("ownerReferences")


def test_surplus_takes_whom_nobody_misses() -> None:
    def pod(name: str, **status: Any) -> Seen[Pod]:
        spec = {"nodeName": "w"} if status else {}
        obj = {"metadata": {"name": name}, "spec": spec, "status": status}
        return Seen(obj, decode(Pod, obj))

    pods = [pod("ready", **ready()), pod("running", phase="Running"), pod("waiting")]
    assert [found.key.name for found in surplus(pods, 2)] == ["waiting", "running"]


def test_rollout_arithmetic() -> None:
    assert surge_and_unavailable(None, None, 4) == (1, 1)
    assert surge_and_unavailable("25%", "25%", 2) == (1, 0)
    assert surge_and_unavailable(0, "10%", 3) == (0, 1)
    assert shares([8, 4], 12, 6) == [4, 2]
    assert shares([3, 1], 4, 6) == [4, 2]
    assert sum(shares([5, 5, 3], 13, 7)) == 7
    assert shares([3, 1], 4, 0) == [0, 0]


async def test_a_replication_controller_selects_by_labels_alone(cluster: MemoryApi) -> None:
    pod = {"containers": [{"name": "c", "image": "i"}]}
    template = {"metadata": {"labels": {"app": "old"}}, "spec": pod}
    controller = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "old", "namespace": NS},
        "spec": {"replicas": 2, "selector": {"app": "old"}, "template": template},
    }
    await cluster.create(REPLICATIONCONTROLLERS, controller)
    await cluster.until(lambda: len(cluster.all("pods")) == 2)
    await cluster.patch(REPLICATIONCONTROLLERS, "old", {"spec": {"replicas": 0}}, NS)
    await cluster.until(lambda: not cluster.all("pods"))
