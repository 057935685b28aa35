"""A large definition, and objects of its kind, do not keep the others from being served."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from drakkar.apiserver import beside
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
