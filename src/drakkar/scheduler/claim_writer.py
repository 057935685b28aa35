"""Writes claims, each write conditional on the version it replaces, and finds out what became of those in doubt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult, ResourceClaimConsumerReference
from drakkar.api.time import time_text
from drakkar.client import ApiError, Client, ClientError, ConflictError, NotFoundError
from drakkar.client.resources import RESOURCECLAIMS

from .binding_conditions import utc_now
from .doubts import CONFLICT_ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, REQUEST_TIMEOUT, Doubts
from .stored_claim import StoredClaim

log = logging.getLogger(__name__)


class ClaimError(Exception):
    """Writing a claim failed in a way that another scheduling attempt may get past."""


class ClaimWriter:
    """The scheduler's writes to claims. `doubts` knows which of them are unanswered; `stamped`: they say when devices were
    found, from when it counts how long these take to be ready.
    """

    def __init__(self, client: Client, doubts: Doubts, stamped: bool = True) -> None:
        self._client, self._stamped = client, stamped
        self.doubts = doubts

    async def _update(self, claim: StoredClaim) -> StoredClaim:
        # Metadata alone: should it be stored late, no device changes hands by it.
        return StoredClaim(await self._client.update(RESOURCECLAIMS, claim.obj))

    async def _update_status(self, claim: StoredClaim) -> StoredClaim:
        request = self._client.update(RESOURCECLAIMS, claim.obj, "status")
        return StoredClaim(await self.doubts.send(claim.uid, claim.version, request))

    async def current(self, claim: StoredClaim) -> StoredClaim | None:
        """The claim as it is stored, None when it is gone; another one of its name is not it."""
        key = claim.key
        try:
            current = StoredClaim(await self._client.get(RESOURCECLAIMS, key.name, key.namespace))
        except NotFoundError:
            return None
        return current if current.uid == claim.uid else None

    async def reserve(
        self, claim: StoredClaim, allocation: AllocationResult | None, user: ResourceClaimConsumerReference
    ) -> StoredClaim:
        """Store the allocation (if one was found) and the user's reservation; the claim as stored.

        The finalizer is written first and alone: a claim must never hold devices without being protected from
        deletion, and whoever schedules next sees by it that an allocation may still arrive.
        """
        current: StoredClaim | None = claim
        for attempt in range(CONFLICT_ATTEMPTS):
            if attempt:
                current = await self.current(claim)
            if current is None or current.is_deleting:
                raise ClaimError(f"claim {claim.label} got deleted in the meantime")
            found = current.is_allocated if allocation is None else current.has(allocation)
            if found and user.uid in current.users:
                # An answer that was lost on its way; or the scheduler before this one reserved it, and may have
                # sent after that what takes the reservation back.
                return current if attempt else await self._past(current)
            if (allocation is not None) == current.is_allocated:
                what = "deallocated" if allocation is None else "allocated"
                raise ClaimError(f"claim {claim.label} got {what} elsewhere in the meantime")
            try:
                if allocation is not None and not current.is_protected:
                    current = await self._update(current.protected())
                at = time_text(utc_now()) if self._stamped else ""
                return await self._update_status(current.reserved(allocation, user, at))
            except ConflictError:
                continue
            except NotFoundError:
                raise ClaimError(f"claim {claim.label} got deleted in the meantime") from None
        raise ClaimError(f"claim {claim.label}: still conflicting after {CONFLICT_ATTEMPTS} attempts")

    async def _past(self, claim: StoredClaim) -> StoredClaim:
        """The claim at a later version, so that what was sent for this one is refused."""
        return await self._update(claim.void())

    async def make(self, claim: StoredClaim) -> StoredClaim:
        """Create a claim under a name of ours; as stored. Should the answer be lost, no device is in what may be stored."""
        return StoredClaim(await self._client.create(RESOURCECLAIMS, claim.new().obj))

    async def discard(self, claim: StoredClaim) -> None:
        """Delete a claim that was made here, or was to be made, with all that it holds.

        Goes on until it is certain that there is none, however long the server is away.
        """
        pause, key = FIRST_PAUSE, claim.key
        while True:
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT):
                    current = StoredClaim(await self._client.get(RESOURCECLAIMS, key.name, key.namespace))
                    if claim.is_stored and current.uid != claim.uid:
                        break
                    if current.is_protected:
                        current = await self._update(current.unprotected())
                    await self._client.delete(RESOURCECLAIMS, key.name, key.namespace, uid=current.uid)
            except NotFoundError:
                break
            except ConflictError:
                pass
            except (ClientError, TimeoutError) as error:
                log.warning("claim %s: not yet deleted: %s", claim.label, str(error) or "no answer")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self.doubts.dispel(claim.uid)

    async def give_back(self, claim: StoredClaim, user: Uid, deallocate: bool = False) -> StoredClaim | None:
        """Take the user's reservation back, and with `deallocate` the allocation too if then nobody uses the claim.

        Goes on until it is certain, however long the server is away: the claim as stored, None when it is gone.
        """
        return await self._until_certain(claim, lambda current: current.without(user, deallocate))

    async def settle(self, claim: StoredClaim) -> StoredClaim | None:
        """The claim as stored, once no earlier write of ours can change it any more; None when it is gone.

        Goes on until that is certain, however long the server is away.
        """
        return await self._until_certain(claim, lambda _: None)

    async def make_void(self, claim: StoredClaim) -> StoredClaim | None:
        """Keep an allocation of somebody who is gone from being stored: the claim moves past the version it was to replace.
        The claim as it is then, with the allocation if that was faster; None when it is gone.

        A refusal is final, since the same server would have to take the other's write. ClientError where nobody answers.
        """
        current: StoredClaim | None = claim
        while current is not None and current.is_protected_only:
            try:
                return await self._past(current)
            except ConflictError:
                current = await self.current(claim)
            except NotFoundError:
                return None
            except ApiError as error:
                if error.maybe_applied:
                    raise
                log.error("claim %s: what was on its way to it cannot be made void: %s", claim.label, error)
                return current
        return current

    async def free_one(self, claims: Iterable[StoredClaim], user: Uid) -> str:
        """Free the first claim that nobody else uses, so that the next attempt can allocate it for another node."""
        for claim in claims:
            if claim.users not in ([], [user]):
                continue
            try:
                await self._update_status(claim.freed())
            except (ConflictError, NotFoundError):
                continue
            return "deallocation of ResourceClaim completed"
        return ""

    async def _until_certain(
        self, claim: StoredClaim, change: Callable[[StoredClaim], StoredClaim | None]
    ) -> StoredClaim | None:
        """Write what `change` makes of the current claim (None: nothing) until there is no doubt about it."""
        uid, pause = claim.uid, FIRST_PAUSE
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
                    if self.doubts.hangs_on(uid, current.version):
                        current = await self._past(current)
                    self.doubts.dispel(uid, current.version)
                    return current
            except (ConflictError, NotFoundError):
                pass
            except (ClientError, TimeoutError) as error:
                log.warning(
                    "claim %s: not yet certain what became of it: %s", claim.label, str(error) or "no answer"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
