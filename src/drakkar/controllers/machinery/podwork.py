"""Making and deleting pods for a workload: with events, in growing batches, and seen in the mirror at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from drakkar.api.core import Pod
from drakkar.api.object import Object
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError
from drakkar.client.resources import PODS
from drakkar.controllers.machinery.batches import AT_ONCE, in_growing_batches
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.seen import Seen

# No more pods than this are made in one pass.
BURST = 500


def namespace_is_ending(error: ApiError) -> bool:
    """Whether a create was refused because the namespace is being deleted, which no retry will change."""
    causes = (error.status.get("details") or {}).get("causes") or []
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return True
    return error.code == 403 and "is being terminated" in error.message


class PodWork:
    """Writes pods on behalf of one controller."""

    def __init__(self, client: Client, pods: Mirror[Pod], events: EventRecorder) -> None:
        self._client = client
        self._pods = pods
        self._events = events

    async def create(self, owner: Seen[Any], wanted: list[Object]) -> None:
        """Make these pods. Batches double, so a quota or a missing account costs a few refusals and not hundreds.

        Raises the first refusal once its batch is through; pods already made stay.
        """
        await in_growing_batches(wanted[:BURST], lambda pod: self._create(owner, pod))

    async def _create(self, owner: Seen[Any], pod: Object) -> None:
        try:
            made = await self._client.create(PODS, pod, pod["metadata"]["namespace"])
        except ApiError as error:
            if not namespace_is_ending(error):
                message = f"Error creating: {error.message or error}"
                self._events.event(owner.obj, "Warning", "FailedCreate", message)
            raise
        self._pods.learn(made)
        message = f"Created pod: {made['metadata']['name']}"
        self._events.event(owner.obj, "Normal", "SuccessfulCreate", message)

    async def delete(self, owner: Seen[Any], doomed: Iterable[Seen[Pod]]) -> None:
        """Delete these very pods; those that are gone already do no harm."""
        doomed = list(doomed)
        for at in range(0, len(doomed), AT_ONCE):
            batch = doomed[at : at + AT_ONCE]
            results = await asyncio.gather(
                *(self._delete(owner, pod) for pod in batch), return_exceptions=True
            )
            failed = [result for result in results if isinstance(result, BaseException)]
            if failed:
                raise failed[0]

    async def _delete(self, owner: Seen[Any], pod: Seen[Pod]) -> None:
        namespace, name = pod.key
        try:
            await self._client.delete(PODS, name, namespace, uid=pod.uid)
        except NotFoundError:
            return
        except ApiError as error:
            # Another pod has the name by now: the one we meant is gone.
            if error.code == 409:
                return
            message = f"Error deleting: {error.message or error}"
            self._events.event(owner.obj, "Warning", "FailedDelete", message)
            raise
        self._pods.learn_deletion(pod.key, pod.uid)
        self._events.event(owner.obj, "Normal", "SuccessfulDelete", f"Deleted pod: {name}")
