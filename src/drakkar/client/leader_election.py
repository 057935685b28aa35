"""Leader election by a Lease, with the fields and times of client-go's: of several who would work, one does.

A lease alone keeps nobody from writing: whoever lost it may not know yet. So the leader's right to write ends on its
own clock, well before anybody else could have taken the lease, and `Leadership.check` refuses from then on.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import socket
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from drakkar.api.object import Object
from drakkar.api.time import micro_time_text
from drakkar.client.errors import ClientError, ConflictError, LeadershipLostError, NotFoundError
from drakkar.client.resources import LEASES
from drakkar.client.rest import Client

_log = logging.getLogger(__name__)
# Asking may not take longer than the right to lead that is left; it is bounded here as well.
_REQUEST_SECONDS = 5.0


def _identity() -> str:
    return f"{socket.gethostname()}_{uuid.uuid4()}"


@dataclass(frozen=True, slots=True)
class Election:
    """Which Lease is stood for, as whom, and the times, in seconds; ValueError where they cannot work.

    `renew` is how long a leader may go on without having renewed, `lease` how long everybody else waits after the last
    renewal that they saw: the difference is what clocks and pauses may go wrong by.
    """

    name: str
    namespace: str = "kube-system"
    identity: str = field(default_factory=_identity)
    lease: float = 15.0
    renew: float = 10.0
    retry: float = 2.0

    def __post_init__(self) -> None:
        if not self.lease >= 1:
            raise ValueError("the lease duration must be at least a second")
        if not self.lease > self.renew:
            raise ValueError("the lease duration must be greater than the renew deadline")
        if not self.renew > self.retry * 1.2 or self.retry <= 0:
            raise ValueError("the renew deadline must be greater than the retry period times 1.2")


def clock() -> float:
    """Seconds that also pass while the machine sleeps, where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Leadership:
    """The right to write, as long as it is renewed."""

    def __init__(self, now: Callable[[], float] = clock) -> None:
        self._now = now
        self.until = 0.0

    @property
    def left(self) -> float:
        """Seconds until the right ends."""
        return self.until - self._now()

    def check(self) -> None:
        """Return while the right to write holds; LeadershipLostError afterwards."""
        if self.left <= 0:
            raise LeadershipLostError("leader election lost: another may lead by now")


class Elector:
    """Stands for one lease. `client` must not be the one whose writes the leadership guards."""

    def __init__(self, client: Client, election: Election, now: Callable[[], float] = clock) -> None:
        self._client = client
        self._election = election
        self._now = now
        self.leadership = Leadership(now)
        self._lease: Object | None = None
        # What was seen last, and when by our own clock: others' clocks say nothing here.
        self._seen: tuple[Any, float] = (None, 0.0)

    async def acquire(self) -> None:
        """Return once this one leads."""
        told = ""
        while not await self._try():
            holder = str(((self._lease or {}).get("spec") or {}).get("holderIdentity") or "")
            if holder and holder != told:
                _log.info("%s leads; waiting for lease %s", holder, self._name)
                told = holder
            await asyncio.sleep(self._election.retry)
        _log.info("leading: lease %s is held by %s", self._name, self._election.identity)

    async def keep(self) -> None:
        """Renew until it cannot be done in time: then another may lead, and this returns."""
        while self.leadership.left > 0:
            await asyncio.sleep(min(self._election.retry, max(self.leadership.left, 0)))
            if self.leadership.left > 0 and not await self._try():
                holder = str(((self._lease or {}).get("spec") or {}).get("holderIdentity") or "")
                if holder and holder != self._election.identity:
                    # Somebody took it, which an administrator may do by hand.
                    self.leadership.until = 0.0
        _log.error("leader election lost: lease %s", self._name)

    async def release(self) -> None:
        """Let the next one lead at once. Whatever the leader wrote must have been answered before."""
        if self.leadership.left <= 0 or self._lease is None:
            return
        self.leadership.until = 0.0
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                await self._give_up(self._lease)
        except (ClientError, TimeoutError) as error:
            _log.warning("lease %s is not released: %s", self._name, str(error) or "no answer")

    async def _give_up(self, lease: Object) -> None:
        given_up = {"holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            await self._client.update(
                LEASES, {**lease, "spec": {**lease["spec"], **given_up, **_times(acquire=True)}}
            )
        except ConflictError:
            # A renewal was under way when this one stopped renewing, and its answer was not heard.
            election = self._election
            lease = await self._client.get(LEASES, election.name, election.namespace)
            if (lease.get("spec") or {}).get("holderIdentity") != election.identity:
                return
            await self._client.update(
                LEASES, {**lease, "spec": {**lease["spec"], **given_up, **_times(acquire=True)}}
            )

    @property
    def _name(self) -> str:
        return f"{self._election.namespace}/{self._election.name}"

    async def _try(self) -> bool:
        """Take or renew the lease; whether this one leads now."""
        began = self._now()
        limit = min(_REQUEST_SECONDS, self.leadership.left) if self.leadership.left > 0 else _REQUEST_SECONDS
        try:
            async with asyncio.timeout(limit):
                written = await self._write(began)
        except (ClientError, TimeoutError) as error:
            _log.warning("lease %s: %s", self._name, str(error) or "no answer in time")
            # What is stored now is not known: it is read before it is written again.
            self._lease = None
            return False
        if written is None:
            return False
        self._lease = written
        # From before the request was sent: nobody can have seen this renewal earlier.
        self.leadership.until = began + self._election.renew
        return True

    async def _write(self, now: float) -> Object | None:
        election = self._election
        if self._lease is None or self.leadership.left <= 0:
            try:
                self._lease = await self._client.get(LEASES, election.name, election.namespace)
            except NotFoundError:
                return await self._client.create(LEASES, self._new(), election.namespace)
        spec = self._lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        record = (holder, spec.get("renewTime"), spec.get("acquireTime"), spec.get("leaseTransitions"))
        if self._seen[0] != record:
            self._seen = record, now
        if holder not in ("", election.identity):
            seconds = spec.get("leaseDurationSeconds")
            if now < self._seen[1] + (seconds if isinstance(seconds, int) else election.lease):
                return None
        ours = holder == election.identity
        transitions = spec.get("leaseTransitions") or 0
        changed = {
            **spec,
            "holderIdentity": election.identity,
            "leaseDurationSeconds": int(election.lease),
            "leaseTransitions": transitions if ours or not isinstance(transitions, int) else transitions + 1,
            **_times(acquire=not ours),
        }
        return await self._client.update(LEASES, {**self._lease, "spec": changed})

    def _new(self) -> Object:
        election = self._election
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": election.name, "namespace": election.namespace},
            "spec": {
                "holderIdentity": election.identity,
                "leaseDurationSeconds": int(election.lease),
                "leaseTransitions": 0,
                **_times(acquire=True),
            },
        }


def _times(acquire: bool) -> dict[str, str]:
    stamp = micro_time_text(datetime.datetime.now(datetime.UTC))
    return {"renewTime": stamp, **({"acquireTime": stamp} if acquire else {})}


class _Aside:
    """An event loop in a thread of its own: what is done there goes on while the caller's loop is busy."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lease", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """The end of `work`, which is cancelled with it."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def close(self) -> None:
        """Nothing may be under way any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def lead(
    client: Client,
    asking: Client,
    election: Election,
    stop: asyncio.Event,
    work: Callable[[], Awaitable[None]],
) -> None:
    """Wait for the lease, then do `work` until it ends or `stop` is set, and let the lease go. LeadershipLostError when it is
    lost.

    `work` must end soon after `stop` is set. `client` is what it writes with: from the moment the lease can no longer be
    counted on it sends no write. `asking` is a client of the same server that is used for the lease alone, and closed
    here: the lease is kept by a thread of its own, whatever `work` is busy with.
    """
    elector = Elector(asking, election)
    client.before_write = elector.leadership.check
    aside = _Aside()
    stopping = asyncio.ensure_future(stop.wait())
    acquiring = aside.do(elector.acquire())
    tasks: list[asyncio.Future[Any]] = [stopping, acquiring]
    try:
        await asyncio.wait((acquiring, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not acquiring.done():
            return
        acquiring.result()
        keeping = aside.do(elector.keep())
        working = asyncio.ensure_future(work())
        tasks += [keeping, working]
        await asyncio.wait((keeping, working), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise LeadershipLostError(f"leader election lost: lease {election.namespace}/{election.name}")
        working.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await aside.do(_ended(elector, asking))
        aside.close()


async def _ended(elector: Elector, asking: Client) -> None:
    await elector.release()
    await asking.aclose()
