"""Custom objects as owners and owned, and in namespaces that go: the controllers find their kinds by discovery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from drakkar.client import Resource
from drakkar.client.resources import CONFIGMAPS, NAMESPACES
from drakkar.controllers import run
from drakkar.controllers.garbage import GarbageCollector
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.testing import MemoryApi

Object = dict[str, Any]
NS = "lab"
THINGS = Resource("stable.example.com", "v1", "things", "Thing", True)
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_DEFINITION: Object = {
    "metadata": {"name": "things.stable.example.com"},
    "spec": {
        "group": "stable.example.com",
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


@pytest.fixture
async def cluster() -> AsyncIterator[MemoryApi]:
    """Controllers on a server that knows Things."""
    client = MemoryApi()
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}})
    await client.request("POST", _DEFINITIONS, json=_DEFINITION)
    stop = asyncio.Event()
    task = asyncio.create_task(run(client, stop, b"PEM"))
    await client.until(lambda: client.find("serviceaccounts", "default", NS))
    yield client
    stop.set()
    async with asyncio.timeout(5):
        await task
    await client.aclose()


def thing(name: str, **metadata: Any) -> Object:
    """A Thing."""
    meta = {"name": name, "namespace": NS, **metadata}
    return {"apiVersion": "stable.example.com/v1", "kind": "Thing", "metadata": meta}


def owned_by(owner: Object) -> Object:
    """Metadata of what belongs to an object."""
    meta = owner["metadata"]
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
    }
    return {"ownerReferences": [reference]}


def things(cluster: MemoryApi) -> list[Object]:
    """What is stored."""
    return cluster.store.list("stable.example.com/things")


async def until(holds: Callable[[], bool]) -> None:
    """Return once it is so; writes of kinds that come later are not told of."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_dependents_follow_their_owners(cluster: MemoryApi) -> None:
    owner = await cluster.create(THINGS, thing("owner"))
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": NS, **owned_by(owner)},
    }
    child = await cluster.create(CONFIGMAPS, config)
    await cluster.create(THINGS, thing("grandchild", **owned_by(child)))
    await cluster.delete(THINGS, "owner", NS)
    await until(lambda: not things(cluster) and not cluster.find("configmaps", "c", NS))


async def test_they_go_with_their_namespace(cluster: MemoryApi) -> None:
    await cluster.create(THINGS, thing("one"))
    await cluster.delete(NAMESPACES, NS)
    await until(lambda: not things(cluster) and not cluster.find("namespaces", NS))


async def test_a_kind_of_a_built_in_one_s_name_is_read_by_no_shape_but_its_own(cluster: MemoryApi) -> None:
    names = {"plural": "jobs", "kind": "Job"}
    spec = {**_DEFINITION["spec"], "group": "batch.example.com", "names": names}
    schema = {"type": "object", "properties": {"spec": {"type": "string"}}}
    spec["versions"] = [{**spec["versions"][0], "schema": {"openAPIV3Schema": schema}}]
    await cluster.request(
        "POST", _DEFINITIONS, json={"metadata": {"name": "jobs.batch.example.com"}, "spec": spec}
    )
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": NS}}
    owner = await cluster.create(CONFIGMAPS, config)
    jobs = Resource("batch.example.com", "v1", "jobs", "Job", True)
    job = {"apiVersion": "batch.example.com/v1", "kind": "Job", "spec": "every night"}
    metadata = {"name": "j", "namespace": NS, **owned_by(owner)}
    await cluster.create(jobs, {**job, "metadata": metadata})
    collector = GarbageCollector(cluster, Mirrors(cluster))
    await collector.look_for_resources()
    mirror = collector._watched["batch.example.com", "jobs"]
    task = asyncio.create_task(mirror.informer.run())
    await mirror.informer.wait_synced(5)
    assert mirror.get(NS, "j") is not None
    task.cancel()
