"""The API server in memory: versions, preconditions, watches, and requests that are lost on their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.client import (
    Added,
    AlreadyExistsError,
    ConflictError,
    Deleted,
    ForbiddenError,
    GoneError,
    Informer,
    InvalidError,
    NotFoundError,
    UnansweredError,
    UnreachableError,
    Updated,
)
from drakkar.client.resources import CONFIGMAPS, NAMESPACES, PODS
from drakkar.testing import MemoryApi
from drakkar.testing.fates import Fate

Object = dict[str, Any]


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()


def config(name: str = "c", **data: str) -> Object:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


def pod(**spec: Any) -> Object:
    containers = [{"name": "c", "image": "i"}]
    return {"metadata": {"name": "p", "namespace": "default"}, "spec": {"containers": containers, **spec}}


async def test_it_refuses_what_a_server_refuses(api: MemoryApi) -> None:
    first = await api.create(CONFIGMAPS, config(a="1"))
    with pytest.raises(AlreadyExistsError):
        await api.create(CONFIGMAPS, config())
    second = await api.update(CONFIGMAPS, {**first, "data": {"a": "2"}})
    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    with pytest.raises(ConflictError):
        await api.update(CONFIGMAPS, {**first, "data": {"a": "3"}})
    with pytest.raises(ConflictError):
        await api.patch(CONFIGMAPS, "c", {"metadata": {"resourceVersion": "1"}}, "default")
    # In a patch a uid is no precondition: it is a field that cannot be changed.
    with pytest.raises(InvalidError, match="immutable"):
        await api.patch(CONFIGMAPS, "c", {"metadata": {"uid": "another"}}, "default")
    with pytest.raises(ConflictError):
        await api.delete(CONFIGMAPS, "c", "default", uid="another")
    await api.delete(CONFIGMAPS, "c", "default", uid=first["metadata"]["uid"])
    with pytest.raises(NotFoundError):
        await api.get(CONFIGMAPS, "c", "default")
    with pytest.raises(InvalidError, match=r"spec\.containers"):
        await api.create(PODS, pod(containers=[]))
    with pytest.raises(NotFoundError, match="namespaces"):
        await api.create(CONFIGMAPS, {"metadata": {"name": "c", "namespace": "none"}})


async def test_a_bound_pod_waits_for_its_kubelet_and_a_namespace_for_its_controller(api: MemoryApi) -> None:
    await api.create(PODS, pod(nodeName="n"))
    await api.delete(PODS, "p", "default")
    assert api.have(PODS, "p", "default")["metadata"]["deletionGracePeriodSeconds"] == 30
    await api.delete(PODS, "p", "default", grace_period_seconds=0)
    assert api.find(PODS, "p", "default") is None
    await api.create(NAMESPACES, {"metadata": {"name": "n"}})
    await api.delete(NAMESPACES, "n")
    with pytest.raises(ForbiddenError, match="being terminated"):
        await api.create(CONFIGMAPS, {"metadata": {"name": "c", "namespace": "n"}})


async def test_lists_come_in_pages_and_watches_go_on_from_them(api: MemoryApi) -> None:
    for number in range(3):
        await api.create(CONFIGMAPS, config(f"c{number}"))
    listed = await api.list(CONFIGMAPS, "default", limit=2)
    assert [one["metadata"]["name"] for one in listed["items"]] == ["c0", "c1", "c2"]
    await api.patch(CONFIGMAPS, "c1", {"data": {"a": "1"}}, "default")
    await api.delete(CONFIGMAPS, "c2", "default")
    seen = []
    async for kind, obj in api.watch(CONFIGMAPS, resource_version=listed["metadata"]["resourceVersion"]):
        seen.append((kind, obj["metadata"]["name"]))
        if len(seen) == 2:
            break
    assert seen == [("MODIFIED", "c1"), ("DELETED", "c2")]
    with pytest.raises(GoneError):
        async for _ in api.watch(CONFIGMAPS, resource_version="1000000"):
            pass


async def test_an_informer_follows_it(api: MemoryApi) -> None:
    informer = Informer(api, CONFIGMAPS)
    following = asyncio.create_task(informer.run())
    await informer.wait_synced(5)
    api.put(CONFIGMAPS, config("put"))
    await api.create(CONFIGMAPS, config("created"))
    async with asyncio.timeout(5):
        while len(informer.store) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    following.cancel()


@pytest.mark.parametrize(
    ("fate", "raised", "stored"),
    [("away", UnreachableError, False), ("before", UnansweredError, False), ("after", UnansweredError, True)],
)
async def test_requests_are_lost_on_their_way(
    api: MemoryApi, fate: Fate, raised: type[Exception], stored: bool
) -> None:
    api.fates.choose = lambda verb, resource: fate if (verb, resource) == ("create", "configmaps") else "done"
    with pytest.raises(raised):
        await api.create(CONFIGMAPS, config())
    assert bool(api.find(CONFIGMAPS, "c", "default")) == stored


async def test_a_late_request_arrives_as_it_was_sent(api: MemoryApi) -> None:
    obj = await api.create(CONFIGMAPS, config(a="1"))
    api.fates.choose = lambda verb, resource: "late" if verb == "update" else "done"
    for value in "23":
        obj["data"]["a"] = value
        with pytest.raises(UnansweredError):
            await api.update(CONFIGMAPS, obj)
    obj["data"]["a"] = "4"
    assert [asked.resource for asked in api.fates.waiting] == ["configmaps"] * 2
    assert api.have(CONFIGMAPS, "c", "default")["data"] == {"a": "1"}
    await api.fates.land()
    assert api.fates.landed == ["update configmaps: stored", "update configmaps: Conflict"]
    assert api.have(CONFIGMAPS, "c", "default")["data"] == {"a": "2"}


async def test_what_is_put_is_stored_as_it_is_and_followed_at_once(api: MemoryApi) -> None:
    heard: list[tuple[type, Any]] = []
    follower = api.follow(
        PODS, lambda change: heard.append((type(change), (change.new or change.old or {}).get("spec")))
    )
    api.put(PODS, {"metadata": {"name": "p", "namespace": "default"}, "spec": {"containers": "none"}})
    follower.quiet = True
    api.set_spec(PODS, "p", "default", nodeName="n")
    api.remove(PODS, "p", "default")
    assert heard == [(Added, {"containers": "none"})]
    follower.deliver()
    assert [kind for kind, _ in heard] == [Added, Updated, Deleted]
    with pytest.raises(KeyError, match="pods default/p"):
        api.have(PODS, "p", "default")


async def test_what_was_asked_is_remembered(api: MemoryApi) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", **config(a="1")}
    await api.patch(CONFIGMAPS, "c", body, "default", kind="apply", field_manager="me", force=True)
    (asked,) = api.asked
    assert (asked.verb, asked.resource, asked.namespace, asked.name) == (
        "patch",
        "configmaps",
        "default",
        "c",
    )
    assert asked.params == {"fieldManager": "me", "force": "true"} and asked.body["data"] == {"a": "1"}
