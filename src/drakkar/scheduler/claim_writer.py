"""Writes claims, each write conditional on the version it replaces, and finds out what became of those in doubt."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.client import ApiError, Client, ClientError, ConflictError, NotFoundError
from drakkar.client.resources import RESOURCECLAIMS

from .doubts import CONFLICT_ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, REQUEST_TIMEOUT, Doubts
from .dra import allocation_of, label, reserved_for

log = logging.getLogger(__name__)

FINALIZER = "resource.kubernetes.io/delete-protection"
# Says at which version a claim was when a write of unknown outcome was made void; the value is of no other use.
SETTLED = "drakkar.dev/settled-at"


class ClaimError(Exception):
    """Writing a claim failed in a way that another scheduling attempt may get past."""


def without_allocation(claim: Object) -> Object:
    """The claim as it is once nobody has it."""
    freed = copy.deepcopy(claim)
    for name in ("allocation", "reservedFor", "devices"):
        (freed.get("status") or {}).pop(name, None)
    return freed


def protected_only(claim: Mapping[str, Any]) -> bool:
    """Whether the claim has the finalizer that goes before an allocation, and no allocation.

    An allocation of it may be on its way, from a scheduler that is gone or from this one.
    """
    return FINALIZER in (claim["metadata"].get("finalizers") or []) and allocation_of(claim) is None


def _void(claim: Object) -> Object:
    """The claim with a change that means nothing, so that whatever was to replace this version of it conflicts."""
    changed = copy.deepcopy(claim)
    meta = changed["metadata"]
    if protected_only(claim):
        meta["finalizers"] = [entry for entry in meta["finalizers"] if entry != FINALIZER]
    else:
        meta["annotations"] = {**(meta.get("annotations") or {}), SETTLED: meta["resourceVersion"]}
    return changed


def _same_devices(left: Object, right: Object) -> bool:
    """Whether two allocations are of the same devices for the same requests; the server adds to what it stores."""

    def devices(allocation: Object) -> list[tuple[object, ...]]:
        results = (allocation.get("devices") or {}).get("results") or []
        return [
            tuple(r.get(name) for name in ("request", "driver", "pool", "device", "shareID")) for r in results
        ]

    return devices(left) == devices(right)


class ClaimWriter:
    """The scheduler's writes to claims. `doubts` knows which of them are unanswered."""

    def __init__(self, client: Client, doubts: Doubts) -> None:
        self._client = client
        self.doubts = doubts

    async def _update(self, claim: Object) -> Object:
        # Metadata alone: should it be stored late, no device changes hands by it.
        return await self._client.update(RESOURCECLAIMS, claim)

    async def _update_status(self, claim: Object) -> Object:
        meta = claim["metadata"]
        request = self._client.update(RESOURCECLAIMS, claim, "status")
        return await self.doubts.send(meta["uid"], meta["resourceVersion"], request)

    async def current(self, claim: Object) -> Object | None:
        """The claim as it is stored, None when it is gone; another one of its name is not it."""
        meta = claim["metadata"]
        try:
            current = await self._client.get(RESOURCECLAIMS, meta["name"], meta.get("namespace"))
        except NotFoundError:
            return None
        return current if current["metadata"].get("uid") == meta.get("uid") else None

    async def reserve(self, claim: Object, allocation: Object | None, pod: Mapping[str, Any]) -> Object:
        """Store the allocation (if one was found) and the pod's reservation; the claim as stored.

        The finalizer is written first and alone: a claim must never hold devices without being protected from
        deletion, and whoever schedules next sees by it that an allocation may still arrive.
        """
        current = copy.deepcopy(claim)
        for attempt in range(CONFLICT_ATTEMPTS):
            if attempt:
                current = await self.current(claim) or {}
            meta = current.get("metadata")
            if meta is None or meta.get("deletionTimestamp"):
                raise ClaimError(f"claim {label(claim)} got deleted in the meantime")
            has = allocation_of(current)
            found = has is not None and (allocation is None or _same_devices(has, allocation))
            if found and reserved_for(current, pod):
                # An answer that was lost on its way; or the scheduler before this one reserved it, and may have
                # sent after that what takes the reservation back.
                return current if attempt else await self._past(current)
            if allocation is not None and has is not None:
                raise ClaimError(f"claim {label(claim)} got allocated elsewhere in the meantime")
            if allocation is None and has is None:
                raise ClaimError(f"claim {label(claim)} got deallocated elsewhere in the meantime")
            try:
                if allocation is not None and FINALIZER not in (meta.get("finalizers") or []):
                    meta["finalizers"] = [*(meta.get("finalizers") or []), FINALIZER]
                    current = await self._update(current)
                return await self._update_status(_reserved(current, allocation, pod))
            except ConflictError:
                continue
            except NotFoundError:
                raise ClaimError(f"claim {label(claim)} got deleted in the meantime") from None
        raise ClaimError(f"claim {label(claim)}: still conflicting after {CONFLICT_ATTEMPTS} attempts")

    async def _past(self, claim: Object) -> Object:
        """The claim at a later version, so that what was sent for this one is refused."""
        return await self._update(_void(claim))

    async def give_back(
        self, claim: Object, pod: Mapping[str, Any], deallocate: bool = False
    ) -> Object | None:
        """Take the pod's reservation back, and with `deallocate` the allocation too if then nobody uses the claim.

        Goes on until it is certain, however long the server is away: the claim as stored, None when it is gone.
        """
        return await self._until_certain(claim, lambda current: _given_back(current, pod, deallocate))

    async def settle(self, claim: Object) -> Object | None:
        """The claim as stored, once no earlier write of ours can change it any more; None when it is gone.

        Goes on until that is certain, however long the server is away.
        """
        return await self._until_certain(claim, lambda _: None)

    async def make_void(self, claim: Object) -> Object | None:
        """Keep an allocation of somebody who is gone from being stored: the claim moves past the version it was to replace.
        The claim as it is then, with the allocation if that was faster; None when it is gone.

        A refusal is final, since the same server would have to take the other's write. ClientError where nobody answers.
        """
        current: Object | None = claim
        while current is not None and protected_only(current):
            try:
                return await self._past(current)
            except ConflictError:
                current = await self.current(claim)
            except NotFoundError:
                return None
            except ApiError as error:
                if error.maybe_applied:
                    raise
                log.error("claim %s: what was on its way to it cannot be made void: %s", label(claim), error)
                return current
        return current

    async def free_one(self, claims: list[Object], pod: Mapping[str, Any]) -> str:
        """Free the first claim that nobody else uses, so that the next attempt can allocate it for another node."""
        for claim in claims:
            entries = (claim.get("status") or {}).get("reservedFor") or []
            if entries and not (len(entries) == 1 and reserved_for(claim, pod)):
                continue
            try:
                await self._update_status(without_allocation(claim))
            except (ConflictError, NotFoundError):
                continue
            return "deallocation of ResourceClaim completed"
        return ""

    async def _until_certain(self, claim: Object, change: Any) -> Object | None:
        """Write what `change` makes of the current claim (None: nothing) until there is no doubt about it."""
        uid, pause = claim["metadata"]["uid"], FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT):
                    current = await self.current(claim)
                    if current is None:
                        self.doubts.dispel(uid)
                        return None
                    changed = change(current)
                    if changed is not None:
                        return await self._update_status(changed)
                    if self.doubts.hangs_on(uid, current["metadata"]["resourceVersion"]):
                        current = await self._past(current)
                    self.doubts.dispel(uid, current["metadata"]["resourceVersion"])
                    return current
            except (ConflictError, NotFoundError):
                pass
            except (ClientError, TimeoutError) as error:
                log.warning(
                    "claim %s: not yet certain what became of it: %s", label(claim), str(error) or "no answer"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _reserved(claim: Object, allocation: Object | None, pod: Mapping[str, Any]) -> Object:
    changed = copy.deepcopy(claim)
    status = changed.setdefault("status", {})
    if allocation is not None:
        status["allocation"] = allocation
    if not reserved_for(changed, pod):
        consumer = {"resource": "pods", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        status["reservedFor"] = [*(status.get("reservedFor") or []), consumer]
    return changed


def _given_back(claim: Object, pod: Mapping[str, Any], deallocate: bool) -> Object | None:
    """The claim without what the pod has of it; None if that is what it is."""
    entries = (claim.get("status") or {}).get("reservedFor") or []
    kept = [entry for entry in entries if entry.get("uid") != pod["metadata"].get("uid")]
    if deallocate and not kept and allocation_of(claim) is not None:
        return without_allocation(claim)
    if len(kept) == len(entries):
        return None
    changed = copy.deepcopy(claim)
    changed["status"]["reservedFor"] = kept
    if not kept:
        del changed["status"]["reservedFor"]
    return changed
