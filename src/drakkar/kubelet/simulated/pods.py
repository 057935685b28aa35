"""The pods of all simulated nodes: one informer and a few workers, however many nodes there are."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from drakkar.api.core import Container, Pod
from drakkar.api.gates import Gates
from drakkar.api.object import Object, ObjectKey, Uid, key_of, version_of
from drakkar.api.resource import DecodeError, decode
from drakkar.api.time import time_of
from drakkar.client import Client, EventRecorder, Informer, NotFoundError, WorkQueue, run_workers
from drakkar.client.changes import Change, Deleted
from drakkar.client.lifetime import keep_all_up
from drakkar.client.resources import PODS, RESOURCECLAIMS
from drakkar.kubelet.devices.usable_claim import PrepareError, claims_of, usable
from drakkar.kubelet.pods.allocations import Allocations
from drakkar.kubelet.pods.known_pod import stored_conditions
from drakkar.kubelet.pods.status import ContainerView, PodView, pod_status
from drakkar.kubelet.pods.telling import remove, write_status
from drakkar.kubelet.runtime.addresses import candidate
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.runtime.interface import ContainerRuntime
from drakkar.kubelet.runtime.lifetime import lifetime as told
from drakkar.kubelet.runtime.sandbox import SandboxSpec

_log = logging.getLogger(__name__)
# On a pod that runs to completion: how long it takes.
SECONDS_ANNOTATION = "drakkar.dev/simulated-seconds"
DEFAULT_SECONDS = 1.0
_WORKERS = 8
_NO_LOG = Path("/dev/null")


class SimulatedSecondsError(ValueError):
    """A pod's annotation does not say how long the pod takes."""


def lifetime(pod: Pod) -> float | None:
    """How many seconds the pod's containers live; None until they are stopped."""
    if (pod.spec.restart_policy or "Always") == "Always":
        return None
    text = pod.metadata.annotations.get(SECONDS_ANNOTATION)
    if text is None:
        return DEFAULT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise SimulatedSecondsError(f"annotation {SECONDS_ANNOTATION}: {text!r} is not a number of seconds")
    return seconds


class SimulatedPods:
    """Works on pods by (namespace, name); `is_ours` tells whether a node of that name is simulated here."""

    def __init__(
        self,
        client: Client,
        runtime: ContainerRuntime,
        is_ours: Callable[[str], bool],
        events: EventRecorder,
        gates: Gates,
        allocatable: Mapping[str, str],
    ) -> None:
        """Every node has `allocatable`."""
        self._client = client
        self._allocatable = allocatable
        # By node.
        self._allocations: dict[str, Allocations] = {}
        self._gates = gates
        self._is_ours = is_ours
        self._events = events
        self._runtime = runtime
        self._runtime.on_exit(self._ended)
        self._names: dict[Uid, ObjectKey] = {}
        # By name, the UIDs of pods that are gone and whose containers the runtime still has.
        self._leaving: dict[ObjectKey, list[Uid]] = {}
        # By UID, the version of our last write; until the watch has brought it, what we see is older than what we said.
        self._written: dict[str, int] = {}
        # Those that wait for more of their nodes.
        self._lacking: set[ObjectKey] = set()
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.informer = Informer(client, PODS, field_selector="spec.nodeName!=")
        # What was written may be lost; each pod is told again and looked at.
        self.informer.on_rewind(self._written.clear)
        self.informer.add_handler(self._changed)

    async def run(self) -> None:
        """Follow the API until cancelled."""
        try:
            await keep_all_up(
                {
                    "the watch of pods": self.informer.run,
                    "the simulated pods": lambda: run_workers(self.queue, self.reconcile, _WORKERS),
                }
            )
        finally:
            self._runtime.close()

    def _changed(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new or old
        assert obj is not None
        if not self._is_ours(obj["spec"].get("nodeName", "")):
            return
        uid, key = obj["metadata"]["uid"], key_of(obj)
        if isinstance(change, Deleted):
            self._release(uid, obj["spec"]["nodeName"])
            self._names.pop(uid, None)
            self._written.pop(uid, None)
            self._leaving.setdefault(key, []).append(uid)
        else:
            self._names[uid] = key
        # Whoever waits for more of his node looks whether this has left any.
        for one in (key, *self._lacking):
            self.queue.add(one)
        self._lacking.clear()

    def _ended(self, state: ContainerState) -> None:
        key = self._names.get(state.spec.pod_uid)
        if key is not None:
            self.queue.add(key)

    async def reconcile(self, key: ObjectKey) -> None:
        """Bring one pod one step on; an exception means to come again."""
        for uid in self._leaving.pop(key, ()):
            await self._forget(uid)
        obj = self.informer.store.get(key)
        if obj is None or 0 < version_of(obj) < self._written.get(obj["metadata"]["uid"], 0):
            return
        try:
            pod = decode(Pod, obj)
        except DecodeError as error:
            _log.error("Pod %s cannot be read and is left out: %s", "/".join(key), error)
            return
        if pod.metadata.deletion_timestamp is not None:
            await self._end(obj, pod)
        elif pod.is_over:
            self._release(pod.metadata.uid, pod.spec.node_name)
        else:
            if not self._runtime.containers(pod.metadata.uid):
                await self._begin(obj, pod)
            await self._report(obj, pod)

    def _release(self, uid: Uid, node: str) -> None:
        """The pod takes nothing of its node any more."""
        if node in self._allocations:
            self._allocations[node].release(uid)

    async def _forget(self, uid: Uid) -> None:
        for state in self._runtime.containers(uid):
            await self._runtime.stop(state.spec.id, 0)
            await self._runtime.remove(state.spec.id)
        await self._runtime.remove_sandbox(uid)

    async def _begin(self, obj: Object, pod: Pod) -> None:
        since = _running_since(pod)
        if since is None:
            try:
                await self._check_claims(pod)
            except PrepareError as error:
                text = f"Failed to prepare dynamic resources: {error}"
                self._event(obj, "FailedPrepareDynamicResources", text)
                raise
        try:
            seconds = lifetime(pod)
        except SimulatedSecondsError as error:
            self._event(obj, "InvalidSimulatedSeconds", f"{error}; taking {DEFAULT_SECONDS:g}")
            seconds = DEFAULT_SECONDS
        since = since or time.time()
        for container in pod.spec.init_containers:
            ends = container.restart_policy != "Always"
            await self._runtime.start(_spec(pod, container, 0.0 if ends else None, since))
        for container in pod.spec.containers:
            await self._runtime.start(_spec(pod, container, seconds, since))

    async def _check_claims(self, pod: Pod) -> None:
        """As a kubelet does before it asks drivers, which there are none of here."""
        for _, name, own in claims_of(pod):
            try:
                claim = await self._client.get(RESOURCECLAIMS, name, pod.metadata.namespace)
            except NotFoundError as error:
                raise PrepareError(f"failed to fetch ResourceClaim {name}: {error}") from error
            usable(pod, own, claim, self._gates)

    def _event(self, obj: Object, reason: str, message: str) -> None:
        self._events.event({"apiVersion": "v1", "kind": "Pod", **obj}, "Warning", reason, message)

    async def _view(self, obj: Object, pod: Pod, terminating: bool) -> PodView:
        states = {state.spec.name: state for state in self._runtime.containers(pod.metadata.uid)}
        views = [_view(item, states[item.name], True) for item in pod.spec.init_containers]
        views += [_view(item, states[item.name], False) for item in pod.spec.containers]
        host = node_address(pod.spec.node_name)
        sandbox = await self._runtime.run_sandbox(SandboxSpec.of(pod))
        return PodView(
            pod=pod,
            stored=stored_conditions(obj),
            containers=views,
            ip=sandbox.ip or host,
            host_ip=host,
            sandboxed=True,
            terminating=terminating,
        )

    async def _report(self, obj: Object, pod: Pod, terminating: bool = False) -> None:
        node = self._allocations.setdefault(pod.spec.node_name, Allocations(self._allocatable))
        pod, lacking = node.allocate(pod)
        view = dataclasses.replace(await self._view(obj, pod, terminating), lacking=lacking)
        if lacking:
            self._lacking.add(key_of(obj))
        status, old = pod_status(view, time.time()), obj.get("status", {})
        if all(old.get(name) == value for name, value in status.items()):
            return
        new = await write_status(self._client, pod.metadata, status, view.stored)
        if new is not None and pod.metadata.uid in self._names:
            self._written[pod.metadata.uid] = version_of(new)
            self.informer.note(new["metadata"]["resourceVersion"])

    async def _end(self, obj: Object, pod: Pod) -> None:
        uid = pod.metadata.uid
        if not pod.is_over and pod.metadata.finalizers:
            # Somebody counts how it ended before it may go, as the Job controller does.
            if not self._runtime.containers(uid):
                await self._begin(obj, pod)
            for state in self._runtime.containers(uid):
                await self._runtime.stop(state.spec.id, 0)
            await self._report(obj, pod, terminating=True)
        if pod.metadata.deletion_grace_period_seconds != 0:
            await remove(self._client, pod.metadata)


def node_address(node: str) -> str:
    """The loopback address that pods on a simulated node name as their host's; nothing listens there."""
    return candidate(node, 0)


def _running_since(pod: Pod) -> float | None:
    """When an earlier run of this program said that the pod's containers started; None if it never did."""
    for status in pod.status.container_statuses:
        state = status.state.running or status.state.terminated
        if state is not None and state.started_at:
            return time_of(state.started_at).timestamp()
    return None


def _spec(pod: Pod, container: Container, seconds: float | None, since: float) -> ContainerSpec:
    return ContainerSpec(
        pod_uid=pod.metadata.uid,
        name=container.name,
        attempt=0,
        argv=(),
        env=told(seconds, since),
        log_path=_NO_LOG,
        image=container.image,
    )


def _view(container: Container, state: ContainerState, init: bool) -> ContainerView:
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
