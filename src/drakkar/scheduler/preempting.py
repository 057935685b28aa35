"""Having pods go for the sake of a more important one: each is told why, and then deleted, once and no more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.time import time_text
from drakkar.client import Client, ClientError, ConflictError, EventRecorder, NotFoundError
from drakkar.client.errors import UnreachableError
from drakkar.client.resources import PODS
from drakkar.placement import Victim, leaves_for_others

from .doubts import FIRST_PAUSE, LONGEST_PAUSE
from .room import Room

log = logging.getLogger(__name__)

# How many requests are under way at once, for all who make room.
_AT_ONCE = 16


class Preempting:
    """What is under way. The pod for which room is made waits for its node in the server's eyes before anybody goes: whoever
    takes over from this process then knows what was begun.

    A deletion whose answer was lost is sent again until it is certain what became of it. It is about one pod by its uid, so that
    what arrives late does nothing more.
    """

    def __init__(
        self,
        client: Client,
        events: EventRecorder,
        name: str,
        latest: Callable[[ObjectKey], Object | None],
        call_back: Callable[[Uid], bool],
    ) -> None:
        """`latest` gives a pod as the watch has shown it. `call_back` keeps a pod from a node that it is on its way to, if it is
        not too late for that.
        """
        self._client, self._events, self._name = client, events, name
        self._latest, self._call_back = latest, call_back
        self._requests = asyncio.Semaphore(_AT_ONCE)
        # For whom room is being made, and whether their turn has come meanwhile.
        self._under_way: dict[Uid, bool] = {}
        # Who was deleted, or is just being so, and has not been seen to go.
        self._leaving: set[Uid] = set()

    # What others ask.

    def holds(self, uid: str) -> bool:
        """Whether the pod has to wait until those who make room for it have been told."""
        held = Uid(uid) in self._under_way
        if held:
            self._under_way[Uid(uid)] = True
        return held

    def leaves(self, pod: Pod) -> bool:
        """Whether a pod makes room already."""
        return pod.metadata.uid in self._leaving or leaves_for_others(pod)

    def saw(self, pod: Object, gone: bool) -> None:
        """The watch has shown a pod."""
        if self._leaving and (gone or pod["metadata"].get("deletionTimestamp")):
            self._leaving.discard(Uid(pod["metadata"].get("uid", "")))

    # What is done.

    def begin(self, pod: Object) -> None:
        """Room is to be made for the pod; `make_room` or `give_up` follows."""
        self._under_way[Uid(pod["metadata"]["uid"])] = False

    def give_up(self, pod: Object) -> None:
        """Nothing comes of it."""
        self._under_way.pop(Uid(pod["metadata"]["uid"]), None)

    async def make_room(self, pod: Object, room: Room, noted: bool | None, before: Iterable[Object]) -> bool:
        """Have them go. `noted`: whether the server has been told of the pod's node, None where that is not known. `before` are
        pods that wait for that node in vain now. Whether the pod is to be tried again at once: something failed, or its turn came
        meanwhile.
        """
        uid = Uid(pod["metadata"]["uid"])
        try:
            if noted is None:
                noted = await self._note(pod, room.node or "")
            if not noted or not self._waits(pod):
                return True
            for one in before:
                await self.forget(one)
            done = await asyncio.gather(*(self._surely_gone(pod, one, room) for one in room.victims))
            return not all(done) or self._under_way[uid]
        finally:
            self.give_up(pod)

    async def _note(self, pod: Object, node: str) -> bool:
        """Have the server know which node the pod waits for; False if the pod is there no more."""
        try:
            await self._answered(lambda: self._patch(pod, {"nominatedNodeName": node or None}), pod)
        except (NotFoundError, ConflictError):
            return False
        except ClientError as error:
            # Nobody may write it: it can be done without, as upstream does.
            log.warning("pod %s/%s: that it waits for %s was not written: %s", *key_of(pod), node, error)
        return True

    async def forget(self, pod: Object) -> None:
        """Have the server know that the pod waits for no node; it will be told so again when its turn comes."""
        if not (pod.get("status") or {}).get("nominatedNodeName"):
            return
        try:
            await self._patch(pod, {"nominatedNodeName": None})
        except (NotFoundError, ConflictError):
            return
        except ClientError as error:
            log.warning("pod %s/%s: that it waits for no node was not written: %s", *key_of(pod), error)

    async def _surely_gone(self, pod: Object, victim: Victim, room: Room) -> bool:
        """Have one go; whether that is done, by whomever."""
        there, uid = self._latest(victim.key), victim.pod.metadata.uid
        if there is None or there["metadata"]["uid"] != uid or there["metadata"].get("deletionTimestamp"):
            return True
        if uid in self._leaving:
            return True
        told = f"Preempted by pod {pod['metadata']['uid']} on node {room.node}"
        if self._call_back(uid):
            self._tell(there, f"{told} (in kube-scheduler memory).")
            return True
        self._leaving.add(uid)
        try:
            if await self._deleted(there, pod):
                self._tell(there, told)
            return True
        except ClientError as error:
            log.error("pod %s/%s could not be made to go: %s", *victim.key, error)
            self._leaving.discard(uid)
            return False

    async def _deleted(self, victim: Object, pod: Object) -> bool:
        """Whether it was we who deleted it. ClientError where that may not be."""
        meta = victim["metadata"]
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "observedGeneration": meta.get("generation") or None,
            "lastProbeTime": None,
            "lastTransitionTime": time_text(datetime.now(UTC)),
            "reason": "PreemptionByScheduler",
            "message": f"{self._name}: preempting to accommodate a higher priority pod",
        }
        try:
            await self._answered(lambda: self._patch(victim, {"conditions": [condition]}), victim)
            if not self._waits(pod):
                self._leaving.discard(Uid(meta["uid"]))
                return False
            return await self._answered(
                lambda: self._client.delete(PODS, meta["name"], meta["namespace"], uid=meta["uid"]), victim
            )
        except (NotFoundError, ConflictError):
            return False

    async def _answered(self, request: Callable[[], Awaitable[Object]], pod: Object) -> bool:
        """Send a request until there is an answer; True for one that says that it was done, now or at a time before."""
        pause, lost = FIRST_PAUSE, False
        while True:
            try:
                async with self._requests:
                    await request()
                return True
            except (NotFoundError, ConflictError):
                # Who is gone was deleted by the request that nobody answered.
                if lost:
                    return True
                raise
            except ClientError as error:
                if not error.maybe_applied and not isinstance(error, UnreachableError):
                    raise
                lost = lost or error.maybe_applied
                log.warning("pod %s/%s: not yet certain: %s", *key_of(pod), str(error) or "no answer")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _waits(self, pod: Object) -> bool:
        """Whether the one for whom room is made is still there."""
        there = self._latest(key_of(pod))
        if there is None or there["metadata"]["uid"] != pod["metadata"]["uid"]:
            return False
        return not there["metadata"].get("deletionTimestamp") and not there["spec"].get("nodeName")

    async def _patch(self, pod: Object, status: Object) -> Object:
        meta = pod["metadata"]
        body = {"metadata": {"uid": meta["uid"]}, "status": status}
        return await self._client.patch(
            PODS, meta["name"], body, namespace=meta["namespace"], kind="strategic", subresource="status"
        )

    def _tell(self, victim: Object, message: str) -> None:
        self._events.event(victim, "Normal", "Preempted", message, action="Preempting")
