"""Which workloads of a kind a change of a pod concerns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.api.object import ObjectKey
from drakkar.client.changes import ChangeOf
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.ownership import controller_of
from drakkar.controllers.machinery.podstate import SeenPod, is_active
from drakkar.controllers.workloads.selector import selects


def concerned(change: ChangeOf[SeenPod], kind: str, workloads: Mirror[Any]) -> Iterator[ObjectKey]:
    """The keys of its owners before and after, and where it has none of those that may adopt it."""
    old, new = change.old, change.new
    for pod in (old, new):
        owner = controller_of(pod.obj) if pod is not None else None
        if pod is not None and owner is not None and owner["kind"] == kind:
            yield ObjectKey(pod.key.namespace, owner["name"])
    if new is not None and controller_of(new.obj) is None and is_active(new):
        meta = new.it.metadata
        for candidate in workloads.in_namespace(meta.namespace) if meta.labels else ():
            if selects(candidate)(meta.labels):
                yield candidate.key
