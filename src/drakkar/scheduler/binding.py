"""From a decision to a bound pod: claims are written, checked against everybody else's, and the pod is bound; or
everything is given back, and nothing before it is certain what became of each write.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.resource import ResourceClaimConsumerReference
from drakkar.client import ClientError
from drakkar.placement import NOTHING_TO_BIND

from . import volume_binder
from .assumptions import Assumptions
from .attention import Attention
from .bind import NotBoundError, PodBinder
from .binding_conditions import BindingConditions, NotReadyError, utc_now
from .claim_writer import ClaimError, ClaimWriter
from .cycle import PREBIND, Placed
from .dra import ClaimPlan
from .extended_claim import Variant
from .soundness import KnownPod
from .stored_claim import StoredClaim
from .volume_binder import NoVolumeError, VolumeBinder

log = logging.getLogger(__name__)

WRITE_TIMEOUT = 60.0
# What a pod on its way to a node is told where room is made there for a more important one.
CALLED_BACK = "preempted by DefaultPreemption"
# A moment more than something takes, so that it is over.
_GRAIN_S = 0.001


class Clashing(Protocol):
    """Tells of devices that more than one claim has."""

    def clashes(self, uid: Uid, node: str = "") -> dict[str, frozenset[Uid]]: ...


class ClashError(Exception):
    """A device of ours is in a claim that was written before ours, by another scheduler."""


@dataclass(frozen=True)
class Surroundings:
    """What every binding of a scheduler works with. `name_of` gives a claim's name by its uid, `claim_at` and `pod_at` what is
    known of them now, `tell_waiting` hears of a pod that waits for the devices of its node.
    """

    writer: ClaimWriter
    pods: PodBinder
    assumptions: Assumptions
    devices: Clashing
    attention: Attention
    conditions: BindingConditions
    volumes: VolumeBinder
    name_of: Callable[[Uid], str]
    claim_at: Callable[[ObjectKey], Object | None]
    pod_at: Callable[[ObjectKey], KnownPod | None]
    tell_waiting: Callable[[Object, str], None]
    # How many write at a time.
    slots: asyncio.Semaphore


class Binding:
    """One pod on its way to the node it was placed on, by `bind` and, where that fails, `give_back`."""

    def __init__(self, around: Surroundings, pod: Object, plan: ClaimPlan, placed: Placed) -> None:
        self.pod, self._plan, self.placed = pod, plan, placed
        self._around = around
        self._writer, self._pods = around.writer, around.pods
        self._assumptions = around.assumptions
        self._allocations = dict(placed.allocations)
        self._touched: list[StoredClaim] = []
        # The claim for extended resources: as it is to be created, or as it was.
        self._made: StoredClaim | None = None
        self._clashed: set[Uid] = set()
        self._called_back = self._bound = False
        self._limit: asyncio.Timeout | None = None
        self._expected = NOTHING_TO_BIND

    def assume(self) -> None:
        """Count the pod on its node and its devices as taken, before anything is written."""
        for uid, allocation in self._allocations.items():
            self._assumptions.reserve(uid, allocation, self)
        self._assumptions.place(self.pod, self.placed.node)
        self._expected = self.placed.volumes
        self._around.volumes.expect(self._expected, self.placed.node)

    async def bind(self) -> str:
        """Empty once the pod is bound; else why it is not, and `give_back` must follow. Called with a slot, which is free for
        others while this one waits for devices.
        """
        try:
            async with asyncio.timeout(WRITE_TIMEOUT) as self._limit:
                self._stop_if_called_back()
                await self._reserve()
                # At once, or both of two that clash would see it.
                await self._look_for_clashes()
                await self._tell_claim()
            async with asyncio.timeout(None) as self._limit:
                self._stop_if_called_back()
                await self._wait_for_devices()
                await self._bind_volumes()
            self._stop_if_called_back()
            self._bound = True
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._pods.bind(self.pod, self.placed.node)
        except TimeoutError:
            return CALLED_BACK if self._called_back else f"not done within {WRITE_TIMEOUT:g} s"
        except NotReadyError as error:
            return f"{PREBIND}{error}"
        except NoVolumeError as error:
            return f"{volume_binder.PREBIND}{error}"
        except (ClashError, ClientError, ClaimError, NotBoundError) as error:
            return str(error) or type(error).__name__
        except Exception as error:
            # A mistake of ours costs this attempt, not what it holds.
            log.exception("binding of pod %s/%s failed", *key_of(self.pod))
            return f"internal error: {error!r}"
        finally:
            # Nobody calls it back any more.
            self._bound = True
        return ""

    def _stop_if_called_back(self) -> None:
        if self._called_back:
            raise NotBoundError(CALLED_BACK)

    @property
    def _has_work(self) -> bool:
        """Whether there is anything to do before the pod is bound."""
        return bool(self._plan.claims or self.placed.extended or self.placed.volumes)

    def call_back(self) -> bool:
        """Keep the pod from its node for the sake of another one; False where it is too late for that, or where nothing is done
        before it is bound.
        """
        if self._bound or not self._has_work:
            return False
        self._called_back = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())
        return True

    async def _reserve(self) -> None:
        name, uid = self.pod["metadata"]["name"], self.pod["metadata"]["uid"]
        user = ResourceClaimConsumerReference(resource="pods", name=name, uid=uid)
        for claim in self._plan.claims:
            allocation = self._allocations.get(claim.uid)
            self._touched.append(claim.stored)
            stored = await self._writer.reserve(claim.stored, allocation, user)
            if allocation is not None:
                self._assumptions.store(stored.obj, self)
        if self.placed.extended is not None:
            await self._make(self.placed.extended, user)

    async def _make(self, extended: Variant, user: ResourceClaimConsumerReference) -> None:
        """Store the claim for extended resources, and its devices."""
        self._made = extended.wanted.stored
        self._made = await self._writer.make(self._made)
        allocation = self._allocations.pop(extended.wanted.uid)
        self._allocations[self._made.uid] = allocation
        self._assumptions.made(extended.wanted.uid, self._made.obj, allocation, self)
        stored = await self._writer.reserve(self._made, allocation, user)
        self._assumptions.store(stored.obj, self)

    async def _tell_claim(self) -> None:
        """Write into the pod which claim is for its extended resources."""
        if self.placed.extended is not None and self._made is not None:
            mappings = self.placed.extended.mappings
            self.pod = await self._pods.tell_claim(self.pod, self._made.key.name, mappings)

    async def _look_for_clashes(self) -> None:
        """Raise ClashError if somebody else's allocation of one of our devices was stored before ours.

        Changes of claims are shown in the order in which they were stored, so whoever has seen its own has seen
        every earlier one: the second always knows, and the first never has to.
        """
        for claim in self._claims:
            await self._assumptions.shown(claim.uid)
            for device, others in self._around.devices.clashes(claim.uid, self.placed.node).items():
                self._clashed.add(claim.uid)
                names = ", ".join(sorted(self._around.name_of(other) for other in others))
                raise ClashError(
                    f"{device} of claim {claim.label} was given to claim {names} by another scheduler"
                )

    async def _wait_for_devices(self) -> None:
        """Return once the devices of all claims can be bound to; NotReadyError where they will not be, NotBoundError where the
        pod is not there any more.
        """
        conditions = self._around.conditions
        claims = [self._current(claim) for claim in self._claims]
        if not any(conditions.matter_for(claim) for claim in claims):
            return
        self._around.tell_waiting(self.pod, self.placed.node)
        async with self._without_slot():
            await self._ready()

    @contextlib.asynccontextmanager
    async def _without_slot(self) -> AsyncIterator[None]:
        """Others may write meanwhile."""
        self._around.slots.release()
        try:
            yield
        finally:
            await self._around.slots.acquire()

    def _waits(self) -> bool:
        """Whether the pod is there and is to stay."""
        known = self._around.pod_at(key_of(self.pod))
        uid = self.pod["metadata"]["uid"]
        return known is not None and known.uid == uid and not known.pod.metadata.deletion_timestamp

    async def _bind_volumes(self) -> None:
        """Return once all volumes of the pod are bound; NoVolumeError where they will not be."""
        bindings, node, volumes = self.placed.volumes, self.placed.node, self._around.volumes
        if not bindings:
            return
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await volumes.write(bindings, node)
            async with self._without_slot():
                await volumes.bound(bindings, node, Uid(self.pod["metadata"]["uid"]), self._waits)
        finally:
            self._forget_volumes()

    def _forget_volumes(self) -> None:
        """Once: after that another pod may expect the same ones."""
        bindings, self._expected = self._expected, NOTHING_TO_BIND
        self._around.volumes.forget(bindings)

    async def _ready(self) -> None:
        conditions, clock = self._around.conditions, asyncio.get_running_loop().time
        pod, end = Uid(self.pod["metadata"]["uid"]), clock() + conditions.seconds
        with self._around.attention.to([pod, *(claim.uid for claim in self._claims)]) as changed:
            while True:
                changed.clear()
                now = utc_now()
                claims = [self._current(claim) for claim in self._claims]
                if all([conditions.ready(claim, now) for claim in claims]):
                    return
                if end <= clock():
                    raise NotReadyError("device binding timeout: context deadline exceeded")
                if self._around.attention.ended:
                    raise NotReadyError("the scheduler ends")
                if not self._waits():
                    raise NotBoundError("pod got deleted in the meantime")
                lefts = [left for claim in claims if (left := conditions.left(claim, now)) is not None]
                pause = max(min(end - clock(), *lefts), 0.0) + _GRAIN_S
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await changed.wait()

    @property
    def _claims(self) -> list[StoredClaim]:
        """All that the pod uses."""
        return self._with_made(one.stored for one in self._plan.claims)

    def _with_made(self, claims: Iterable[StoredClaim]) -> list[StoredClaim]:
        return [*claims, *([] if self._made is None else [self._made])]

    def _current(self, claim: StoredClaim) -> StoredClaim:
        obj = self._around.claim_at(claim.key)
        if obj is None or obj["metadata"].get("uid") != claim.uid:
            raise ClaimError(f"claim {claim.label} got deleted in the meantime")
        return StoredClaim(obj)

    @property
    def held(self) -> list[str]:
        """The claims whose devices stay in the books because an allocation that was sent was not answered."""
        return [
            claim.label
            for claim in self._with_made(self._touched)
            if claim.uid in self._writer.doubts and claim.uid in self._allocations
        ]

    async def give_back(self) -> str:
        """Undo what `bind` did, once it is certain that no write of it can still be stored; that may take as long as
        the server is away. The node that the pod turned out to be bound to after all: it keeps its claims then.
        """
        self._forget_volumes()
        user = Uid(self.pod["metadata"]["uid"])
        node = await self._pods.settle(self.pod) if self._touched or self._made is not None else ""
        for claim in self._touched:
            uid = claim.uid
            ours = uid in self._allocations
            if node:
                current = await self._writer.settle(claim)
            else:
                current = await self._writer.give_back(claim, user, deallocate=uid in self._clashed)
            if ours and current is not None and current.is_allocated:
                self._assumptions.store(current.obj, self)
            elif ours:
                self._assumptions.give_up(uid, self)
        if self._made is not None:
            await self._give_back_made(self._made, node)
        touched = {claim.uid for claim in self._touched}
        for uid in self._allocations.keys() - touched:
            self._assumptions.give_up(uid, self)
        if node != self.placed.node:
            self._assumptions.unplace(self.pod)
        return node

    async def _give_back_made(self, claim: StoredClaim, node: str) -> None:
        """The claim goes with the attempt that it was made for, unless the pod turned out to be bound."""
        current = await self._writer.settle(claim) if node else None
        if current is not None and current.is_allocated:
            self._assumptions.store(current.obj, self)
            return
        await self._writer.discard(claim)
        self._assumptions.unmade(claim.uid)
