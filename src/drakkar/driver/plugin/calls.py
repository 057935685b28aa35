"""Prepare and unprepare as the kubelet asks for them, put so that a driver's author need not think of retries.

One call runs at a time, to its end, whoever has stopped waiting for it; and a claim is prepared under one allocation only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from drakkar.driver.allocation import devices_of
from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.claim_reading import read_claim
from drakkar.driver.errors import CallFailedError, ClaimError, ConfigError
from drakkar.driver.plugin.prepared import Prepared
from drakkar.driver.types import AllocatedClaim, ClaimRef, Driver, PrepareResult

GetClaim = Callable[[str, str], Awaitable[Mapping[str, Any]]]
_Result = TypeVar("_Result")
_NO_RESULT = "driver did not return a result for this claim"


class DraCalls:
    """What every version of the service shares, for the driver of a name. `checkpoint` is where it is noted under which
    allocations claims were prepared; without one a restart forgets that.
    """

    def __init__(
        self, name: str, driver: Driver, get_claim: GetClaim, checkpoint: Checkpoint | None = None
    ) -> None:
        self._name = name
        self._driver = driver
        self._get_claim = get_claim
        self._prepared = Prepared(checkpoint)
        self._lock = asyncio.Lock()
        self._going_on: set[asyncio.Task[Any]] = set()

    async def prepare(self, refs: list[ClaimRef]) -> dict[str, PrepareResult]:
        """Prepare claims; by UID, what came of it. CallFailedError when one of them is not to be had, has no allocation or is
        another one (dra-semantics 8.1.4).
        """
        # Before its turn, so that a slow API server does not hold up other pods.
        found = {ref: await self._fetch(ref) for ref in refs}
        claims = {ref: claim for ref, claim in found.items() if isinstance(claim, AllocatedClaim)}
        unread = {ref.uid: claim for ref, claim in found.items() if isinstance(claim, PrepareResult)}
        prepared = await self._in_turn(lambda: self._prepare(claims)) if claims else {}
        return unread | prepared

    async def unprepare(self, refs: list[ClaimRef]) -> dict[str, str | None]:
        """Undo that; by UID, what went wrong or None."""
        return await self._in_turn(lambda: self._unprepare(refs))

    async def finish(self, seconds: float) -> None:
        """Let the call that is going on end by itself, for so long."""
        if self._going_on:
            await asyncio.wait(self._going_on, timeout=seconds)
        for task in self._going_on:
            task.cancel()

    async def _fetch(self, ref: ClaimRef) -> AllocatedClaim | PrepareResult:
        """The claim, or what is answered for one that cannot be read."""
        try:
            claim = read_claim(self._name, await self._get_claim(ref.namespace, ref.name))
        except (ClaimError, ConfigError) as error:
            return PrepareResult(error=str(error))
        except RecursionError as error:
            return PrepareResult(error=f"the claim cannot be read: {error}")
        except Exception as error:
            raise CallFailedError(f"retrieve claim {ref.namespace}/{ref.name}: {error}") from error
        if claim is None:
            raise CallFailedError(f"claim {ref.namespace}/{ref.name} not allocated")
        if claim.uid != ref.uid:
            raise CallFailedError(f"claim {ref.namespace}/{ref.name} got replaced")
        return claim

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """A kubelet that gives up on a call asks again: by then the first one must not be half done, nor still at it."""
        await self._lock.acquire()
        task = asyncio.create_task(work())
        self._going_on.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._going_on.discard(task)
        self._lock.release()
        if not task.cancelled():
            # Whoever asked may have gone.
            task.exception()

    async def _prepare(self, claims: Mapping[ClaimRef, AllocatedClaim]) -> dict[str, PrepareResult]:
        changed = [ref for ref, claim in claims.items() if self._prepared.differs(ref.uid, claim.allocation)]
        results = await self._undo_first(changed)
        wanted = {ref: claim for ref, claim in claims.items() if ref.uid not in results}
        self._prepared.note({ref.uid: claim.allocation for ref, claim in wanted.items()})
        answers = await self._ask(wanted)
        # Prepared before this was noted, under an earlier allocation.
        wrong = [ref for ref, claim in wanted.items() if _strange(answers[ref.uid], claim)]
        answers |= await self._undo_first(wrong)
        again = {ref: wanted[ref] for ref in wrong if answers[ref.uid].error is None}
        answers |= await self._ask(again)
        for ref, claim in again.items():
            if strange := _strange(answers[ref.uid], claim):
                text = f"driver prepared {strange}, which the claim's allocation has not"
                answers[ref.uid] = PrepareResult(error=text)
        return {ref.uid: (results | answers)[ref.uid] for ref in claims}

    async def _ask(self, claims: Mapping[ClaimRef, AllocatedClaim]) -> dict[str, PrepareResult]:
        if not claims:
            return {}
        results = await self._driver.prepare(list(claims.values()))
        return {ref.uid: results.get(ref.uid, PrepareResult(error=_NO_RESULT)) for ref in claims}

    async def _undo_first(self, refs: Sequence[ClaimRef]) -> dict[str, PrepareResult]:
        """Unprepare what an earlier allocation has left; by UID, those for which that went wrong."""
        if not refs:
            return {}
        failed = (await self._undo(refs)).items()
        return {
            uid: PrepareResult(error=f"unprepare the claim's earlier allocation: {error}")
            for uid, error in failed
            if error
        }

    async def _unprepare(self, refs: Sequence[ClaimRef]) -> dict[str, str | None]:
        errors = await self._undo(refs)
        self._prepared.forget([uid for uid, error in errors.items() if not error])
        return errors

    async def _undo(self, refs: Sequence[ClaimRef]) -> dict[str, str | None]:
        errors = await self._driver.unprepare(refs)
        return {ref.uid: errors.get(ref.uid, _NO_RESULT) for ref in refs}


def _strange(result: PrepareResult, claim: AllocatedClaim) -> str:
    """A device that was answered and is not the claim's; "" where there is none."""
    own = devices_of(claim.raw["status"]["allocation"])
    answered = ((device.pool_name, device.device_name) for device in result.devices)
    return next((f"{pool}/{name}" for pool, name in answered if name and (pool, name) not in own), "")
