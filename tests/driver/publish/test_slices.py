"""The slice controller's writes, against an API kept in memory."""

import pytest

from drakkar.driver.publish.slice_diff import Owner, Pool


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
