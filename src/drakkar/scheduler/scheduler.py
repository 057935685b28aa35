"""The scheduling loop: cluster state kept from watch events, one decision at a time, bindings in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from drakkar.api.core import Node, Pod
from drakkar.api.extended_resources import pod_of
from drakkar.api.gates import Gates
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.or_empty import text
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import AllocationResult, DecodeError, DeviceClass, decode
from drakkar.api.time import time_or_none
from drakkar.client import ApiError, Client, ClientError, EventRecorder
from drakkar.client.changes import Change
from drakkar.client.resources import RESOURCECLAIMS
from drakkar.placement import COMPARING, Snapshot

from .assumptions import Assumptions
from .attention import Attention
from .bind import PodBinder, report_failure, tell_bound, tell_waiting
from .binding import Binding, Surroundings
from .binding_conditions import GATES, SECONDS, BindingConditions, utc_now
from .claim_writer import ClaimWriter
from .cycle import Asking, Unplaced, decide
from .doubts import FIRST_PAUSE, LONGEST_PAUSE, Doubts
from .dra import Blocked, Wanted, pre_filter
from .extended_claim import ExtendedClaims
from .nominating import Nominating
from .preempting import Preempting
from .queue import SchedulingQueue
from .room import Room
from .soundness import KnownPod, claim_fault, read_budget, read_node, read_pod, what_counts
from .stored_claim import StoredClaim
from .volume_binder import VolumeBinder
from .volume_watch import VolumeWatch
from .waiting_pods import WaitingPods

_T = TypeVar("_T")

log = logging.getLogger(__name__)

NAME = "default-scheduler"
WRITE_TIMEOUT = 60.0
# They wait for the server most of the time, and what comes together is stored together; each has a connection.
MAX_BINDING = 32
# How many claims are looked after at once when this scheduler takes over.
_TAKING_OVER = 16
_PAGE = 500


class Devices(Protocol):
    """What the loop needs from the allocator."""

    def node_changed(self, name: str, node: Node | None) -> None: ...
    def claim_changed(self, change: Change) -> None: ...
    def reserve(self, uid: Uid, allocation: AllocationResult) -> None: ...
    def release(self, uid: Uid) -> None: ...
    def clashes(self, uid: Uid, node: str = "") -> dict[str, frozenset[Uid]]: ...
    def unprepared(self, claims: list[Object]) -> list[str]: ...
    def prepare(self, expressions: list[str]) -> None: ...
    def ask(self, claims: list[Wanted]) -> Asking: ...


class Scheduler:
    """Fed by watch handlers, run by `run_until`; everything happens on one event loop."""

    def __init__(
        self,
        client: Client,
        events: EventRecorder,
        devices: Devices,
        queue: SchedulingQueue | None = None,
        name: str = NAME,
        gates: Gates | None = None,
        binding_seconds: float = SECONDS,
    ) -> None:
        """`name` is what a pod's schedulerName must be for this scheduler to place it; `binding_seconds`, how long devices may
        take until a pod can be bound to them.
        """
        on = Gates.default() if gates is None else gates
        self._client, self._events, self._devices, self._name = client, events, devices, name
        self.queue = SchedulingQueue() if queue is None else queue
        self.classes: dict[str, Object] = {}
        self.claims: dict[ObjectKey, Object] = {}
        self.pods: dict[ObjectKey, KnownPod] = {}
        self._waiting = WaitingPods()
        self._extended = ExtendedClaims()
        self.snapshot = Snapshot(comparing=COMPARING in on)
        self._doubts = Doubts()
        self._conditions = BindingConditions(on >= GATES, binding_seconds)
        self._attention = Attention()
        self.volumes = VolumeWatch(self.snapshot.volumes, self.queue.move, self._attention)
        self._writer = ClaimWriter(client, self._doubts, stamped=self._conditions.on)
        self._pods = PodBinder(client, self._doubts)
        self._assumptions = Assumptions(devices, self.claims.get, self._seat)
        self._names: dict[str, str] = {}
        self._binding: set[asyncio.Task[None]] = set()
        self._nominating = Nominating(self.snapshot, self.queue, self._shown)
        self._preempting = Preempting(client, events, name, self._shown, self._call_back)
        # Pods that are on their way to a node.
        self._bindings: dict[Uid, Binding] = {}
        # Reservations that are being taken back from pods whose claim is being deleted: claim and pod.
        self._leaving: set[tuple[Uid, Uid]] = set()
        self._slots = asyncio.Semaphore(MAX_BINDING)
        self._around = Surroundings(
            self._writer,
            self._pods,
            self._assumptions,
            devices,
            self._attention,
            self._conditions,
            VolumeBinder(client, self.snapshot.volumes, self._attention),
            name_of=lambda uid: self._names.get(uid, uid),
            claim_at=self._claim_at,
            pod_at=self.pods.get,
            tell_waiting=lambda pod, node: tell_waiting(events, pod, node),
            slots=self._slots,
        )
        # One claim after the other: the loop is to have the processor for half of the time at least.
        self._compiler = ThreadPoolExecutor(1, "selectors")

    # What the watches report.

    def on_pod(self, change: Change) -> None:
        old, new = change.old, change.new
        pod = new if new is not None else old
        if pod is None:
            return
        key = key_of(pod)
        before = self.pods.pop(key, None)
        now = None if new is None else self._read_pod(new)
        if now is not None:
            self.pods[key] = now
        self._preempting.saw(pod, gone=now is None)
        self._attention.changed(Uid(pod["metadata"].get("uid", "")))
        self._waiting.changed(None if before is None else before.pod, None if now is None else now.pod)
        if now is None or now.pod.is_over or now.pod.spec.node_name:
            # What the watch shows of a pod's node is no assumption any more.
            self._assumptions.unplace(pod)
            self._seat(key)
            self.queue.remove(key)
            if now is None or now.pod.is_over:
                self.queue.move()
            elif before is None or not before.pod.spec.node_name:
                self.queue.move(self._waiting.wanting(now.pod, self.snapshot.namespaces))
            elif (before.needs.amounts, before.pod.metadata.labels) != (
                now.needs.amounts,
                now.pod.metadata.labels,
            ):
                # It was given another size in place, which may leave more for others, or is one that others want near, or not.
                self.queue.move()
            return
        self._seat(key)
        if self._assumptions.node_of(now.obj) or not self._is_mine(now.pod):
            return
        self._nominating.saw(before, now)
        if now.pod.metadata.deletion_timestamp:
            self.queue.remove(key)
        elif before is None or before.uid != now.uid or _may_help(before.pod, now.pod):
            created = time_or_none(now.pod.metadata.creation_timestamp)
            self.queue.add(key, now.pod.spec.priority or 0, None if created is None else created.timestamp())

    def _read_pod(self, obj: Object) -> KnownPod | None:
        found = read_pod(obj)
        if isinstance(found, KnownPod):
            return found
        self._cannot_read("Pod", obj, found)
        counts = what_counts(obj)
        return None if counts is None else KnownPod.of(counts)

    def _is_mine(self, pod: Pod) -> bool:
        return (pod.spec.scheduler_name or NAME) == self._name and not pod.spec.scheduling_gates

    def _seat(self, key: ObjectKey) -> None:
        """Count the pod where it is, or is on its way to; nowhere if it is over or gone."""
        known = self.pods.get(key)
        node = ""
        if known is not None and not known.pod.is_over:
            node = known.pod.spec.node_name or self._assumptions.node_of(known.obj)
        if known is None or node:
            self.snapshot.withdraw(key)
        if known is not None and node:
            self.snapshot.put(key, known.pod, node, known.needs)
        else:
            self.snapshot.take_off(key)

    def on_node(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new if new is not None else old
        if obj is None:
            return
        name = obj["metadata"]["name"]
        node = None if new is None else read_node(new)
        known = self.snapshot.node(name)
        before = None if known is None else known.node
        if isinstance(node, Node):
            try:
                self.snapshot.set_node(node)
            except QuantityError as error:
                node = str(error)
        if isinstance(node, str):
            self._cannot_read("Node", obj, node)
        self._devices.node_changed(name, node if isinstance(node, Node) else None)
        if not isinstance(node, Node):
            self.snapshot.remove_node(name)
            return
        if before is None or _offers(before) != _offers(node):
            self.queue.move()

    def claims_rewound(self) -> None:
        """The API server's backup was restored: what it has acknowledged may be lost; what it has is told next."""
        self._assumptions.forget_acknowledged()

    def on_claim(self, change: Change) -> None:
        old, new = change.old, change.new
        claim = new if new is not None else old
        if claim is None:
            return
        key, uid = key_of(claim), claim["metadata"].get("uid", "")
        gone = new is None
        why = "" if gone else claim_fault(claim)
        # The ledger learns of the stored state first, so that no device is free for a moment in between.
        self._devices.claim_changed(change)
        self._extended.changed(self.claims.get(key), None if gone or why else claim)
        if why:
            self._cannot_read("ResourceClaim", claim, why)
            self.claims.pop(key, None)
            self._assumptions.saw(claim, gone=True)
            self._attention.changed(uid)
            return
        if gone:
            self.claims.pop(key, None)
            self._names.pop(uid, None)
        else:
            self.claims[key] = claim
            self._names[uid] = StoredClaim(claim).label
        self._assumptions.saw(claim, gone)
        self._attention.changed(uid)
        had = old is not None and not claim_fault(old) and StoredClaim(old).is_allocated
        has = not gone and StoredClaim(claim).is_allocated
        if has and not had:
            self._tell_clashes(claim)
        freed = had and not has
        if freed:
            self.queue.move()
        elif not gone:
            self.queue.move(self._waiting.of_claim(key))
        elif (pod := pod_of(claim)) is not None:
            # What was left of an earlier attempt does not stand in the way any more.
            self.queue.move([ObjectKey(key.namespace, text(pod.get("name")))])

    @staticmethod
    def _cannot_read(kind: str, obj: Object, why: str) -> None:
        """One object is left out, and nothing else is."""
        log.error("%s %s cannot be read and is left out: %s", kind, "/".join(filter(None, key_of(obj))), why)

    def _tell_clashes(self, claim: Object) -> None:
        """Say it where a claim has just been given what another one has; what this scheduler can undo it undoes itself."""
        for device, others in self._devices.clashes(claim["metadata"]["uid"]).items():
            names = ", ".join(sorted(self._names.get(other, other) for other in others))
            text = f"{device} is also allocated to {names}: more than one scheduler works on its pool"
            log.error("claim %s: %s", StoredClaim(claim).label, text)
            told = {"apiVersion": RESOURCECLAIMS.api_version, "kind": RESOURCECLAIMS.kind, **claim}
            self._events.event(told, "Warning", "DeviceAllocatedTwice", text)

    def on_class(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new if new is not None else old
        if obj is None:
            return
        name = obj["metadata"]["name"]
        if new is None:
            self.classes.pop(name, None)
            self.snapshot.remove_class(name)
            return
        self.classes[name] = new
        try:
            self.snapshot.set_class(decode(DeviceClass, new))
        except DecodeError as error:
            self._cannot_read("DeviceClass", obj, str(error))
            self.snapshot.remove_class(name)
        self.queue.move()

    def on_namespace(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new if new is not None else old
        if obj is None:
            return
        labels = None if new is None else new["metadata"].get("labels") or {}
        self.snapshot.set_namespace(obj["metadata"]["name"], labels)

    def on_budget(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new if new is not None else old
        if obj is None:
            return
        found = None if new is None else read_budget(new)
        if isinstance(found, str):
            self._cannot_read("PodDisruptionBudget", obj, found)
            found = None
        self.snapshot.budgets.put(key_of(obj), found)

    # Decisions.

    def _shown(self, key: ObjectKey) -> Object | None:
        known = self.pods.get(key)
        return None if known is None else known.obj

    def _call_back(self, uid: Uid) -> bool:
        binding = self._bindings.get(uid)
        return binding is not None and binding.call_back()

    def _claim_at(self, key: ObjectKey) -> Object | None:
        claim = self.claims.get(key)
        return None if claim is None else self._assumptions.latest(claim)

    async def attempt_surely(self, key: ObjectKey) -> None:
        """The same; a mistake of ours costs this pod an attempt, and whoever waits for the pod is told."""
        try:
            await self.attempt(key)
        except Exception as error:
            log.exception("scheduling attempt for pod %s/%s failed", *key)
            self.queue.failed(key, wait_for_event=False)
            self._tell_mistake(key, error)

    def _tell_mistake(self, key: ObjectKey, error: Exception) -> None:
        known = self.pods.get(key)
        if known is not None:
            self._spawn(self._tell_failure(known.obj, f"internal error: {error!r}"))

    async def attempt(self, key: ObjectKey) -> None:
        """One scheduling attempt for a pod that was taken from the queue."""
        known = self.pods.get(key)
        if known is None or known.pod.spec.node_name:
            self.queue.remove(key)
            return
        if self._assumptions.node_of(known.obj):
            # An update had it queued again between its turn and the attempt, which looked at what it is now.
            return
        if self._preempting.holds(known.uid):
            self.queue.wait(key)
            return
        plan = pre_filter(
            known.pod,
            self._claim_at,
            self.classes,
            self._assumptions.in_flight,
            in_doubt=self._doubts,
            leftover=self._extended.of(Uid(known.uid)),
            gave_up=lambda claim: self._conditions.gave_up(claim, utc_now()),
        )
        if isinstance(plan, Blocked) and plan.expected:
            # That is no failure, and the update of the pod or claim brings it back.
            self.queue.failed(key)
            if plan.ending is not None:
                self._leave(plan.ending, Uid(known.uid))
            return
        if not isinstance(plan, Blocked):
            long = self._devices.unprepared([claim.stored.obj for claim in plan.unallocated])
            if long:
                self._spawn(self._prepare(key, long))
                return
        outcome = decide(known, self.snapshot, plan, self._devices.ask, self._preempting.leaves)
        if isinstance(outcome, Unplaced) or isinstance(plan, Blocked):
            assert isinstance(outcome, Unplaced)
            self.queue.failed(key, wait_for_event=not outcome.error)
            self._waiting.tried(known.pod, outcome.lonely)
            if outcome.room.victims:
                self._preempting.begin(known.obj)
            before = self._nominating.decided(known, outcome.room)
            await self._slots.acquire()
            self._spawn(self._report(known.obj, outcome, before))
            return
        binding = Binding(self._around, known.obj, plan, outcome)
        binding.assume()
        self._bindings[Uid(known.uid)] = binding
        await self._slots.acquire()
        self._spawn(self._bind(binding))

    async def _prepare(self, key: ObjectKey, expressions: list[str]) -> None:
        """Have a pod's selectors compiled while others are placed, and then try it."""
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._compiler, self._devices.prepare, expressions
            )
        except Exception as error:
            log.exception("preparing pod %s/%s failed", *key)
            self.queue.failed(key, wait_for_event=False)
            self._tell_mistake(key, error)
        else:
            self.queue.resume(key)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._binding.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._binding.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("writing for a pod failed", exc_info=task.exception())

    async def _report(self, pod: Object, outcome: Unplaced, before: list[Object]) -> None:
        """Say why a pod goes nowhere, free what keeps it from going elsewhere, and have others make room for it, `before` all
        of them who waited for that. Gives the slot back once only certainty is waited for.
        """
        uid = Uid(pod["metadata"]["uid"])
        # Whether the server has taken it; None as long as that is not known.
        noted: bool | None = None
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                freed = ""
                if outcome.unavailable:
                    freed = await self._writer.free_one((one.stored for one in outcome.unavailable), uid)
                    if not freed:
                        await self._let_go(pod, [one.stored for one in outcome.unavailable])
                if outcome.leftover is not None and not freed:
                    if await self._pods.settle(pod):
                        # The attempt that made the claim succeeded after all, and the watch has not shown it yet.
                        self._preempting.give_up(pod)
                        return
                    await self._writer.discard(outcome.leftover)
                    freed = "deletion of ResourceClaim completed"
                message, node = outcome.told(freed), outcome.room.node
                noted = await report_failure(self._client, self._events, pod, message, outcome.error, node)
        except (ClientError, TimeoutError) as error:
            log.warning("could not report on pod %s/%s: %s", *key_of(pod), str(error) or "no answer in time")
        except BaseException:
            self._preempting.give_up(pod)
            raise
        finally:
            self._slots.release()
        if outcome.room.victims:
            await self._make_room(pod, outcome.room, noted, before)
        for claim in outcome.unavailable:
            if claim.uid in self._doubts:
                await self._writer.settle(claim.stored)
                self.queue.move()

    async def _make_room(self, pod: Object, room: Room, noted: bool | None, before: list[Object]) -> None:
        again = True
        try:
            again = await self._preempting.make_room(pod, room, noted, before)
        finally:
            if again:
                self.queue.move([key_of(pod)])

    async def _let_go(self, pod: Object, claims: list[StoredClaim]) -> None:
        """Take back what a scheduler that ended between the reservation and the binding has left the pod of claims that it cannot
        use: of several that wait for each other's the last one then frees the claim.
        """
        uid = Uid(pod["metadata"]["uid"])
        left = [claim for claim in claims if uid in claim.users]
        if left and not await self._pods.settle(pod):
            for claim in left:
                await self._writer.give_back(claim, uid)

    def _leave(self, claim: StoredClaim, user: Uid) -> None:
        """Take a pod's reservation of a claim that is being deleted back, if it has one: a scheduler that ended between the
        reservation and the binding left it. The pod cannot use the claim any more, and for its sake the claim could never go.
        """
        left = (claim.uid, user)
        if user in claim.users and left not in self._leaving:
            self._leaving.add(left)
            self._spawn(self._give_back(claim, user))

    async def _give_back(self, claim: StoredClaim, user: Uid) -> None:
        try:
            await self._writer.give_back(claim, user)
        finally:
            self._leaving.discard((claim.uid, user))

    async def _bind(self, binding: Binding) -> None:
        """Bind, or give everything back. Takes the slot it was given back once only certainty is waited for."""
        pod = binding.pod
        key = key_of(pod)
        try:
            reason = await binding.bind()
            if reason:
                held = ", ".join(binding.held)
                until = (
                    f"; devices of {held} stay taken until it is certain that the allocation was not stored"
                )
                await self._tell_failure(pod, reason + (until if held else ""))
        finally:
            self._slots.release()
        try:
            node = await binding.give_back() if reason else binding.placed.node
        finally:
            self._bindings.pop(Uid(pod["metadata"]["uid"]), None)
        if node == binding.placed.node:
            tell_bound(self._events, pod, node)
            return
        if not node and self._is_current(pod):
            self.queue.failed(key, wait_for_event=False)
        self.queue.move()

    async def _tell_failure(self, pod: Object, reason: str) -> None:
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await report_failure(self._client, self._events, pod, reason, error=True)
        except (ClientError, TimeoutError) as error:
            log.warning("could not report on pod %s/%s: %s", *key_of(pod), str(error) or "no answer in time")

    def _is_current(self, pod: Object) -> bool:
        current = self.pods.get(key_of(pod))
        return current is not None and current.uid == pod["metadata"].get("uid")

    async def take_over(self) -> None:
        """Make void what a scheduler before this one may still have on its way: to be done before the first decision,
        and after the first lists are in. Goes on until the server has told of every claim, and the watch has shown
        what arrived before it could be made void.

        An allocation is sent only after its finalizer is stored, and a binding only after the reservation is.
        """
        limit = asyncio.Semaphore(_TAKING_OVER)

        async def one(work: Awaitable[_T]) -> _T:
            async with limit:
                return await work

        pause = FIRST_PAUSE
        while True:
            try:
                listed = (await self._client.list(RESOURCECLAIMS, limit=_PAGE))["items"]
                sound = [StoredClaim(claim) for claim in listed if not claim_fault(claim)]
                voided = [one(self._writer.make_void(claim)) for claim in sound if claim.is_protected_only]
                claims = [claim for claim in sound if not claim.is_protected_only]
                claims += filter(None, await asyncio.gather(*voided))
                await asyncio.gather(*(one(self._void_binding(pod)) for pod in self._reserving(claims)))
                for claim in claims:
                    await self._is_in_the_books(claim)
                return
            except ClientError as error:
                log.warning("taking over: %s; trying again in %.1f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _is_in_the_books(self, claim: StoredClaim) -> None:
        """Return once the watch has shown this claim with its allocation, or a later version, or there is none."""
        pause = FIRST_PAUSE
        current: StoredClaim | None = claim
        while current is not None and not claim_fault(current.obj) and current.is_allocated:
            if self._assumptions.has_shown(current.obj):
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            current = await self._writer.current(claim)

    def _reserving(self, claims: Iterable[StoredClaim]) -> list[Object]:
        """The pods without a node for which claims are reserved."""
        uids = {uid for claim in claims for uid in claim.users}
        return [
            known.obj for known in self.pods.values() if known.uid in uids and not known.pod.spec.node_name
        ]

    async def _void_binding(self, pod: Object) -> None:
        try:
            await self._pods.make_void(pod)
        except ApiError as error:
            # It has moved, or is gone; or nobody may write to it, not even who sent the binding.
            if error.maybe_applied:
                raise

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
                await self.attempt_surely(key)
        finally:
            stopping.cancel()
            self._attention.end()
            if self._binding:
                await asyncio.wait(self._binding, timeout=WRITE_TIMEOUT)


def _may_help(old: Pod, new: Pod) -> bool:
    """Whether what changed could make a difference to where the pod fits."""

    def relevant(pod: Pod) -> object:
        return pod.spec, pod.metadata.labels, pod.status.resource_claim_statuses

    return relevant(old) != relevant(new)


def _offers(node: Node) -> object:
    """What of a node could make a difference to a pod that waits."""
    return node.spec, node.metadata.labels, node.status.allocatable, node.status.declared_features
