"""What a node tells the API server of a pod: its status, and that nothing is left of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from drakkar.api.meta import ObjectMeta
from drakkar.client import Client, ConflictError, ForbiddenError, InvalidError, NotFoundError
from drakkar.client.resources import PODS
from drakkar.kubelet.pods.status import clearing

_log = logging.getLogger(__name__)


async def write_status(
    client: Client, meta: ObjectMeta, status: dict[str, Any], stored: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """The pod with its new status; None where it is not there any more, or not this node's. `stored` are the conditions
    that its status has.
    """
    body = {"metadata": {"uid": meta.uid}, "status": clearing(status, stored)}
    try:
        return await client.patch(PODS, meta.name, body, meta.namespace, "strategic", "status")
    except (NotFoundError, ConflictError, ForbiddenError) as error:
        # It was removed, and perhaps made anew under another UID, or is not ours any more: the watch will say.
        _log.info("pod %s/%s: status not written: %s", meta.namespace, meta.name, error)
        return None
    except InvalidError as error:
        # In a patch another UID is not a precondition that does not hold, but a field that may not change.
        if not _of_another(error):
            raise
        _log.info("pod %s/%s: status not written, for another has its name", meta.namespace, meta.name)
        return None


def _of_another(error: InvalidError) -> bool:
    causes = (error.status.get("details") or {}).get("causes") or ()
    return any(cause.get("field") == "metadata.uid" for cause in causes)


async def remove(client: Client, meta: ObjectMeta) -> None:
    """The node is done with a deleted pod."""
    try:
        await client.delete(PODS, meta.name, meta.namespace, grace_period_seconds=0, uid=meta.uid)
    except (NotFoundError, ConflictError, ForbiddenError) as error:
        _log.info("pod %s/%s: not deleted: %s", meta.namespace, meta.name, error)
