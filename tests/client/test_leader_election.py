"""One leads at a time, whatever happens to its requests; and who no longer leads writes nothing."""

from __future__ import annotations

import asyncio
import copy
import random
import time
from typing import Any

import pytest

from drakkar.client import AlreadyExistsError, Client, ConflictError, NotFoundError, UnansweredError
from drakkar.client.errors import LeadershipLostError
from drakkar.client.leader_election import Election, Elector, lead
from drakkar.client.resources import PODS

from .virtual_time import run

Object = dict[str, Any]


class Leases:
    """A server with one lease. Each request takes as long as `delay` says, there and back, and may lose its answer."""

    def __init__(self, dice: random.Random | None = None) -> None:
        self.dice = dice
        self.stored: Object | None = None
        self.version = 0
        self.writes: list[Object] = []

    async def _travel(self) -> None:
        if self.dice is not None:
            await asyncio.sleep(self.dice.choice([0.001, 0.01, 0.1, 1.0, 4.0, 30.0]) * self.dice.random())
            if self.dice.random() < 0.1:
                raise UnansweredError("lost")

    async def get(self, *_: Any) -> Object:
        await self._travel()
        if self.stored is None:
            raise NotFoundError(404, "NotFound", "no lease")
        found = copy.deepcopy(self.stored)
        await self._travel()
        return found

    async def create(self, _: Any, obj: Object, __: Any = None) -> Object:
        return await self._put(obj, None)

    async def update(self, _: Any, obj: Object) -> Object:
        return await self._put(obj, obj["metadata"]["resourceVersion"])

    async def aclose(self) -> None:
        return

    async def _put(self, obj: Object, version: str | None) -> Object:
        sent = copy.deepcopy(obj)
        # What was sent arrives, even if whoever sent it no longer waits.
        arriving = asyncio.ensure_future(self._arrive(sent, version))
        answer = await asyncio.shield(arriving)
        await self._travel()
        return answer

    async def _arrive(self, obj: Object, version: str | None) -> Object:
        await self._travel()
        if version is None and self.stored is not None:
            raise AlreadyExistsError(409, "AlreadyExists", "there is one")
        if version is not None and (self.stored or {})["metadata"]["resourceVersion"] != version:
            raise ConflictError(409, "Conflict", "changed")
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.stored = obj
        self.writes.append(obj["spec"])
        return copy.deepcopy(obj)


def elector(leases: Leases, name: str, **times: float) -> Elector:
    return Elector(leases, Election("scheduler", identity=name, **times), asyncio.get_running_loop().time)  # type: ignore[arg-type]


async def _lead_again_and_again(one: Elector) -> None:
    while True:
        await one.acquire()
        await one.keep()


@pytest.mark.parametrize("seed", range(20))
def test_never_two_at_once_and_in_the_end_somebody(seed: int) -> None:
    async def story() -> int:
        leases = Leases(random.Random(seed))
        electors = [elector(leases, name) for name in "abc"]
        tasks = [asyncio.create_task(_lead_again_and_again(one)) for one in electors]
        seconds_led = 0
        for _ in range(6_000):
            await asyncio.sleep(0.1)
            leading = [one for one in electors if one.leadership.left > 0]
            assert len(leading) <= 1
            seconds_led += len(leading)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return seconds_led

    # However slow the server is, the lease is held most of the time.
    assert run(story()) > 1_500


def test_the_next_one_waits_for_a_whole_lease_after_the_last_renewal_that_it_saw() -> None:
    async def story() -> None:
        leases = Leases()
        first, second = elector(leases, "a"), elector(leases, "b")
        loop = asyncio.get_running_loop()
        await first.acquire()
        await asyncio.sleep(8)
        began = loop.time()
        await second.acquire()
        assert loop.time() - began >= 15
        assert first.leadership.left <= 0
        with pytest.raises(LeadershipLostError):
            first.leadership.check()
        second.leadership.check()
        assert (leases.stored or {})["spec"]["leaseTransitions"] == 1

    run(story())


def test_a_lease_that_was_let_go_is_there_for_the_next_one_at_once() -> None:
    async def story() -> None:
        leases = Leases()
        first, second = elector(leases, "a"), elector(leases, "b")
        await first.acquire()
        await first.release()
        with pytest.raises(LeadershipLostError):
            first.leadership.check()
        began = asyncio.get_running_loop().time()
        await second.acquire()
        assert asyncio.get_running_loop().time() == began
        # The fields are client-go's.
        assert leases.writes[1]["holderIdentity"] == "" and leases.writes[1]["leaseDurationSeconds"] == 1
        assert set(leases.writes[2]) == {
            "holderIdentity",
            "leaseDurationSeconds",
            "leaseTransitions",
            "acquireTime",
            "renewTime",
        }

    run(story())


def test_one_that_takes_up_the_name_of_one_that_ended_does_not_wait() -> None:
    async def story() -> None:
        leases = Leases()
        await elector(leases, "a").acquire()
        await elector(leases, "a").acquire()
        assert asyncio.get_running_loop().time() == 0
        assert (leases.stored or {})["spec"]["leaseTransitions"] == 0

    run(story())


def test_a_lease_that_an_administrator_gave_to_another_is_lost_at_once() -> None:
    async def story() -> None:
        leases = Leases()
        one = elector(leases, "a")
        await one.acquire()
        taken = copy.deepcopy(leases.stored or {})
        taken["spec"]["holderIdentity"] = "b"
        await leases.update(None, taken)
        began = asyncio.get_running_loop().time()
        await one.keep()
        assert asyncio.get_running_loop().time() - began <= 5
        assert one.leadership.left <= 0

    run(story())


async def test_work_ends_when_the_lease_is_lost_and_nothing_is_written_any_more() -> None:
    leases, client, stop = Leases(), Client("http://127.0.0.1:1"), asyncio.Event()
    working, over = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        working.set()
        try:
            await stop.wait()
        finally:
            over.set()

    election = Election("scheduler", identity="a", lease=1.0, renew=0.3, retry=0.05)
    leading = asyncio.create_task(lead(client, leases, election, stop, work))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        await working.wait()
        assert client.before_write is not None
        client.before_write()
        leases.dice = random.Random(1)
        leases._travel = asyncio.Event().wait  # type: ignore[method-assign, assignment]
        with pytest.raises(LeadershipLostError):
            await leading
    assert over.is_set()
    with pytest.raises(LeadershipLostError):
        await client.patch(PODS, "x", {})


async def test_a_lease_is_kept_while_the_work_keeps_the_processor() -> None:
    """One claim with a hundred long selectors takes seconds to compile; that is no reason to start all over again."""
    leases, client = Leases(), Client("http://127.0.0.1:1")

    async def work() -> None:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            sum(range(1000))
        assert client.before_write is not None
        client.before_write()

    election = Election("scheduler", identity="a", lease=1.0, renew=0.8, retry=0.1)
    await lead(client, leases, election, asyncio.Event(), work)  # type: ignore[arg-type]
    assert (leases.stored or {})["spec"]["holderIdentity"] == ""
    assert len(leases.writes) > 3


@pytest.mark.parametrize(("holder", "left"), [("a", ""), ("b", "b")])
async def test_a_lease_is_given_up_after_a_renewal_whose_answer_was_not_heard(holder: str, left: str) -> None:
    leases = Leases()
    elector = Elector(leases, Election("scheduler", identity="a"))  # type: ignore[arg-type]
    await elector.acquire()
    stored = leases.stored or {}
    await leases.update(
        None, {**stored, "spec": {**stored["spec"], "holderIdentity": holder, "renewTime": "x"}}
    )
    await elector.release()
    assert (leases.stored or {})["spec"]["holderIdentity"] == left


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ({"lease": 0.5, "renew": 0.2, "retry": 0.1}, "at least a second"),
        ({"lease": 10.0, "renew": 10.0}, "greater than the renew deadline"),
        ({"renew": 2.0, "retry": 2.0}, "retry period"),
        ({"retry": 0.0}, "retry period"),
    ],
)
def test_times_that_cannot_work_are_refused(times: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Election("scheduler", **times)  # type: ignore[arg-type]
