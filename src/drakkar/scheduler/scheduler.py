"""The scheduling loop: cluster state kept from watch events, one decision at a time, bindings in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from drakkar.client import Client, ClientError, EventRecorder, NotFound
from drakkar.client.resources import RESOURCECLAIMS

from .bind import bind_pod, report_failure
from .cycle import AllocationFailed, Placed, Snapshot, Unplaced, decide
from .dra import Blocked, ClaimPlan, allocation_of, claim_names, pre_filter, resolve_claims
from .nodefit import Requests
from .queue import SchedulingQueue
from .reserve import ClaimError, deallocate_one, reserve_claim, unreserve_claim

Object = dict[str, Any]
Key = tuple[str, str]

log = logging.getLogger(__name__)

NAME = "default-scheduler"
WRITE_TIMEOUT = 60.0
MAX_BINDING = 32
SETTLE_ATTEMPTS = 8


class Devices(Protocol):
    """What the loop needs from the allocator."""

    def claim_changed(self, kind: str, old: Object | None, new: Object | None) -> None: ...
    def reserve(self, claim: Object, allocation: Object) -> None: ...
    def release(self, uid: str) -> None: ...
    def allocate(self, claims: list[Object], node: Object) -> list[Object] | AllocationFailed: ...


def key_of(obj: Mapping[str, Any]) -> Key:
    """The (namespace, name) of an object."""
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


def _finished(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _newer(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether `left` is at least as recent as `right`; unknown versions count as recent."""
    versions = left["metadata"].get("resourceVersion"), right["metadata"].get("resourceVersion")
    try:
        return int(versions[0] or "") >= int(versions[1] or "")
    except ValueError:
        return True


class Scheduler:
    """Fed by watch handlers, run by `run_until`; everything happens on one event loop."""

    def __init__(
        self, client: Client, events: EventRecorder, devices: Devices, queue: SchedulingQueue | None = None
    ) -> None:
        self._client, self._events, self._devices = client, events, devices
        self.queue = queue or SchedulingQueue()
        self.nodes: dict[str, Object] = {}
        self.classes: dict[str, Object] = {}
        self.claims: dict[Key, Object] = {}
        self.namespaces: dict[str, dict[str, str]] = {}
        self.pods: dict[Key, Object] = {}
        self._assumed_node: dict[Key, tuple[str, str]] = {}
        self._assumed_claim: dict[str, Object] = {}
        self._in_flight: dict[str, Key] = {}
        self._requests = Requests()
        self._binding: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MAX_BINDING)

    # What the watches report.

    def on_pod(self, kind: str, old: Object | None, new: Object | None) -> None:
        pod = new if new is not None else old
        if pod is None:
            return
        key = key_of(pod)
        if kind == "delete" or new is None:
            self.pods.pop(key, None)
            self._assumed_node.pop(key, None)
            self.queue.remove(key)
            self.queue.move()
            return
        self.pods[key] = new
        spec = new.get("spec") or {}
        if spec.get("nodeName") or _finished(new):
            self._assumed_node.pop(key, None)
            self.queue.remove(key)
            if _finished(new) or old is None or not (old.get("spec") or {}).get("nodeName"):
                self.queue.move()
            return
        assumed = self._assumed_node.get(key)
        if assumed is not None and assumed[1] == new["metadata"].get("uid"):
            return
        if (spec.get("schedulerName") or NAME) != NAME or spec.get("schedulingGates"):
            return
        if new["metadata"].get("deletionTimestamp"):
            self.queue.remove(key)
            return
        if (
            old is None
            or old["metadata"].get("uid") != new["metadata"].get("uid")
            or self._may_help(old, new)
        ):
            created = new["metadata"].get("creationTimestamp")
            try:
                since = (
                    datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp() if created else None
                )
            except ValueError:
                since = None
            self.queue.add(key, int(spec.get("priority") or 0), since)

    @staticmethod
    def _may_help(old: Object, new: Object) -> bool:
        def relevant(pod: Object) -> object:
            status = pod.get("status") or {}
            return pod.get("spec"), pod["metadata"].get("labels"), status.get("resourceClaimStatuses")

        return relevant(old) != relevant(new)

    def on_node(self, kind: str, old: Object | None, new: Object | None) -> None:
        node = new if new is not None else old
        if node is None:
            return
        if kind == "delete" or new is None:
            self.nodes.pop(node["metadata"]["name"], None)
            return
        self.nodes[node["metadata"]["name"]] = new

        def relevant(obj: Object) -> object:
            return (
                obj.get("spec"),
                obj["metadata"].get("labels"),
                (obj.get("status") or {}).get("allocatable"),
            )

        if old is None or relevant(old) != relevant(new):
            self.queue.move()

    def on_claim(self, kind: str, old: Object | None, new: Object | None) -> None:
        claim = new if new is not None else old
        if claim is None:
            return
        key, uid = key_of(claim), claim["metadata"].get("uid", "")
        gone = kind == "delete" or new is None
        # The ledger learns of the stored state first, so that no device is free for a moment in between.
        self._devices.claim_changed(kind, old, new)
        assumed = self._assumed_claim.get(uid)
        if gone:
            self.claims.pop(key, None)
        else:
            self.claims[key] = claim
        if assumed is not None and (gone or _newer(claim, assumed)):
            del self._assumed_claim[uid]
            self._devices.release(uid)
        freed = old is not None and allocation_of(old) is not None and (gone or allocation_of(claim) is None)
        if freed:
            self.queue.move()
        elif not gone:
            self.queue.move(lambda waiting: self._refers(waiting, key))

    def _refers(self, pod_key: Key, claim_key: Key) -> bool:
        pod = self.pods.get(pod_key)
        if pod is None or pod_key[0] != claim_key[0]:
            return False
        names = claim_names(pod)
        return not isinstance(names, Blocked) and any(name == claim_key[1] for name, _ in names)

    def on_class(self, kind: str, old: Object | None, new: Object | None) -> None:
        obj = new if new is not None else old
        if obj is None:
            return
        if kind == "delete" or new is None:
            self.classes.pop(obj["metadata"]["name"], None)
        else:
            self.classes[obj["metadata"]["name"]] = new
            self.queue.move()

    def on_namespace(self, kind: str, old: Object | None, new: Object | None) -> None:
        obj = new if new is not None else old
        if obj is None:
            return
        if kind == "delete" or new is None:
            self.namespaces.pop(obj["metadata"]["name"], None)
        else:
            self.namespaces[obj["metadata"]["name"]] = new["metadata"].get("labels") or {}

    # Decisions.

    def _claim_at(self, key: Key) -> Object | None:
        claim = self.claims.get(key)
        if claim is None:
            return None
        return self._assumed_claim.get(claim["metadata"].get("uid", ""), claim)

    def _snapshot(self) -> Snapshot:
        pods_on: dict[str, list[Object]] = {}
        for key, pod in self.pods.items():
            if _finished(pod):
                continue
            node = (pod.get("spec") or {}).get("nodeName") or self._assumed_node.get(key, ("", ""))[0]
            if node:
                pods_on.setdefault(node, []).append(pod)
        nodes = [self.nodes[name] for name in sorted(self.nodes)]
        return Snapshot(nodes, pods_on, self.namespaces, self._requests)

    async def attempt(self, key: Key) -> None:
        """One scheduling attempt for a pod that was taken from the queue."""
        pod = self.pods.get(key)
        if pod is None or (pod.get("spec") or {}).get("nodeName"):
            self.queue.remove(key)
            return
        resolved = resolve_claims(pod, self._claim_at)
        if isinstance(resolved, Blocked) and resolved.expected:
            # Its claim is being made; that is no failure, and the update of the pod or claim brings it back.
            self.queue.failed(key)
            return
        plan = pre_filter(pod, self._claim_at, self.classes, self._in_flight)
        outcome = decide(pod, self._snapshot(), plan, self._devices.allocate)
        if isinstance(outcome, Unplaced) or isinstance(plan, Blocked):
            assert isinstance(outcome, Unplaced)
            await self._unplaced(key, pod, outcome)
            return
        for claim in plan.unallocated:
            uid = claim["metadata"]["uid"]
            self._in_flight[uid] = key
            self._devices.reserve(claim, outcome.allocations[uid])
        self._assumed_node[key] = (outcome.node, pod["metadata"].get("uid", ""))
        await self._slots.acquire()
        task = asyncio.create_task(self._bind(key, pod, plan, outcome))
        self._binding.add(task)
        task.add_done_callback(self._bound)

    def _bound(self, task: asyncio.Task[None]) -> None:
        self._binding.discard(task)
        self._slots.release()
        if not task.cancelled() and task.exception() is not None:
            log.error("binding failed", exc_info=task.exception())

    async def _unplaced(self, key: Key, pod: Object, outcome: Unplaced) -> None:
        self.queue.failed(key, wait_for_event=not outcome.error)
        message = outcome.message
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                if outcome.unavailable:
                    freed = await deallocate_one(self._client, outcome.unavailable, pod)
                    message = f"{message} {freed}." if freed else message
                await report_failure(self._client, self._events, pod, message, outcome.error)
        except (ClientError, TimeoutError) as error:
            log.warning("could not report on pod %s/%s: %s", *key, error)

    async def _bind(self, key: Key, pod: Object, plan: ClaimPlan, placed: Placed) -> None:
        touched: list[Object] = []
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                for claim in plan.claims:
                    uid = claim["metadata"]["uid"]
                    touched.append(claim)
                    stored = await reserve_claim(self._client, claim, placed.allocations.get(uid), pod)
                    if uid in placed.allocations:
                        self._stored(uid, stored)
                await bind_pod(self._client, self._events, pod, placed.node)
        except (ClientError, ClaimError, TimeoutError) as error:
            await self._undo(key, pod, plan, touched, str(error) or type(error).__name__)

    def _stored(self, uid: str, stored: Object) -> None:
        """The allocation is in the API; the ledger keeps its entry until the watch has shown it."""
        self._in_flight.pop(uid, None)
        seen = self.claims.get(key_of(stored))
        if seen is None or (
            seen["metadata"].get("uid") == uid and allocation_of(seen) and _newer(seen, stored)
        ):
            self._devices.release(uid)
        else:
            self._assumed_claim[uid] = stored

    async def _undo(self, key: Key, pod: Object, plan: ClaimPlan, touched: list[Object], reason: str) -> None:
        self._assumed_node.pop(key, None)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                for claim in touched:
                    await unreserve_claim(self._client, claim, pod)
        except (ClientError, TimeoutError) as error:
            log.warning("could not take back reservations of pod %s/%s: %s", *key, error)
        for claim in plan.unallocated:
            uid = claim["metadata"]["uid"]
            if self._in_flight.get(uid) == key:
                await self._settle(uid, claim)
        if key in self.pods:
            await self._unplaced(key, pod, Unplaced(reason, error=True))
        self.queue.move()

    async def _settle(self, uid: str, claim: Object) -> None:
        """Give devices back, unless the write that seemed to fail turns out to be stored after all."""
        namespace, name = key_of(claim)
        for attempt in range(SETTLE_ATTEMPTS):
            try:
                async with asyncio.timeout(WRITE_TIMEOUT):
                    current = await self._client.get(RESOURCECLAIMS, name, namespace)
            except NotFound:
                break
            except (ClientError, TimeoutError) as error:
                log.warning("claim %s/%s: cannot tell whether it is allocated: %s", namespace, name, error)
                await asyncio.sleep(min(2.0**attempt, 10.0))
                continue
            if current["metadata"].get("uid") == uid and allocation_of(current) is not None:
                self._stored(uid, current)
                return
            break
        self._in_flight.pop(uid, None)
        self._devices.release(uid)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Schedule until told to stop, then let the bindings under way end."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                popping = asyncio.create_task(self.queue.pop())
                await asyncio.wait({popping, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not popping.done():
                    popping.cancel()
                    break
                key = popping.result()
                try:
                    await self.attempt(key)
                except Exception:
                    log.exception("scheduling attempt for pod %s/%s failed", *key)
                    self.queue.failed(key, wait_for_event=False)
        finally:
            stopping.cancel()
            if self._binding:
                await asyncio.wait(self._binding, timeout=WRITE_TIMEOUT)
