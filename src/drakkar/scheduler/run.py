"""Starting the scheduler: informers feed the loop until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from drakkar.api.features import Features
from drakkar.api.gates import Gates
from drakkar.api.object import key_of
from drakkar.client import Client, EventRecorder, Handler, Informer, Resource
from drakkar.client.changes import Change
from drakkar.client.resources import (
    DEVICECLASSES,
    DEVICETAINTRULES,
    NAMESPACES,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODDISRUPTIONBUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCECLAIMS,
    RESOURCESLICES,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
)

from .binding_conditions import SECONDS
from .devices import AllocatorDevices
from .scheduler import NAME, Devices, Scheduler

SYNC_TIMEOUT = 60.0
# By which pods that say nothing of it are spread.
_GROUPS = (SERVICES, REPLICATIONCONTROLLERS, REPLICASETS, STATEFULSETS)


class WatchedDevices(Devices, Protocol):
    """Devices that also follow slices, classes and taint rules."""

    def slice_changed(self, change: Change) -> None: ...
    def class_changed(self, change: Change) -> None: ...
    def rule_changed(self, change: Change) -> None: ...


async def run_with(
    client: Client,
    devices: WatchedDevices,
    stop: asyncio.Event,
    name: str = NAME,
    gates: Gates | None = None,
    binding_seconds: float = SECONDS,
) -> None:
    """Schedule the pods that ask for the scheduler `name` until `stop` is set, with the given source of devices."""
    scheduler = Scheduler(
        client, EventRecorder(client, name), devices, name=name, gates=gates, binding_seconds=binding_seconds
    )
    informers = []
    for resource, handler in _handlers(scheduler, devices):
        # Not every cluster serves taint rules, and a role for schedulers may lack these or budgets.
        missing = resource in (DEVICETAINTRULES, PODDISRUPTIONBUDGETS)
        informer = Informer(client, resource, may_be_missing=missing)
        informer.add_handler(handler)
        if resource is RESOURCECLAIMS:
            informer.on_rewind(scheduler.claims_rewound)
        informers.append(informer)

    async def prepare() -> None:
        # Deciding on half a picture could give a device away twice, so nothing starts before every list is in.
        await asyncio.gather(*(informer.wait_synced(SYNC_TIMEOUT) for informer in informers))
        await scheduler.take_over()

    watching = asyncio.gather(*(informer.run() for informer in informers))
    preparing, stopping = asyncio.create_task(prepare()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((preparing, stopping, watching), return_when=asyncio.FIRST_COMPLETED)
        if preparing.done():
            preparing.result()
            await _schedule(scheduler, stop, watching)
        if watching.done():
            # It never ends by itself: without one of the watches every decision would be on an old picture.
            watching.result()
    finally:
        for task in (watching, preparing, stopping):
            task.cancel()
        await asyncio.gather(watching, preparing, stopping, return_exceptions=True)


def grouping(scheduler: Scheduler, kind: str) -> Handler:
    """Tells of the objects of a kind by which pods that say nothing of it are spread."""

    def handle(change: Change) -> None:
        obj = change.new if change.new is not None else change.old
        if obj is not None:
            scheduler.snapshot.groups.tell(kind, key_of(obj), change.new)

    return handle


def _handlers(scheduler: Scheduler, devices: WatchedDevices) -> list[tuple[Resource, Handler]]:
    """Who hears of what."""

    def waking(heard: Handler) -> Handler:
        def handle(change: Change) -> None:
            heard(change)
            scheduler.queue.move()

        return handle

    def on_class(change: Change) -> None:
        devices.class_changed(change)
        scheduler.on_class(change)

    return [
        *((one, grouping(scheduler, one.kind)) for one in _GROUPS),
        (NAMESPACES, scheduler.on_namespace),
        (NODES, scheduler.on_node),
        (DEVICECLASSES, on_class),
        (RESOURCESLICES, waking(devices.slice_changed)),
        (DEVICETAINTRULES, waking(devices.rule_changed)),
        (RESOURCECLAIMS, scheduler.on_claim),
        (PODDISRUPTIONBUDGETS, scheduler.on_budget),
        (PERSISTENTVOLUMECLAIMS, scheduler.volumes.on_claim),
        (PERSISTENTVOLUMES, scheduler.volumes.on_volume),
        (STORAGECLASSES, scheduler.volumes.on_class),
        (PODS, scheduler.on_pod),
    ]


async def _schedule(scheduler: Scheduler, stop: asyncio.Event, watching: asyncio.Future[Any]) -> None:
    """Until told to stop, or a watch ends."""
    scheduling = asyncio.create_task(scheduler.run_until(stop))
    await asyncio.wait((scheduling, watching), return_when=asyncio.FIRST_COMPLETED)
    if scheduling.done():
        scheduling.result()
    scheduling.cancel()
    await asyncio.gather(scheduling, return_exceptions=True)


async def run(
    client: Client,
    stop: asyncio.Event,
    compat: str | None = None,
    name: str = NAME,
    gates: Gates | None = None,
    binding_seconds: float = SECONDS,
) -> None:
    """Schedule pods until `stop` is set. `compat="1.37"` allocates as upstream's allocator does, quirks included;
    `binding_seconds` is how long devices may take until pods can be bound to them.
    """
    features = None if gates is None else Features.from_gates(gates)
    await run_with(client, AllocatorDevices(features, compat), stop, name, gates, binding_seconds)
