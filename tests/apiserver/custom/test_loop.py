"""A large definition, and objects of its kind, do not keep the others from being served."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from drakkar.apiserver import beside
from drakkar.apiserver.custom import form
from drakkar.apiserver.patch import json_patch
from drakkar.client import ApiError
from drakkar.testing import MemoryApi

from .samples import THINGS, define, thing, version

Object = dict[str, Any]
# Of the time that all of it takes: on a busy machine everything waits.
_LONGEST = 0.5


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """As the server has it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(beside.SWITCH)
    yield
    sys.setswitchinterval(before)


def large(depth: int = 4, width: int = 9) -> Object:
    """A schema of some 7,000 fields."""
    if not depth:
        return {"type": "string", "description": "x" * 40, "maxLength": 9}
    return {"type": "object", "properties": {f"f{n}": large(depth - 1, width) for n in range(width)}}


async def test_a_large_definition_is_read_beside_the_loop() -> None:
    api = MemoryApi()
    loop = asyncio.get_running_loop()
    waits: list[float] = []

    async def tick() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            waits.append(loop.time() - before)

    schema = large()
    await asyncio.sleep(0)
    ticking = asyncio.create_task(tick())
    began = loop.time()
    await define(api, version(spec=schema))
    for number in range(5):
        await api.request("POST", THINGS, json=thing(f"t{number}", spec={"f0": {"f1": {"f2": {"f3": "x"}}}}))
    ticking.cancel()
    took = loop.time() - began
    assert max(waits) < took * _LONGEST, f"the loop stood still for {max(waits):.3f} s of {took:.3f}"
    await api.aclose()


async def test_a_large_object_is_read_and_changed_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    api = MemoryApi()
    spec = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    await define(api, version(spec=spec), version("v2", storage=False, spec=spec))
    where: list[tuple[int, bool]] = []
    looked = form.Form._known

    def known(self: form.Form, obj: Object) -> Object:
        where.append((len(str(obj)), threading.current_thread().name == "heavy"))
        return looked(self, obj)

    monkeypatch.setattr(form.Form, "_known", known)
    await api.request("POST", THINGS, json=thing(spec={"a": "x" * 100_000}))
    for path in (THINGS, THINGS.replace("v1", "v2")):
        await api.request("GET", f"{path}/one")
        headers = {"Content-Type": "application/merge-patch+json"}
        await api.request("PATCH", f"{path}/one", json={"spec": {"b": path}}, headers=headers)
    await api.request("DELETE", f"{THINGS.replace('v1', 'v2')}/one")
    assert len(where) > 5
    assert not [size for size, aside in where if size > 2 * beside.LIGHT and not aside]
    await api.aclose()


async def test_copies_of_copies_are_made_beside_the_loop_and_bounded() -> None:
    api = MemoryApi()
    await define(api, version(spec={"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    await api.request("POST", THINGS, json=thing(spec={"l": [[]]}))
    headers = {"Content-Type": "application/json-patch+json"}
    double = {"op": "copy", "from": "/spec/l", "path": "/spec/l/-"}
    with pytest.raises(beside.TooHeavyError):
        json_patch.json_patch({"spec": {"l": [[]]}}, [double] * 13)
    made = await api.request("PATCH", f"{THINGS}/one", json=[double] * 10, headers=headers)
    assert str(made["spec"]).count("[") > 1_000
    # So many lists could not be sent, though they are no larger than what can be stored.
    with pytest.raises(ApiError, match="more than 100000 lists and objects"):
        await api.request("PATCH", f"{THINGS}/one", json=[double] * 7, headers=headers)
    await api.aclose()
