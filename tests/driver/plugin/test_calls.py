"""What the SDK sees to for every driver: one allocation at a time, one call at a time, an answer for every claim."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drakkar.driver import AllocatedClaim, ClaimRef, Device, PrepareResult
from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.errors import CallFailedError
from drakkar.driver.plugin.calls import DraCalls

REF = ClaimRef("ns", "claim", "u1")


class Api:
    """One claim, which has one device."""

    def __init__(self) -> None:
        self.device, self.config = "gpu-0", "a"

    async def get(self, namespace: str, name: str) -> dict[str, Any]:
        result = {"driver": "d", "pool": "n", "device": self.device, "request": "r"}
        config = {"source": "FromClaim", "opaque": {"driver": "d", "parameters": self.config}}
        devices = {"results": [result], "config": [config]}
        return {"metadata": {"uid": REF.uid}, "status": {"allocation": {"devices": devices}}}


class ByUid:
    """A driver that knows what it has prepared by nothing but the claim's UID."""

    def __init__(self) -> None:
        self.has: dict[str, str] = {}
        self.asked: list[str] = []
        self.failure: str | None = None
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()
        self.may_end.set()

    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        self.asked.append("prepare")
        self.begun.set()
        await self.may_end.wait()
        self.asked.append("prepared")
        made = {}
        for claim in claims:
            (device,) = claim.devices
            name = self.has.setdefault(claim.uid, device.result.device)
            made[claim.uid] = PrepareResult((Device(("r",), "n", name),))
        return made

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        self.asked.append("unprepare")
        if self.failure is None:
            for ref in claims:
                self.has.pop(ref.uid, None)
        return {ref.uid: self.failure for ref in claims}


def device(results: dict[str, PrepareResult]) -> str:
    assert results[REF.uid].error is None
    (found,) = results[REF.uid].devices
    return found.device_name


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("field", ["device", "config"])
async def test_a_claim_of_another_allocation_is_unprepared_first(
    tmp_path: Path, restarted: bool, field: str
) -> None:
    api, driver, noted = Api(), ByUid(), Checkpoint(tmp_path / "noted")
    calls = DraCalls("d", driver, api.get, noted)
    assert device(await calls.prepare([REF])) == device(await calls.prepare([REF])) == "gpu-0"
    assert "unprepare" not in driver.asked
    if restarted:
        calls = DraCalls("d", driver, api.get, noted)
    setattr(api, field, "gpu-1")
    driver.failure = "busy"
    failed = (await calls.prepare([REF]))[REF.uid]
    assert failed.error == "unprepare the claim's earlier allocation: busy" and not failed.devices
    driver.failure = None
    assert device(await calls.prepare([REF])) == api.device
    assert driver.asked[-3:] == ["unprepare", "prepare", "prepared"]
    await calls.unprepare([REF])
    assert Checkpoint(tmp_path / "noted").load() == {}


async def test_devices_that_are_not_the_claims_are_never_answered(tmp_path: Path) -> None:
    """The driver prepared the claim when nobody noted by which allocation."""
    api, driver = Api(), ByUid()
    driver.has[REF.uid] = "gpu-7"
    (tmp_path / "noted").write_text("damaged")
    calls = DraCalls("d", driver, api.get, Checkpoint(tmp_path / "noted"))
    driver.failure = "busy"
    assert "busy" in str((await calls.prepare([REF]))[REF.uid].error)
    driver.failure = None
    assert device(await calls.prepare([REF])) == "gpu-0"


async def test_a_claim_that_the_driver_leaves_out_is_not_done() -> None:
    class Forgetful(ByUid):
        async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
            return {}

        async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
            return {}

    calls = DraCalls("d", Forgetful(), Api().get)
    text = "driver did not return a result for this claim"
    assert (await calls.prepare([REF]))[REF.uid].error == text
    assert await calls.unprepare([REF]) == {REF.uid: text}
    # So that the next allocation still finds it prepared.
    assert calls._prepared.differs(REF.uid, "another")


async def test_a_call_that_nobody_waits_for_any_more_is_ended_before_the_next_one() -> None:
    driver = ByUid()
    driver.may_end.clear()
    calls = DraCalls("d", driver, Api().get)
    first = asyncio.create_task(calls.prepare([REF]))
    await driver.begun.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    later = asyncio.create_task(calls.unprepare([REF]))
    for _ in range(10):
        await asyncio.sleep(0)
    assert driver.asked == ["prepare"]
    driver.may_end.set()
    assert await later == {REF.uid: None}
    assert driver.asked == ["prepare", "prepared", "unprepare"] and not driver.has
    # One that has not begun leaves its turn to others.
    async with calls._lock:
        waits = asyncio.create_task(calls.prepare([REF]))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
    assert device(await calls.prepare([REF])) == "gpu-0"


async def test_a_driver_that_stops_lets_its_call_end() -> None:
    driver = ByUid()
    driver.may_end.clear()
    calls = DraCalls("d", driver, Api().get)
    asked = asyncio.create_task(calls.prepare([REF]))
    await driver.begun.wait()
    asyncio.get_running_loop().call_soon(driver.may_end.set)
    await calls.finish(5)
    assert driver.asked == ["prepare", "prepared"]
    driver.may_end.clear()
    hangs = asyncio.create_task(calls.prepare([REF]))
    await asked
    driver.begun.clear()
    await driver.begun.wait()
    await calls.finish(0)
    with pytest.raises(asyncio.CancelledError):
        await hangs


async def test_a_claim_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    api, driver, noted = Api(), ByUid(), Checkpoint(tmp_path / "noted")
    broken: dict[str, Any] = {
        "shape": {"metadata": {"uid": "shape"}, "status": {"allocation": {"devices": {"results": [7]}}}},
        "whole": {"metadata": 7, "status": {}},
        "source": {
            "metadata": {"uid": "source"},
            "status": {"allocation": {"devices": {"config": [{"source": "FromNowhere"}]}}},
        },
    }

    async def get(namespace: str, name: str) -> dict[str, Any]:
        if name == "deep":
            raise RecursionError("as the JSON of an answer may be nested")
        return broken[name] if name in broken else await api.get(namespace, name)

    calls = DraCalls("d", driver, get, noted)
    refs = [ClaimRef("ns", name, name) for name in [*broken, "deep"]]
    found = await calls.prepare([refs[0], REF, *refs[1:]])
    assert device(found) == "gpu-0" and set(found) == {*broken, "deep", REF.uid}
    assert all("cannot be read" in str(found[name].error) for name in ("shape", "whole", "deep"))
    assert found["source"].error == "invalid config source: FromNowhere"
    # Of what nobody was asked to prepare nothing is noted, and nobody is asked where there is nothing else.
    assert list(noted.load()) == [REF.uid]
    driver.asked.clear()
    assert set(await calls.prepare(refs)) == {*broken, "deep"} and not driver.asked
    # One that can be read and is another one is no broken one: then what the kubelet asks is out of date (upstream).
    broken["whole"] = {"metadata": {"uid": "new"}, "status": {"allocation": {}}}
    with pytest.raises(CallFailedError, match="claim ns/whole got replaced"):
        await calls.prepare([REF, refs[1]])
    broken["whole"] = {"metadata": {"uid": "whole"}, "status": {}}
    with pytest.raises(CallFailedError, match="claim ns/whole not allocated"):
        await calls.prepare([REF, refs[1]])


async def test_a_driver_is_given_its_own_devices_and_the_raw_claim_for_the_others() -> None:
    results = [
        {"driver": driver, "pool": "n", "device": f"{driver}-0", "request": "r"} for driver in ("d", "other")
    ]
    stored = {"metadata": {"uid": REF.uid}, "status": {"allocation": {"devices": {"results": results}}}}
    given: list[AllocatedClaim] = []

    class Noting(ByUid):
        async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
            given.extend(claims)
            return await super().prepare(claims)

    async def get(namespace: str, name: str) -> dict[str, Any]:
        return stored

    assert device(await DraCalls("d", Noting(), get).prepare([REF])) == "d-0"
    (claim,) = given
    assert [one.result.device for one in claim.devices] == ["d-0"] and claim.raw is stored
