"""Garbage collection in its three ways, and the deletion of namespaces."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.api.object import ObjectKey
from drakkar.client.resources import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    RESOURCECLAIMTEMPLATES,
    SECRETS,
)
from drakkar.controllers import garbage
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.testing import MemoryApi

from .manifests import NS, claim_template, daemon_set, deployment, pod

Object = dict[str, Any]


def config(name: str, *owners: Object, block: bool = True) -> Object:
    references = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]
    metadata: Object = {"name": name, "namespace": NS, "ownerReferences": references}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


async def test_dependents_follow_in_the_background(cluster: MemoryApi) -> None:
    owner = await cluster.create(CONFIGMAPS, config("owner"))
    child = await cluster.create(CONFIGMAPS, config("child", owner))
    await cluster.create(SECRETS, {**config("grandchild", child), "kind": "Secret"})
    await cluster.delete(CONFIGMAPS, "owner", NS)
    await cluster.until(lambda: not cluster.find("configmaps", "child", NS) and not cluster.all("secrets"))


async def test_one_owner_left_is_enough(cluster: MemoryApi) -> None:
    owners = [await cluster.create(CONFIGMAPS, config(name)) for name in ("a", "b")]
    await cluster.create(CONFIGMAPS, config("child", *owners))
    await cluster.delete(CONFIGMAPS, "a", NS)
    child = await cluster.until(
        lambda: (
            (found := cluster.find("configmaps", "child", NS))
            and len(found["metadata"]["ownerReferences"]) == 1
            and found
        )
    )
    assert child["metadata"]["ownerReferences"][0]["name"] == "b"


async def test_an_owner_of_another_uid_is_no_owner(cluster: MemoryApi) -> None:
    owner = await cluster.create(CONFIGMAPS, config("owner"))
    owner["metadata"]["uid"] = "from-before"
    await cluster.create(CONFIGMAPS, config("child", owner))
    await cluster.until(lambda: not cluster.find("configmaps", "child", NS))


async def test_an_owner_of_unknown_kind_is_left_alone(cluster: MemoryApi) -> None:
    stranger = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t", "uid": "t"}}
    await cluster.create(CONFIGMAPS, config("kept", stranger))
    owner = await cluster.create(CONFIGMAPS, config("owner"))
    await cluster.create(CONFIGMAPS, config("child", owner))
    await cluster.delete(CONFIGMAPS, "owner", NS)
    await cluster.until(lambda: not cluster.find("configmaps", "child", NS))
    assert cluster.find("configmaps", "kept", NS)


async def test_in_the_foreground_the_owner_goes_last(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.create(DEPLOYMENTS, deployment())
    pods = await cluster.until(lambda: len(found := cluster.all("pods")) == 2 and found)
    for found in pods:
        cluster.set_spec("pods", found["metadata"]["name"], NS, nodeName="w1")
        cluster.set_status("pods", found["metadata"]["name"], NS, phase="Running")
    await cluster.delete(DEPLOYMENTS, "d", NS, propagation_policy="Foreground")
    await cluster.until(lambda: all(p["metadata"].get("deletionTimestamp") for p in cluster.all("pods")))
    assert cluster.all("deployments") and cluster.all("replicasets")
    for found in pods:
        await cluster.delete(PODS, found["metadata"]["name"], NS, grace_period_seconds=0)
    await cluster.until(lambda: not cluster.all("deployments"))
    assert not cluster.all("replicasets") and not cluster.all("pods")
    await cluster.until(lambda: not cluster.all("resourceclaims"))


async def test_a_circle_of_owners_goes_in_the_foreground(cluster: MemoryApi) -> None:
    first = await cluster.create(CONFIGMAPS, config("first"))
    second = await cluster.create(CONFIGMAPS, config("second", first))
    third = await cluster.create(CONFIGMAPS, config("third", second))
    references = config("first", third)["metadata"]["ownerReferences"]
    await cluster.patch(CONFIGMAPS, "first", {"metadata": {"ownerReferences": references}}, NS)
    await cluster.delete(CONFIGMAPS, "first", NS, propagation_policy="Foreground")
    await cluster.until(
        lambda: not any(cluster.find("configmaps", name, NS) for name in ("first", "second", "third"))
    )


async def test_orphans_stay(cluster: MemoryApi) -> None:
    await cluster.create(DEPLOYMENTS, deployment())
    await cluster.until(lambda: len(cluster.all("pods")) == 2)
    await cluster.delete(DEPLOYMENTS, "d", NS, propagation_policy="Orphan")
    await cluster.until(lambda: not cluster.all("deployments"))
    (replica_set,) = cluster.all("replicasets")
    assert not replica_set["metadata"].get("ownerReferences")
    assert len(cluster.all("pods")) == 2


async def test_a_namespace_goes_with_all_that_is_in_it(cluster: MemoryApi) -> None:
    order = []
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.create(DEPLOYMENTS, deployment())
    await cluster.create(
        PODS, pod("running", {"nodeName": "w1", "containers": [{"name": "c", "image": "i"}]})
    )
    await cluster.until(lambda: len(cluster.all("resourceclaims")) == 2)
    await cluster.delete(NAMESPACES, NS)
    space = await cluster.until(
        lambda: (found := cluster.find("namespaces", NS)) and found["status"].get("conditions") and found
    )
    remaining = {c["type"]: c for c in space["status"]["conditions"]}["NamespaceContentRemaining"]
    assert remaining["status"] == "True" and "pods has" in remaining["message"]
    # While a pod runs, what it needs is left alone.
    assert cluster.find("configmaps", "kube-root-ca.crt", NS)
    order.append(len(cluster.all("resourceclaimtemplates")))
    await cluster.delete(PODS, "running", NS, grace_period_seconds=0)
    await cluster.until(lambda: not cluster.find("namespaces", NS), limit=10)
    assert order == [1]
    left = [plural for plural, obj in cluster.everything() if obj["metadata"].get("namespace") == NS]
    assert set(left) <= {"events"}


async def test_daemons_outlive_the_pods_that_may_need_them(cluster: MemoryApi) -> None:
    await cluster.create(DAEMONSETS, daemon_set())
    await cluster.create(PODS, pod("user", {"nodeName": "w1", "containers": [{"name": "c", "image": "i"}]}))
    await cluster.until(lambda: len(cluster.all("pods")) == 2)
    await cluster.delete(NAMESPACES, NS)

    def deleting() -> list[str]:
        return [p["metadata"]["name"] for p in cluster.all("pods") if p["metadata"].get("deletionTimestamp")]

    await cluster.until(deleting)
    assert deleting() == ["user"]
    await cluster.delete(PODS, "user", NS, grace_period_seconds=0)
    await cluster.until(lambda: not cluster.find("namespaces", NS), limit=10)


async def test_every_namespace_has_its_account_and_certificate(cluster: MemoryApi) -> None:
    await cluster.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    config_map = await cluster.until(lambda: cluster.find("configmaps", "kube-root-ca.crt", "other"))
    assert config_map["data"] == {"ca.crt": "PEM"}
    assert cluster.find("serviceaccounts", "default", "other")
    await cluster.delete(CONFIGMAPS, "kube-root-ca.crt", "other")
    await cluster.until(lambda: cluster.find("configmaps", "kube-root-ca.crt", "other"))
    await cluster.patch(CONFIGMAPS, "kube-root-ca.crt", {"data": {"ca.crt": "false"}}, "other")
    await cluster.until(
        lambda: cluster.have("configmaps", "kube-root-ca.crt", "other")["data"] == {"ca.crt": "PEM"}
    )


async def test_an_owner_that_came_and_went_unseen_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "UNSEEN_SECONDS", 0.01)
    client = MemoryApi()
    client.put_namespace(NS)
    mirrors = Mirrors(client)
    collector = garbage.GarbageCollector(client, mirrors)
    await collector.look_for_resources()
    owner = await client.create(CONFIGMAPS, config("owner"))
    mirrors.of(CONFIGMAPS).learn(await client.create(CONFIGMAPS, config("child", owner)))
    key = garbage.Key("", "configmaps", ObjectKey(NS, "child"))
    # Nobody told of the owner, so nobody tells of its end.
    for gone in (False, True):
        async with asyncio.timeout(5):
            assert await collector.queue.get() == key
        await collector.reconcile(key)
        collector.queue.done(key)
        assert (client.find("configmaps", "child", NS) is None) == gone
        if not gone:
            await client.delete(CONFIGMAPS, "owner", NS)
    await client.aclose()
