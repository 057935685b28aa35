"""What the scheduler writes about pods: bindings, the PodScheduled condition, and events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from drakkar.api.core import ExtendedResourceMapping
from drakkar.api.object import Object
from drakkar.api.resource import encode
from drakkar.api.time import time_text
from drakkar.client import Client, ClientError, ConflictError, EventRecorder, NotFoundError
from drakkar.client.resources import PODS

from .doubts import CONFLICT_ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, REQUEST_TIMEOUT, Doubts

log = logging.getLogger(__name__)


class NotBoundError(Exception):
    """The pod cannot be bound by this attempt; the message says why."""


class PodBinder:
    """Binds pods, each binding conditional on the version of the pod it was decided for."""

    def __init__(self, client: Client, doubts: Doubts) -> None:
        self._client = client
        self._doubts = doubts

    async def bind(self, pod: Object, node: str) -> None:
        """Bind the pod to the node. NotBoundError if it has gone, ends or was bound elsewhere in the meantime."""
        await self._write(pod, lambda current: self._send(current, node), node)

    async def tell_claim(
        self, pod: Object, claim: str, mappings: Iterable[ExtendedResourceMapping]
    ) -> Object:
        """Name the claim for the pod's extended resources in its status, and which of its requests are for which container;
        the pod as it is then. NotBoundError.
        """
        told = {"resourceClaimName": claim, "requestMappings": [encode(one) for one in mappings]}

        async def send(current: Object) -> Object:
            meta = current["metadata"]
            body = {
                "metadata": {name: meta[name] for name in ("uid", "resourceVersion")},
                "status": {"extendedResourceClaimStatus": told},
            }
            request = self._client.patch(
                PODS, meta["name"], body, namespace=meta["namespace"], kind="strategic", subresource="status"
            )
            return await self._doubts.send(meta["uid"], meta["resourceVersion"], request)

        return await self._write(pod, send)

    async def _write(
        self, pod: Object, send: Callable[[Object], Awaitable[Object]], node: str = ""
    ) -> Object:
        """What `send` makes of the pod as it is now, which is on no node; `pod` where it is on this one already."""
        current: Object | None = pod
        for attempt in range(CONFLICT_ATTEMPTS):
            if attempt:
                # Its status changes by other hands all the time; only a change that matters ends the attempt.
                current = await self._get(pod)
            if current is None or current["metadata"].get("deletionTimestamp"):
                raise NotBoundError("pod got deleted in the meantime")
            has = (current.get("spec") or {}).get("nodeName")
            if has and has == node:
                return pod
            if has:
                raise NotBoundError(f"pod got bound to {has} in the meantime")
            try:
                return await send(current)
            except ConflictError as error:
                refusal: Exception = error
            except NotFoundError:
                raise NotBoundError("pod got deleted in the meantime") from None
        raise refusal

    async def _send(self, pod: Object, node: str) -> Object:
        meta = pod["metadata"]
        carried = ("name", "namespace", "uid", "resourceVersion")
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {name: meta[name] for name in carried},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        request = self._client.post_subresource(PODS, meta["name"], "binding", binding, meta["namespace"])
        return await self._doubts.send(meta["uid"], meta["resourceVersion"], request)

    async def settle(self, pod: Object) -> str:
        """The node that the pod is bound to, or nothing, once no earlier binding of ours can change that any more.

        Goes on until that is certain, however long the server is away.
        """
        uid, pause = pod["metadata"]["uid"], FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT):
                    current = await self._get(pod)
                    node = str(((current or {}).get("spec") or {}).get("nodeName") or "")
                    version = (
                        current["metadata"]["resourceVersion"] if current is not None and not node else ""
                    )
                    if current is not None and version and self._doubts.hangs_on(uid, version):
                        # The next look at it tells whether it has moved.
                        await self.make_void(current)
                        continue
                    self._doubts.dispel(uid, version)
                    return node
            except (ConflictError, NotFoundError):
                pass
            except (ClientError, TimeoutError) as error:
                name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                log.warning(
                    "pod %s: not yet certain whether it is bound: %s", name, str(error) or "no answer"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def make_void(self, pod: Object) -> None:
        """Move the pod past this version, so that a binding that was sent for it is refused. ConflictError if it has moved."""
        meta = pod["metadata"]
        # The version makes it something that was not there before: a write that changes nothing moves nothing.
        why = f"a binding at version {meta['resourceVersion']} was not acknowledged and is made void"
        body = {
            "metadata": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]},
            "status": {"conditions": [_not_scheduled(pod, why, "SchedulerError")]},
        }
        await self._client.patch(
            PODS, meta["name"], body, namespace=meta["namespace"], kind="strategic", subresource="status"
        )

    async def _get(self, pod: Object) -> Object | None:
        meta = pod["metadata"]
        try:
            current = await self._client.get(PODS, meta["name"], meta["namespace"])
        except NotFoundError:
            return None
        return current if current["metadata"].get("uid") == meta["uid"] else None


def tell_bound(events: EventRecorder, pod: Object, node: str) -> None:
    """The event of a pod that got its node."""
    meta = pod["metadata"]
    events.event(
        pod, "Normal", "Scheduled", f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
    )


def tell_waiting(events: EventRecorder, pod: Object, node: str) -> None:
    """The event of a pod whose devices are being made ready."""
    message = f"waiting for binding conditions for device on node {node}"
    events.event(pod, "Normal", "BindingConditionsPending", message)


def _not_scheduled(pod: Object, message: str, reason: str) -> Object:
    generation = pod["metadata"].get("generation")
    return {
        **({} if generation is None else {"observedGeneration": generation}),
        "type": "PodScheduled",
        "status": "False",
        "reason": reason,
        "message": message,
        "lastProbeTime": None,
        "lastTransitionTime": time_text(datetime.now(UTC)),
    }


async def report_failure(
    client: Client, events: EventRecorder, pod: Object, message: str, error: bool, node: str | None = ""
) -> bool:
    """Tell why the pod stays pending, in an event and in its PodScheduled condition, and which node it waits for: nothing for
    none, None where that stays as it is. False if the pod is there no more.
    """
    events.event(pod, "Warning", "FailedScheduling", message)
    reason, before = "SchedulerError" if error else "Unschedulable", pod.get("status") or {}
    status: Object = {}
    told = [
        (old.get("status"), old.get("reason"), old.get("message"))
        for old in before.get("conditions") or []
        if old.get("type") == "PodScheduled"
    ]
    if ("False", reason, message) not in told:
        status["conditions"] = [_not_scheduled(pod, message, reason)]
    if node is not None and node != (before.get("nominatedNodeName") or ""):
        status["nominatedNodeName"] = node or None
    if not status:
        return True
    meta = pod["metadata"]
    body = {"metadata": {"uid": meta["uid"]}, "status": status}
    try:
        await client.patch(
            PODS, meta["name"], body, namespace=meta["namespace"], kind="strategic", subresource="status"
        )
    except (NotFoundError, ConflictError):
        return False
    return True
