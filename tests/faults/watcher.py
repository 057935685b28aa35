"""Looks at a cluster from outside, in the order in which things were stored, and holds it to its promises."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import traceback
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from drakkar.client import Client, ClientError, GoneError, Resource, key_of
from drakkar.client.resources import PODS, RESOURCECLAIMS

Object = dict[str, Any]
Key = tuple[str, str]
# A change of either kind now and then tells the watcher that it has seen everything before it.
HEARTBEAT = "heartbeat"
_HEARTBEAT_SECONDS = 0.25
_REQUEST_SECONDS = 10.0
# How many of the last changes of each claim are told of when a promise is broken.
_TOLD = 12


class Broken(AssertionError):
    """A promise was broken; the message says which."""


def devices_of(claim: Object) -> Iterator[tuple[str, str, str]]:
    """The devices that nobody else may have."""
    allocation = (claim.get("status") or {}).get("allocation") or {}
    for result in (allocation.get("devices") or {}).get("results") or ():
        if not result.get("adminAccess") and not result.get("shareID"):
            yield result["driver"], result["pool"], result["device"]


def claims_of(pod: Object) -> Iterator[str]:
    """The names of a pod's claims, as far as they are known."""
    made = {
        one["name"]: one.get("resourceClaimName")
        for one in (pod.get("status") or {}).get("resourceClaimStatuses") or ()
    }
    for entry in pod["spec"].get("resourceClaims") or ():
        name = entry.get("resourceClaimName") or made.get(entry["name"])
        if name:
            yield name


def _told(claim: Object, gone: bool) -> str:
    """A claim at one revision, in one line."""
    meta, status = claim["metadata"], claim.get("status") or {}
    by = max(meta.get("managedFields") or [{}], key=lambda entry: entry.get("time") or "")
    devices = ["/".join(device) for device in devices_of(claim)]
    users = [entry["name"] for entry in status.get("reservedFor") or ()]
    more = [word for word, holds in (("gone", gone), ("ending", meta.get("deletionTimestamp"))) if holds]
    return (
        f"{meta['resourceVersion']} {meta['uid'][:8]} {devices} for {users} {meta.get('finalizers') or []}"
        f" {' '.join(more)} by {by.get('manager')} at {by.get('time')}"
    )


def is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


class State:
    """Pods and claims at one revision."""

    def __init__(self) -> None:
        self.pods: dict[Key, Object] = {}
        self.claims: dict[Key, Object] = {}
        self._history: dict[Key, deque[str]] = defaultdict(lambda: deque(maxlen=_TOLD))

    def history(self, *keys: Key) -> str:
        """The last changes of these claims."""
        return "".join(f"\n{key[1]}:\n  " + "\n  ".join(self._history[key]) for key in keys)

    def apply(self, plural: str, obj: Object, gone: bool) -> None:
        """Take in a change; Broken if it breaks a promise that held before it."""
        objects = self.pods if plural == "pods" else self.claims
        key = key_of(obj)
        old = objects.pop(key, None)
        if not gone:
            objects[key] = obj
        if plural == "pods":
            if not gone and (old is None or not old["spec"].get("nodeName")):
                self._check_pod(obj)
            return
        self._history[key].append(_told(obj, gone))
        if not gone:
            self._check_devices(key, obj)
        for pod in self._users(key):
            self._check_pod(pod)

    def check(self) -> None:
        """Everything, as after a gap."""
        for key, claim in self.claims.items():
            self._check_devices(key, claim)
        for pod in self.pods.values():
            self._check_pod(pod)

    def _users(self, key: Key) -> Iterator[Object]:
        for other, pod in self.pods.items():
            if other[0] == key[0] and key[1] in claims_of(pod):
                yield pod

    def _check_devices(self, key: Key, claim: Object) -> None:
        mine = set(devices_of(claim))
        if not mine:
            return
        for other, held in self.claims.items():
            if other != key and not mine.isdisjoint(devices_of(held)):
                where = claim["metadata"]["resourceVersion"]
                raise Broken(
                    f"{mine & set(devices_of(held))} is in claims {other[1]} and {key[1]} at {where}"
                    f"{self.history(other, key)}"
                )

    def _check_pod(self, pod: Object) -> None:
        """Whoever is bound and not over has its claims."""
        if not pod["spec"].get("nodeName") or is_over(pod) or pod["metadata"].get("deletionTimestamp"):
            return
        namespace, name = key_of(pod)
        for claim_name in claims_of(pod):
            claim = self.claims.get((namespace, claim_name))
            status = (claim or {}).get("status") or {}
            uids = [entry.get("uid") for entry in status.get("reservedFor") or ()]
            if not status.get("allocation") or pod["metadata"]["uid"] not in uids:
                raise Broken(
                    f"pod {name} ({pod['metadata']['uid']}) is bound to {pod['spec']['nodeName']} and is at"
                    f" {pod['metadata']['resourceVersion']}; its claim {claim_name} is"
                    f" {claim and claim['metadata']['resourceVersion']} {status}"
                )


class Watcher:
    """Follows pods and claims of the whole cluster by a client of its own. `broken` is the first broken promise."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.state = State()
        self.broken: Broken | None = None
        self.changes = self.gaps = self.beats = 0
        # What came of the last heartbeat that went wrong.
        self.missed = ""
        self.moved = asyncio.Event()
        self._seen: dict[str, int] = {}
        self._whole_from = 0
        self._checking = False
        self._waiting: list[tuple[int, int, str, str, Object]] = []
        self._serial = itertools.count()

    async def run(self) -> None:
        """Watch until cancelled. Should that come to an end by itself, all that is seen from then on is old."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beat())
                group.create_task(self._follow_both())
        except* Exception as failed:
            told = "".join(traceback.format_exception(failed))
            self.broken = self.broken or Broken(f"the watcher itself failed:\n{told}")
            self.moved.set()

    async def _beat(self) -> None:
        count = itertools.count()
        while True:
            for resource in (PODS, RESOURCECLAIMS):
                label = {"metadata": {"labels": {"beat": str(next(count))}}}
                try:
                    async with asyncio.timeout(_REQUEST_SECONDS):
                        await self._client.patch(resource, HEARTBEAT, label, "default")
                    self.beats += 1
                except (ClientError, TimeoutError) as error:
                    # The server is away, and nothing happens there.
                    self.missed = str(error) or "no answer"
            await asyncio.sleep(_HEARTBEAT_SECONDS)

    @property
    def lag(self) -> str:
        """How far it has come, for those who wonder what it has not seen."""
        waiting = len(self._waiting)
        return (
            f"watcher at {self._seen}, {waiting} changes wait, {self.beats} beats, last miss: {self.missed}"
        )

    async def _follow_both(self) -> None:
        while True:
            try:
                lists = [(resource, await self._client.list(resource)) for resource in (PODS, RESOURCECLAIMS)]
            except ClientError:
                await asyncio.sleep(0.05)
                continue
            self._begin(lists)
            try:
                async with asyncio.TaskGroup() as group:
                    for resource, answer in lists:
                        group.create_task(self._follow(resource, answer["metadata"]["resourceVersion"]))
            except* GoneError:
                # What was in between is lost to us: begin anew with both, so that they fit together.
                self.gaps += 1

    def _begin(self, lists: list[tuple[Resource, Object]]) -> None:
        self._waiting.clear()
        self._checking = False
        for resource, answer in lists:
            self._seen[resource.plural] = int(answer["metadata"]["resourceVersion"])
            objects = {key_of(obj): obj for obj in answer["items"]}
            if resource is PODS:
                self.state.pods = objects
            else:
                self.state.claims = objects
        self._whole_from = max(self._seen.values())

    async def _follow(self, resource: Resource, version: str) -> None:
        while True:
            try:
                async for kind, obj in self._client.watch(resource, resource_version=version):
                    version = obj["metadata"]["resourceVersion"]
                    self._take(resource.plural, int(version), kind, obj)
            except GoneError:
                raise
            except ClientError:
                await asyncio.sleep(0.05)

    def _take(self, plural: str, version: int, kind: str, obj: Object) -> None:
        """Note a change, and look at all those before which nothing can come any more."""
        if kind != "BOOKMARK":
            heapq.heappush(self._waiting, (version, next(self._serial), plural, kind, obj))
        self._seen[plural] = version
        safe = min(self._seen.values())
        while self._waiting and self._waiting[0][0] <= safe:
            at, _, which, what, changed = heapq.heappop(self._waiting)
            try:
                if at > self._whole_from and not self._checking:
                    self._checking = True
                    self.state.check()
                self._apply(which, changed, what == "DELETED")
            except Broken as broken:
                self.broken = self.broken or broken
        self.moved.set()

    def _apply(self, plural: str, obj: Object, gone: bool) -> None:
        self.changes += 1
        if self._checking:
            self.state.apply(plural, obj, gone)
            return
        objects = self.state.pods if plural == "pods" else self.state.claims
        objects.pop(key_of(obj), None)
        if not gone:
            objects[key_of(obj)] = obj
