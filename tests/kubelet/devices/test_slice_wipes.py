"""Slices of a driver that has gone are deleted after a while, unless it comes back."""

from __future__ import annotations

import asyncio

import pytest

from drakkar.client import ApiError
from drakkar.kubelet.devices import slice_wipes
from drakkar.kubelet.devices.slice_wipes import SliceWipes


class Wiped:
    """What was wiped; `faults` are raised first."""

    def __init__(self) -> None:
        self.drivers: list[str] = []
        self.faults: list[Exception] = []
        self._changed = asyncio.Event()

    async def __call__(self, driver: str) -> None:
        if self.faults:
            raise self.faults.pop()
        self.drivers.append(driver)
        self._changed.set()

    async def until(self, *drivers: str) -> None:
        async with asyncio.timeout(5):
            while self.drivers != list(drivers):
                self._changed.clear()
                await self._changed.wait()


async def test_all_at_the_start_and_then_those_that_go() -> None:
    wiped, there = Wiped(), {"a", "b"}
    wipes = SliceWipes(wiped, lambda: dict.fromkeys(there, True), 0.01)
    task = asyncio.create_task(wipes.run())
    await wiped.until("")
    wipes.look()
    there.discard("a")
    wipes.look()
    await wiped.until("", "a")
    # It comes, and goes once more.
    there.add("a")
    wipes.look()
    there.discard("a")
    wipes.look()
    await wiped.until("", "a", "a")
    task.cancel()


async def test_a_driver_that_comes_back_in_time_keeps_its_own() -> None:
    wiped, there = Wiped(), {"a"}
    wipes = SliceWipes(wiped, lambda: dict.fromkeys(there, True), 60)
    wipes.look()
    there.discard("a")
    wipes.look()
    assert list(wipes._pending) == ["a"]
    there.add("a")
    wipes.look()
    assert not wipes._pending and not wiped.drivers


async def test_a_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_wipes, "_FIRST_PAUSE", 0.01)
    wiped = Wiped()
    wiped.faults = [ApiError(500, "InternalError", "no"), ApiError(500, "InternalError", "no")]
    task = asyncio.create_task(SliceWipes(wiped, dict).run())
    await wiped.until("")
    task.cancel()


async def test_a_driver_that_is_registered_and_does_not_answer_is_as_good_as_gone() -> None:
    wiped, there = Wiped(), {"dead": False, "broken": True}
    wipes = SliceWipes(wiped, lambda: there, 0.01)
    task = asyncio.create_task(wipes.run())
    wipes.look()
    await wiped.until("", "dead")
    there["broken"] = False
    wipes.look()
    await wiped.until("", "dead", "broken", "dead")
    task.cancel()
