"""The slice controller's writes, as an API server takes them."""

from __future__ import annotations

import asyncio

import pytest

from drakkar.api.object import Object
from drakkar.client.resources import NODES, RESOURCESLICES
from drakkar.driver.errors import FieldsDroppedError
from drakkar.driver.publish.slice_diff import Owner, Pool
from drakkar.testing import MemoryApi


def written(api: MemoryApi) -> list[str]:
    """The writes that were asked for."""
    return [one.verb for one in api.asked if one.verb not in ("list", "get")]


def slices(api: MemoryApi) -> list[Object]:
    return api.all(RESOURCESLICES)


async def test_publish_restore_and_withdraw() -> None:
    module = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, errors = MemoryApi(), list[Exception]()
    controller = module.SliceController(api, "d", Owner("v1", "Node", "n", "u"), errors.append)
    controller.publish({"n": Pool(({"devices": [{"name": "a"}]},))})
    await controller.sync("n")
    (made,) = slices(api)
    assert made["spec"]["nodeName"] == "n"
    api.remove(RESOURCESLICES, made["metadata"]["name"])
    await controller.sync("n")
    (again,) = slices(api)
    assert again["metadata"]["uid"] != made["metadata"]["uid"]
    controller.publish({})
    await controller.sync("n")
    assert not slices(api) and not errors
    assert written(api) == ["create", "create", "delete"]


async def test_fields_that_the_server_drops_are_told_of_once_and_not_sent_again() -> None:
    module = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, errors = MemoryApi(), list[FieldsDroppedError]()
    controller = module.SliceController(api, "d", Owner("v1", "Node", "n", "u"), errors.append)

    def pool(*devices: str) -> Pool:
        # The gate of this field is off by itself.
        field = {"nodeAllocatableResources": {"cpu": {"mapping": {"deviceMultiplier": "1"}}}}
        return Pool(tuple({"devices": [{"name": name, **field}]} for name in devices))

    controller.publish({"n": pool("a", "b")})
    for _ in range(3):
        await controller.sync("n")
    assert written(api) == ["create"] * 2
    assert {item["spec"]["pool"]["generation"] for item in slices(api)} == {1}
    assert [error.fields for error in errors] == [["devices[].nodeAllocatableResources"]] * 2
    # What is wanted anew is sent, and what somebody else changed is mended.
    controller.publish({"n": pool("a", "c")})
    await controller.sync("n")
    assert written(api) == ["create", "create", "update"]
    item = slices(api)[0]
    api.put(RESOURCESLICES, {**item, "spec": {**item["spec"], "devices": []}})
    await controller.sync("n")
    await controller.sync("n")
    assert written(api) == ["create", "create", "update", "update"]
    assert sorted(device["name"] for one in slices(api) for device in one["spec"]["devices"]) == ["a", "c"]


async def test_a_node_that_is_made_again_gets_its_slices_again() -> None:
    module = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, failed = MemoryApi(), asyncio.Event()
    owner = Owner("v1", "Node", "n")
    controller = module.SliceController(api, "d", owner, lambda error: failed.set(), event_delay=1000)
    controller.start()

    def owners(uid: str) -> bool:
        return [one["uid"] for item in slices(api) for one in item["metadata"]["ownerReferences"]] == [uid]

    try:
        # A driver may be there before its node.
        controller.publish({"n": Pool(({"devices": [{"name": "a"}]},))})
        async with asyncio.timeout(10):
            await failed.wait()
        api.put(NODES, {"metadata": {"name": "n", "uid": "first"}})
        await api.until(lambda: owners("first"), 10)
        api.remove(NODES, "n")
        api.put(NODES, {"metadata": {"name": "n", "uid": "second"}})
        # What the garbage collector does.
        api.remove(RESOURCESLICES, api.all(RESOURCESLICES)[0]["metadata"]["name"])
        await api.until(lambda: owners("second"), 10)
    finally:
        await controller.stop()
