"""From a decision to a bound pod: claims are written, checked against everybody else's, and the pod is bound; or
everything is given back, and nothing before it is certain what became of each write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from drakkar.api.object import Object, Uid, key_of
from drakkar.api.resource import ResourceClaimConsumerReference
from drakkar.client import ClientError

from .assumptions import Assumptions
from .bind import NotBoundError, PodBinder
from .claim_writer import ClaimError, ClaimWriter
from .cycle import Placed
from .dra import ClaimPlan
from .stored_claim import StoredClaim

log = logging.getLogger(__name__)

WRITE_TIMEOUT = 60.0
# What a pod on its way to a node is told where room is made there for a more important one.
CALLED_BACK = "preempted by DefaultPreemption"


class Clashing(Protocol):
    """Tells of devices that more than one claim has."""

    def clashes(self, uid: Uid, node: str = "") -> dict[str, frozenset[Uid]]: ...


class ClashError(Exception):
    """A device of ours is in a claim that was written before ours, by another scheduler."""


class Binding:
    """One pod on its way to the node it was placed on, by `bind` and, where that fails, `give_back`."""

    def __init__(
        self,
        pod: Object,
        plan: ClaimPlan,
        placed: Placed,
        writer: ClaimWriter,
        pods: PodBinder,
        assumptions: Assumptions,
        devices: Clashing,
        name_of: Callable[[Uid], str],
    ) -> None:
        """`name_of` gives a claim's name by its uid."""
        self.pod, self._plan, self.placed = pod, plan, placed
        self._writer, self._pods = writer, pods
        self._assumptions, self._devices, self._name_of = assumptions, devices, name_of
        self._touched: list[StoredClaim] = []
        self._clashed: set[Uid] = set()
        self._called_back = self._bound = False
        self._limit: asyncio.Timeout | None = None

    def assume(self) -> None:
        """Count the pod on its node and its devices as taken, before anything is written."""
        for uid, allocation in self.placed.allocations.items():
            self._assumptions.reserve(uid, allocation, self)
        self._assumptions.place(self.pod, self.placed.node)

    async def bind(self) -> str:
        """Empty once the pod is bound; else why it is not, and `give_back` must follow."""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT) as self._limit:
                if not self._called_back:
                    await self._reserve()
                    await self._look_for_clashes()
                if self._called_back:
                    return CALLED_BACK
                self._bound = True
                await self._pods.bind(self.pod, self.placed.node)
        except TimeoutError:
            return CALLED_BACK if self._called_back else f"not done within {WRITE_TIMEOUT:g} s"
        except (ClashError, ClientError, ClaimError, NotBoundError) as error:
            return str(error) or type(error).__name__
        except Exception as error:
            # A mistake of ours costs this attempt, not what it holds.
            log.exception("binding of pod %s/%s failed", *key_of(self.pod))
            return f"internal error: {error!r}"
        return ""

    def call_back(self) -> bool:
        """Keep the pod from its node for the sake of another one; False where it is too late for that, or where nothing is done
        before it is bound.
        """
        if self._bound or not self._plan.claims:
            return False
        self._called_back = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())
        return True

    async def _reserve(self) -> None:
        name, uid = self.pod["metadata"]["name"], self.pod["metadata"]["uid"]
        user = ResourceClaimConsumerReference(resource="pods", name=name, uid=uid)
        for claim in self._plan.claims:
            allocation = self.placed.allocations.get(claim.uid)
            self._touched.append(claim.stored)
            stored = await self._writer.reserve(claim.stored, allocation, user)
            if allocation is not None:
                self._assumptions.store(stored.obj, self)

    async def _look_for_clashes(self) -> None:
        """Raise ClashError if somebody else's allocation of one of our devices was stored before ours.

        Changes of claims are shown in the order in which they were stored, so whoever has seen its own has seen
        every earlier one: the second always knows, and the first never has to.
        """
        for claim in self._plan.claims:
            await self._assumptions.shown(claim.uid)
            for device, others in self._devices.clashes(claim.uid, self.placed.node).items():
                self._clashed.add(claim.uid)
                names = ", ".join(sorted(self._name_of(other) for other in others))
                raise ClashError(
                    f"{device} of claim {claim.stored.label} was given to claim {names} by another scheduler"
                )

    @property
    def held(self) -> list[str]:
        """The claims whose devices stay in the books because an allocation that was sent was not answered."""
        return [
            claim.label
            for claim in self._touched
            if claim.uid in self._writer.doubts and claim.uid in self.placed.allocations
        ]

    async def give_back(self) -> str:
        """Undo what `bind` did, once it is certain that no write of it can still be stored; that may take as long as
        the server is away. The node that the pod turned out to be bound to after all: it keeps its claims then.
        """
        user = Uid(self.pod["metadata"]["uid"])
        node = await self._pods.settle(self.pod) if self._touched else ""
        for claim in self._touched:
            uid = claim.uid
            ours = uid in self.placed.allocations
            if node:
                current = await self._writer.settle(claim)
            else:
                current = await self._writer.give_back(claim, user, deallocate=uid in self._clashed)
            if ours and current is not None and current.is_allocated:
                self._assumptions.store(current.obj, self)
            elif ours:
                self._assumptions.give_up(uid, self)
        touched = {claim.uid for claim in self._touched}
        for uid in self.placed.allocations.keys() - touched:
            self._assumptions.give_up(uid, self)
        if node != self.placed.node:
            self._assumptions.unplace(self.pod)
        return node
