"""What a node tells of a pod that is not there any more, or is another of its name."""

from __future__ import annotations

from typing import Any

import pytest
from kubelet.fake_api import KubeletApi, pod

from drakkar.api.core import Pod
from drakkar.api.resource import decode
from drakkar.client import InvalidError
from drakkar.client.errors import from_status
from drakkar.client.resources import PODS
from drakkar.kubelet.pods.telling import remove, write_status

RUNNING: dict[str, Any] = {"phase": "Running", "conditions": []}


async def test_a_pod_made_anew_gets_neither_the_status_nor_the_end_of_the_one_before() -> None:
    api = KubeletApi()
    before = decode(Pod, api.put(PODS, pod())).metadata
    assert await write_status(api, before, RUNNING, []) is not None
    api.remove(PODS, before.name, before.namespace)
    assert await write_status(api, before, RUNNING, []) is None
    anew = pod()
    anew["metadata"]["uid"] = "another"
    api.put(PODS, anew)
    assert await write_status(api, before, {**RUNNING, "phase": "Failed"}, []) is None
    await remove(api, before)
    assert (api.have(PODS, before.name, before.namespace).get("status") or {}).get("phase") != "Failed"


async def test_a_status_that_the_server_does_not_take_is_told() -> None:
    class Refusing(KubeletApi):
        async def request(self, *args: Any, **kwargs: Any) -> Any:
            cause = {"reason": "FieldValueInvalid", "field": "status.nominatedNodeName"}
            raise from_status(422, {"reason": "Invalid", "details": {"causes": [cause]}})

    api = Refusing()
    meta = decode(Pod, api.put(PODS, pod())).metadata
    with pytest.raises(InvalidError):
        await write_status(api, meta, RUNNING, [])
