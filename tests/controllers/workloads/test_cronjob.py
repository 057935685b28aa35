"""CronJobs, with a clock that the test sets."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.api.time import time_of
from drakkar.client import EventRecorder
from drakkar.client.resources import CRONJOBS, NAMESPACES
from drakkar.controllers.machinery.controller import run_controllers
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.workloads.cronjob import CronJobController
from drakkar.testing import MemoryApi

from ..manifests import NS

Object = dict[str, Any]


class Clock:
    """The present, as the test has it: an hour ahead at first, as objects are made now."""

    def __init__(self) -> None:
        there = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.now = there.replace(minute=0, second=0) + datetime.timedelta(hours=1, minutes=5)

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alone(clock: Clock) -> AsyncIterator[MemoryApi]:
    """A cluster with this controller and no other."""
    client = MemoryApi()
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}})
    mirrors = Mirrors(client)
    controller = CronJobController(client, mirrors, EventRecorder(client, "test"), clock)

    task = asyncio.create_task(run_controllers(mirrors, [controller]))
    yield client
    task.cancel()
    await asyncio.wait({task})
    await client.aclose()


def cron_job(**spec: Any) -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": NS},
        "spec": {"schedule": "@hourly", "jobTemplate": {"spec": {"template": {"spec": pod}}}, **spec},
    }


async def passes(client: MemoryApi, clock: Clock, **time: float) -> None:
    """Let time go on, and have the controller look."""
    clock.now += datetime.timedelta(**time)
    note = {"metadata": {"annotations": {"now": str(clock.now)}}}
    await client.patch(CRONJOBS, "tick", note, NS)


def minutes(client: MemoryApi) -> list[int]:
    """The minutes that the jobs are named after."""
    return sorted(int(job["metadata"]["name"].removeprefix("tick-")) for job in client.all("jobs"))


def reasons(client: MemoryApi) -> set[str]:
    return {event["reason"] for event in client.all("events")}


async def test_a_job_at_every_time_and_no_two_at_one(alone: MemoryApi, clock: Clock) -> None:
    await alone.create(CRONJOBS, cron_job())
    first = int(clock.now.timestamp()) // 60 - 5
    await alone.until(lambda: minutes(alone) == [first])
    await passes(alone, clock, minutes=10)
    await passes(alone, clock, minutes=50)
    await alone.until(lambda: minutes(alone) == [first, first + 60])

    def started() -> list[str]:
        status = alone.have("cronjobs", "tick", NS).get("status") or {}
        return [one["name"] for one in status.get("active") or ()]

    await alone.until(lambda: started() == [f"tick-{first}", f"tick-{first + 60}"])
    status = alone.have("cronjobs", "tick", NS)["status"]
    assert time_of(status["lastScheduleTime"]).timestamp() == (first + 60) * 60


async def test_what_was_missed_starts_once(alone: MemoryApi, clock: Clock) -> None:
    await alone.create(CRONJOBS, cron_job())
    await alone.until(lambda: len(minutes(alone)) == 1)
    await passes(alone, clock, hours=200)
    await alone.until(lambda: len(minutes(alone)) == 2)
    assert minutes(alone)[1] - minutes(alone)[0] == 200 * 60
    await alone.until(lambda: "TooManyMissedTimes" in reasons(alone))


@pytest.mark.parametrize("policy", ["Forbid", "Replace"])
async def test_one_at_a_time(alone: MemoryApi, clock: Clock, policy: str) -> None:
    await alone.create(CRONJOBS, cron_job(concurrencyPolicy=policy))
    await alone.until(lambda: len(minutes(alone)) == 1)
    before = minutes(alone)
    await passes(alone, clock, hours=1)
    if policy == "Forbid":
        await alone.until(lambda: "JobAlreadyActive" in reasons(alone))
        assert minutes(alone) == before
    else:
        await alone.until(lambda: minutes(alone) == [before[0] + 60])


async def test_too_late_is_not_made_up_for(alone: MemoryApi, clock: Clock) -> None:
    await alone.create(CRONJOBS, cron_job(startingDeadlineSeconds=60))
    await passes(alone, clock, hours=1)
    await passes(alone, clock, minutes=55)
    await alone.until(lambda: len(minutes(alone)) == 1)
    assert minutes(alone) == [int(clock.now.timestamp()) // 60]


async def test_what_another_schedule_would_have_wanted_is_not_made_up_for_at_once(alone: MemoryApi) -> None:
    await alone.create(CRONJOBS, cron_job(schedule="0 0 31 2 *"), NS)
    other = cron_job()
    other["metadata"]["name"] = "tock"
    await alone.create(CRONJOBS, {**other, "spec": {**other["spec"], "suspend": True}}, NS)
    await alone.patch(CRONJOBS, "tick", {"spec": {"schedule": "@hourly"}}, NS)
    # Whoever is looked at now was asked for later.
    await alone.patch(CRONJOBS, "tock", {"spec": {"suspend": False}}, NS)
    await alone.until(lambda: alone.all("jobs"))
    assert [one["metadata"]["name"].rpartition("-")[0] for one in alone.all("jobs")] == ["tock"]
