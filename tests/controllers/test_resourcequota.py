"""What the status of a ResourceQuota says, and when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.client import ApiError, Resource
from drakkar.client.resources import CONFIGMAPS, DEVICECLASSES, PODS, RESOURCEQUOTAS, SERVICES
from drakkar.controllers.machinery.controller import run_controller
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.resourcequota import ResourceQuotaController
from drakkar.testing import MemoryApi

from .conftest import NS

Object = dict[str, Any]
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
THINGS = Resource("stable.example.com", "v1", "things", "Thing", True)


def quota(name: str = "q", **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": NS}, "spec": spec}


def pod(name: str, **spec: Any) -> Object:
    containers = [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]
    return {"metadata": {"name": name, "namespace": NS}, "spec": {"containers": containers, **spec}}


def config_map(name: str) -> Object:
    return {"metadata": {"name": name, "namespace": NS}}


def used(client: MemoryApi, name: str = "q") -> Object:
    status = (client.find(RESOURCEQUOTAS, name, NS) or {}).get("status") or {}
    found: Object = status.get("used") or {}
    return found


async def test_a_new_quota_counts_what_is_there(cluster: MemoryApi) -> None:
    await cluster.create(PODS, pod("a"))
    await cluster.create(PODS, pod("b"))
    await cluster.create(RESOURCEQUOTAS, quota(hard={"pods": "5", "requests.cpu": "4", "secrets": "1"}))
    await cluster.until(lambda: used(cluster) == {"pods": "2", "requests.cpu": "2", "secrets": "0"})
    assert cluster.have(RESOURCEQUOTAS, "q", NS)["status"]["hard"] == {
        "pods": "5",
        "requests.cpu": "4",
        "secrets": "1",
    }


async def test_the_life_of_a_pod(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCEQUOTAS, quota(hard={"pods": "1", "requests.cpu": "1", "count/pods": "2"}))
    await cluster.until(lambda: used(cluster) == {"pods": "0", "requests.cpu": "0", "count/pods": "0"})
    await cluster.create(PODS, pod("a"))
    assert used(cluster) == {"pods": "1", "requests.cpu": "1", "count/pods": "1"}
    with pytest.raises(ApiError, match=r"exceeded quota: q, requested: pods=1,requests\.cpu=1"):
        await cluster.create(PODS, pod("b"))
    cluster.set_status(PODS, "a", NS, phase="Succeeded")
    await cluster.until(lambda: used(cluster) == {"pods": "0", "requests.cpu": "0", "count/pods": "1"})
    await cluster.create(PODS, pod("b"))
    await cluster.delete(PODS, "a", NS)
    await cluster.delete(PODS, "b", NS)
    await cluster.until(lambda: used(cluster) == {"pods": "0", "requests.cpu": "0", "count/pods": "0"})


async def test_what_a_quota_allows_is_changed(cluster: MemoryApi) -> None:
    await cluster.create(CONFIGMAPS, config_map("a"))
    await cluster.create(RESOURCEQUOTAS, quota(hard={"pods": "1"}))
    await cluster.until(lambda: used(cluster) == {"pods": "0"})
    there = len(cluster.all(CONFIGMAPS, NS))
    change = {"spec": {"hard": {"pods": None, "configmaps": "9"}}}
    await cluster.patch(RESOURCEQUOTAS, "q", change, NS, kind="merge")
    await cluster.until(lambda: used(cluster) == {"configmaps": str(there)})


async def test_scopes(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCEQUOTAS, quota("ends", hard={"pods": "5"}, scopes=["Terminating"]))
    await cluster.create(RESOURCEQUOTAS, quota("stays", hard={"pods": "5"}, scopes=["NotTerminating"]))
    await cluster.until(lambda: used(cluster, "ends") and used(cluster, "stays"))
    await cluster.create(PODS, pod("a"))
    await cluster.create(PODS, pod("b", activeDeadlineSeconds=100))
    assert (used(cluster, "ends"), used(cluster, "stays")) == ({"pods": "1"}, {"pods": "1"})
    await cluster.patch(PODS, "a", {"spec": {"activeDeadlineSeconds": 100}}, NS, kind="merge")
    await cluster.until(lambda: used(cluster, "stays") == {"pods": "0"})
    assert used(cluster, "ends") == {"pods": "2"}


async def test_a_service_that_needs_no_ports_any_more(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCEQUOTAS, quota(hard={"services.nodeports": "2", "services": "2"}))
    await cluster.until(lambda: used(cluster) == {"services.nodeports": "0", "services": "0"})
    service = {
        "metadata": {"name": "s", "namespace": NS},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    await cluster.create(SERVICES, service)
    assert used(cluster) == {"services.nodeports": "1", "services": "1"}
    await cluster.patch(SERVICES, "s", {"spec": {"type": "ClusterIP"}}, NS, kind="merge")
    await cluster.until(lambda: used(cluster) == {"services.nodeports": "0", "services": "1"})


async def test_kinds_that_come_later_are_counted_once_they_are_there() -> None:
    client = MemoryApi()
    client.put_namespace(NS)
    mirrors = Mirrors(client)
    controller = ResourceQuotaController(client, mirrors)
    async with asyncio.TaskGroup() as group:
        mirrors.start(group)
        running = group.create_task(run_controller(controller))
        await controller.look_for_resources()
        hard = {"count/things.stable.example.com": "1", "pods": "1"}
        await client.create(RESOURCEQUOTAS, quota(hard=hard))
        await client.until(lambda: used(client) == {"pods": "0"})
        names = {"plural": "things", "kind": "Thing"}
        version = {"name": "v1", "served": True, "storage": True}
        version["schema"] = {"openAPIV3Schema": {"type": "object"}}
        definition = {
            "metadata": {"name": "things.stable.example.com"},
            "spec": {
                "group": "stable.example.com",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        }
        await client.request("POST", _DEFINITIONS, json=definition)
        await controller.look_for_resources()
        await client.until(lambda: used(client) == {"count/things.stable.example.com": "0", "pods": "0"})
        thing = {
            "apiVersion": "stable.example.com/v1",
            "kind": "Thing",
            "metadata": {"name": "a", "namespace": NS},
        }
        await client.create(THINGS, thing)
        with pytest.raises(ApiError, match="exceeded quota"):
            await client.create(THINGS, {**thing, "metadata": {"name": "b", "namespace": NS}})
        await client.delete(THINGS, "a", NS)
        await client.until(lambda: used(client) == {"count/things.stable.example.com": "0", "pods": "0"})
        running.cancel()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
    await client.aclose()


async def test_usage_that_is_counted_meanwhile_is_not_written_over(cluster: MemoryApi) -> None:
    """While the controller looks, pods are made: each of its writes is refused that does not know of all of them."""
    await cluster.create(RESOURCEQUOTAS, quota(hard={"pods": "60", "count/pods": "60"}))
    await cluster.until(lambda: used(cluster) == {"pods": "0", "count/pods": "0"})
    for at in range(60):
        await cluster.create(PODS, pod(f"p{at}"))
        if at % 3 == 0:
            # Have it look again.
            cluster.set_status(RESOURCEQUOTAS, "q", NS, hard={"pods": "61", "count/pods": "60"})
        assert used(cluster)["pods"] == str(at + 1)
    with pytest.raises(ApiError, match="exceeded quota"):
        await cluster.create(PODS, pod("one-more"))
    assert used(cluster) == {"pods": "60", "count/pods": "60"}


async def test_a_class_that_comes_to_stand_for_an_extended_resource(cluster: MemoryApi) -> None:
    claim = {
        "metadata": {"name": "c", "namespace": NS},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}},
    }
    await cluster.request("POST", f"/apis/resource.k8s.io/v1/namespaces/{NS}/resourceclaims", json=claim)
    await cluster.create(RESOURCEQUOTAS, quota(hard={"requests.example.com/gpu": "5"}))
    await cluster.until(lambda: used(cluster) == {"requests.example.com/gpu": "0"})
    made = {"metadata": {"name": "gpu"}, "spec": {"extendedResourceName": "example.com/gpu"}}
    await cluster.create(DEVICECLASSES, made)
    await cluster.until(lambda: used(cluster) == {"requests.example.com/gpu": "1"})


async def test_an_odd_quota_costs_only_itself(cluster: MemoryApi) -> None:
    cluster.put(RESOURCEQUOTAS, quota("odd", hard={"pods": [1], "secrets": "x"}, scopes={"a": 1}))
    cluster.put(RESOURCEQUOTAS, quota("odder", hard={"pods": "1"}, scopeSelector=[1]))
    cluster.put(RESOURCEQUOTAS, {**quota("a"), "spec": [1], "status": "x"})
    await cluster.create(RESOURCEQUOTAS, quota(hard={"pods": "1"}))
    await cluster.until(lambda: used(cluster) == {"pods": "0"})
    await cluster.create(PODS, pod("p"))
    assert used(cluster) == {"pods": "1"}
    await cluster.delete(PODS, "p", NS)
    await cluster.until(lambda: used(cluster) == {"pods": "0"})
