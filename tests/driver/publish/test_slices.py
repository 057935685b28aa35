"""The slice controller's writes, against an API kept in memory."""

import asyncio

import pytest

from drakkar.client.resources import NODES, RESOURCESLICES
from drakkar.driver.publish.slice_diff import Owner, Pool
from drakkar.testing import MemoryApi


class Api:
    def __init__(self):
        self.items, self.made = {}, 0

    async def list(self, resource, **_):
        return {"items": list(self.items.values())}

    async def create(self, resource, obj):
        self.made += 1
        meta = dict(
            obj["metadata"], name=f"{obj['metadata']['generateName']}x{self.made}", uid=str(self.made)
        )
        self.items[meta["name"]] = {**obj, "metadata": {**meta, "resourceVersion": "1"}}
        return self.items[meta["name"]]

    async def update(self, resource, obj):
        self.items[obj["metadata"]["name"]] = obj
        return obj

    async def delete(self, resource, name, uid=None, resource_version=None):
        assert self.items.pop(name)["metadata"]["uid"] == uid


async def test_publish_restore_and_withdraw():
    slices = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, errors = Api(), []
    controller = slices.SliceController(api, "d", Owner("v1", "Node", "n", "u"), errors.append)
    controller.publish({"n": Pool(({"devices": [{"name": "a"}]},))})
    await controller.sync("n")
    assert len(api.items) == 1
    api.items.clear()
    await controller.sync("n")
    assert len(api.items) == 1
    controller.publish({})
    await controller.sync("n")
    assert not api.items and not errors


class Forgetful(Api):
    """An API server on which the gate of a field is off."""

    def __init__(self):
        super().__init__()
        self.writes = 0

    def kept(self, obj):
        self.writes += 1
        devices = [{k: v for k, v in one.items() if k != "taints"} for one in obj["spec"]["devices"]]
        return {**obj, "spec": {**obj["spec"], "devices": devices}}

    async def create(self, resource, obj):
        return await super().create(resource, self.kept(obj))

    async def update(self, resource, obj):
        return await super().update(resource, self.kept(obj))


async def test_fields_that_the_server_drops_are_told_of_once_and_not_sent_again():
    slices = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, errors = Forgetful(), []
    controller = slices.SliceController(api, "d", Owner("v1", "Node", "n", "u"), errors.append)

    def pool(*devices):
        taint = {"key": "k", "effect": "NoSchedule"}
        return Pool(tuple({"devices": [{"name": name, "taints": [taint]}]} for name in devices))

    controller.publish({"n": pool("a", "b")})
    for _ in range(3):
        await controller.sync("n")
    assert api.writes == 2 and {item["spec"]["pool"]["generation"] for item in api.items.values()} == {1}
    assert [error.fields for error in errors] == [["devices[].taints"]] * 2
    # What is wanted anew is sent, and what somebody else changed is mended.
    controller.publish({"n": pool("a", "c")})
    await controller.sync("n")
    assert api.writes == 3
    name, item = next(iter(api.items.items()))
    api.items[name] = {**item, "spec": {**item["spec"], "devices": []}}
    await controller.sync("n")
    await controller.sync("n")
    assert api.writes == 4


async def test_a_node_that_is_made_again_gets_its_slices_again():
    slices = pytest.importorskip("drakkar.driver.publish.slices", exc_type=ImportError)
    api, failed = MemoryApi(), asyncio.Event()
    owner = Owner("v1", "Node", "n")
    controller = slices.SliceController(api, "d", owner, lambda error: failed.set(), event_delay=1000)
    controller.start()

    def owners(uid):
        stored = api.all(RESOURCESLICES)
        return [one["uid"] for item in stored for one in item["metadata"]["ownerReferences"]] == [uid]

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
