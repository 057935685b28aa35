"""A scheduler on an API server in memory, driven step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from drakkar.scheduler.queue import SchedulingQueue
from drakkar.scheduler.scheduler import Scheduler

from .stand_ins import CountedDevices, FakeEvents, SchedulerApi

# What a message ends with where nobody's leaving would help.
UNHELPFUL = " preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."


def node(name: str, **allocatable: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "4", "pods": "10", **allocatable}}}


def pod(
    name: str, claim: str | None = None, priority: int = 0, extended: str | None = None
) -> dict[str, Any]:
    """One that uses a claim, or asks for one of an extended resource."""
    container: dict[str, Any] = {"name": "c", "image": "busybox"}
    if extended:
        container["resources"] = {"requests": {extended: "1"}, "limits": {extended: "1"}}
    spec: dict[str, Any] = {"containers": [container], "priority": priority}
    if claim:
        spec["resourceClaims"] = [{"name": "x", "resourceClaimName": claim}]
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def claim(name: str, device_class: str = "gpu") -> dict[str, Any]:
    exactly = {"deviceClassName": device_class, "allocationMode": "ExactCount", "count": 1}
    requests = [{"name": "r", "exactly": exactly}]
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"devices": {"requests": requests}}}


class Bench:
    """One scheduler; another may work on the same `client`."""

    def __init__(
        self,
        devices: list[str],
        client: SchedulerApi | None = None,
        name: str = "default-scheduler",
        made_ready: frozenset[str] = frozenset(),
    ) -> None:
        """`made_ready` are the devices that pods have to wait for."""
        self.client, self.events = client or SchedulerApi(), FakeEvents()
        self.devices = CountedDevices({"n1": devices}, made_ready)
        self.now = 0.0
        queue = SchedulingQueue(clock=lambda: self.now)
        self.name = name
        self.scheduler = Scheduler(self.client, self.events, self.devices, queue, name)  # type: ignore[arg-type]
        for plural, handler in {
            "pods": self.scheduler.on_pod,
            "nodes": self.scheduler.on_node,
            "resourceclaims": self.scheduler.on_claim,
            "deviceclasses": self.scheduler.on_class,
            "poddisruptionbudgets": self.scheduler.on_budget,
            "persistentvolumeclaims": self.scheduler.volumes.on_claim,
            "persistentvolumes": self.scheduler.volumes.on_volume,
            "storageclasses": self.scheduler.volumes.on_class,
        }.items():
            self.client.hear(plural, handler)
        self.client.put("nodes", node("n1"))

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the bindings go on until the condition holds."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - many things on one event loop make it true
                await asyncio.sleep(0)

    async def attempts(self) -> None:
        """Attempt every pod that is ready."""
        while (key := self.scheduler.queue.pop_ready()) is not None:
            await self.scheduler.attempt(key)

    async def drain(self) -> None:
        """Attempt every pod that is ready, and let the bindings end."""
        await self.attempts()
        async with asyncio.timeout(5):
            await asyncio.gather(*self.scheduler._binding)

    def messages(self, name: str) -> list[str]:
        return [
            message
            for who, _, reason, message in self.events.seen
            if who == name and reason == "FailedScheduling"
        ]
