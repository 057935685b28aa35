"""The pods of all simulated nodes: one informer and a few workers, however many nodes there are."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from drakkar.api.time import time_of
from drakkar.client import (
    ApiError,
    Client,
    ConflictError,
    EventRecorder,
    Informer,
    NotFoundError,
    WorkQueue,
    run_workers,
)
from drakkar.client.changes import Change, Deleted
from drakkar.client.resources import PODS, RESOURCECLAIMS
from drakkar.kubelet.devices.claims import PrepareError, check_claim, claims_of
from drakkar.kubelet.pods.status import ContainerView, clearing, pod_status
from drakkar.kubelet.runtime.addresses import candidate
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.simulated.runtime import LIFETIME, SimulatedRuntime

Object = dict[str, Any]
Key = tuple[str, str]
_log = logging.getLogger(__name__)
# On a pod that runs to completion: how long it takes.
SECONDS_ANNOTATION = "drakkar.dev/simulated-seconds"
DEFAULT_SECONDS = 1.0
_WORKERS = 8
_NO_LOG = Path("/dev/null")


class BadSeconds(ValueError):
    """A pod's annotation does not say how long the pod takes."""


def lifetime(pod: Mapping[str, Any]) -> float | None:
    """How many seconds the pod's containers live; None until they are stopped."""
    if (pod["spec"].get("restartPolicy") or "Always") == "Always":
        return None
    text = (pod["metadata"].get("annotations") or {}).get(SECONDS_ANNOTATION)
    if text is None:
        return DEFAULT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise BadSeconds(f"annotation {SECONDS_ANNOTATION}: {text!r} is not a number of seconds")
    return seconds


def _finished(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _version(obj: Mapping[str, Any]) -> int:
    return int(obj["metadata"]["resourceVersion"])


class SimulatedPods:
    """Works on pods by (namespace, name); `is_ours` tells whether a node of that name is simulated here."""

    def __init__(self, client: Client, is_ours: Callable[[str], bool], events: EventRecorder) -> None:
        self._client = client
        self._is_ours = is_ours
        self._events = events
        self._runtime = SimulatedRuntime()
        self._runtime.on_exit(self._ended)
        self._names: dict[str, Key] = {}
        # By UID, the version of our last write; until the watch has brought it, what we see is older than what we said.
        self._written: dict[str, int] = {}
        self.queue: WorkQueue[Key] = WorkQueue()
        self.informer = Informer(client, PODS, field_selector="spec.nodeName!=")
        self.informer.add_handler(self._changed)

    async def run(self) -> None:
        """Follow the API until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.informer.run())
                group.create_task(run_workers(self.queue, self.reconcile, _WORKERS))
        finally:
            self._runtime.close()

    def _changed(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new or old
        assert obj is not None
        if not self._is_ours(obj["spec"].get("nodeName") or ""):
            return
        meta = obj["metadata"]
        if isinstance(change, Deleted):
            self._runtime.forget(meta["uid"])
            self._names.pop(meta["uid"], None)
            self._written.pop(meta["uid"], None)
            return
        self._names[meta["uid"]] = meta["namespace"], meta["name"]
        self.queue.add((meta["namespace"], meta["name"]))

    def _ended(self, state: ContainerState) -> None:
        key = self._names.get(state.spec.pod_uid)
        if key is not None:
            self.queue.add(key)

    async def reconcile(self, key: Key) -> None:
        """Bring one pod one step on; an exception means to come again."""
        pod = self.informer.store.get(key)
        if pod is None or _version(pod) < self._written.get(pod["metadata"]["uid"], 0):
            return
        if "deletionTimestamp" in pod["metadata"]:
            await self._end(pod)
        elif not _finished(pod):
            if not self._runtime.containers(pod["metadata"]["uid"]):
                await self._begin(pod)
            await self._report(pod)

    async def _begin(self, pod: Object) -> None:
        since = _running_since(pod)
        if since is None:
            try:
                await self._check_claims(pod)
            except PrepareError as error:
                text = f"Failed to prepare dynamic resources: {error}"
                self._event(pod, "FailedPrepareDynamicResources", text)
                raise
        try:
            seconds = lifetime(pod)
        except BadSeconds as error:
            self._event(pod, "InvalidSimulatedSeconds", f"{error}; taking {DEFAULT_SECONDS:g}")
            seconds = DEFAULT_SECONDS
        now = time.time()
        for container in pod["spec"].get("initContainers") or ():
            ends = container.get("restartPolicy") != "Always"
            self._runtime.resume(_spec(pod, container, 0.0 if ends else None), since or now)
        for container in pod["spec"]["containers"]:
            self._runtime.resume(_spec(pod, container, seconds), since or now)

    async def _check_claims(self, pod: Object) -> None:
        """As a kubelet does before it asks drivers, which there are none of here."""
        for _, name, own in claims_of(pod):
            try:
                claim = await self._client.get(RESOURCECLAIMS, name, pod["metadata"]["namespace"])
            except NotFoundError as error:
                raise PrepareError(f"failed to fetch ResourceClaim {name}: {error}") from error
            check_claim(pod, own, claim)

    def _event(self, pod: Object, reason: str, message: str) -> None:
        self._events.event({"apiVersion": "v1", "kind": "Pod", **pod}, "Warning", reason, message)

    def _status(self, pod: Object, terminating: bool) -> Object:
        states = {state.spec.name: state for state in self._runtime.containers(pod["metadata"]["uid"])}
        spec = pod["spec"]
        views = [_view(item, states[item["name"]], True) for item in spec.get("initContainers") or ()]
        views += [_view(item, states[item["name"]], False) for item in spec["containers"]]
        host = node_address(spec["nodeName"])
        # Nothing listens there, so that two pods may happen to have the same.
        address = host if spec.get("hostNetwork") else candidate(pod["metadata"]["uid"], 0)
        return pod_status(pod, views, address, host, time.time(), sandboxed=True, terminating=terminating)

    async def _report(self, pod: Object, terminating: bool = False) -> None:
        status, old, meta = self._status(pod, terminating), pod.get("status") or {}, pod["metadata"]
        if all(old.get(name) == value for name, value in status.items()):
            return
        body = {"metadata": {"uid": meta["uid"]}, "status": clearing(status, old)}
        try:
            new = await self._client.patch(PODS, meta["name"], body, meta["namespace"], "strategic", "status")
        except (NotFoundError, ConflictError) as error:
            # It was removed, and perhaps made anew under another UID: the watch will say.
            _log.info("pod %s/%s: status not written: %s", meta["namespace"], meta["name"], error)
            return
        if meta["uid"] in self._names:
            self._written[meta["uid"]] = _version(new)

    async def _end(self, pod: Object) -> None:
        meta = pod["metadata"]
        if not _finished(pod) and meta.get("finalizers"):
            # Somebody counts how it ended before it may go, as the Job controller does.
            if not self._runtime.containers(meta["uid"]):
                await self._begin(pod)
            for state in self._runtime.containers(meta["uid"]):
                await self._runtime.stop(state.spec.id, 0)
            await self._report(pod, terminating=True)
        if meta.get("deletionGracePeriodSeconds") == 0:
            return
        try:
            await self._client.delete(
                PODS, meta["name"], meta["namespace"], grace_period_seconds=0, uid=meta["uid"]
            )
        except NotFoundError:
            return
        except ApiError as error:
            if error.code != 409:
                raise


def node_address(node: str) -> str:
    """The loopback address that pods on a simulated node name as their host's; nothing listens there."""
    return candidate(node, 0)


def _running_since(pod: Mapping[str, Any]) -> float | None:
    """When an earlier run of this program said that the pod's containers started; None if it never did."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        state = status.get("state") or {}
        began = (state.get("running") or state.get("terminated") or {}).get("startedAt")
        if began:
            return time_of(began).timestamp()
    return None


def _spec(pod: Mapping[str, Any], container: Mapping[str, Any], seconds: float | None) -> ContainerSpec:
    return ContainerSpec(
        pod_uid=pod["metadata"]["uid"],
        name=container["name"],
        attempt=0,
        argv=(),
        env={} if seconds is None else {LIFETIME: str(seconds)},
        log_path=_NO_LOG,
        image=container.get("image") or "",
    )


def _view(container: Mapping[str, Any], state: ContainerState, init: bool) -> ContainerView:
    done = init and not state.running and state.exit_code == 0
    return ContainerView(
        container=container,
        latest=state,
        previous=None,
        waiting=("", ""),
        ready=state.running or done,
        started=state.running,
        init=init,
    )
