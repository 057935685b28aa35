"""The history of a DaemonSet's template, kept in ControllerRevisions."""

from __future__ import annotations

import copy

from drakkar.api.object import Object
from drakkar.api.workloads import ControllerRevision, Workload
from drakkar.client import AlreadyExistsError, Client, ConflictError, NotFoundError
from drakkar.client.resources import CONTROLLERREVISIONS
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.ownership import controlled_by, owner_reference
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.podtemplate import template_hash, without_empty

HASH_LABEL = "controller-revision-hash"


def patch_of(daemon_set: Seen[Workload]) -> Object:
    """What `kubectl rollout undo` applies to come back to this template."""
    template = copy.deepcopy(daemon_set.obj["spec"]["template"])
    return {"spec": {"template": {**template, "$patch": "replace"}}}


def hash_of(revision: Seen[ControllerRevision]) -> str:
    return revision.it.metadata.labels.get(HASH_LABEL, "")


class RevisionHistory:
    """Writes one revision per template, the current one with the greatest number."""

    def __init__(self, client: Client, revisions: Mirror[ControllerRevision]) -> None:
        self._client = client
        self._revisions = revisions

    def of(self, daemon_set: Seen[Workload]) -> list[Seen[ControllerRevision]]:
        """The oldest first."""
        held = self._revisions.controlled(daemon_set.it.metadata.uid)
        return sorted(held, key=lambda revision: revision.it.revision)

    async def current_hash(self, daemon_set: Seen[Workload]) -> str:
        """The hash of the present template, once its revision is written."""
        history, data = self.of(daemon_set), patch_of(daemon_set)
        same = [
            revision for revision in history if without_empty(revision.obj["data"]) == without_empty(data)
        ]
        newest = history[-1].it.revision if history else 0
        if same:
            current, meta = same[-1], same[-1].it.metadata
            if current.it.revision < newest:
                change = {"revision": newest + 1}
                self._revisions.learn(
                    await self._client.patch(CONTROLLERREVISIONS, meta.name, change, meta.namespace)
                )
            return hash_of(current)
        return await self._write(daemon_set, data, newest + 1)

    async def _write(self, daemon_set: Seen[Workload], data: Object, number: int) -> str:
        meta, template = daemon_set.it.metadata, daemon_set.obj["spec"]["template"]
        for collisions in range(8):
            digest = template_hash(template, collisions)
            name = f"{meta.name}-{digest}"
            revision = {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {
                    "name": name,
                    "namespace": meta.namespace,
                    "labels": {**daemon_set.it.spec.template.metadata.labels, HASH_LABEL: digest},
                    "annotations": dict(meta.annotations),
                    "ownerReferences": [owner_reference(daemon_set.obj)],
                },
                "data": data,
                "revision": number,
            }
            try:
                made = await self._client.create(CONTROLLERREVISIONS, revision, meta.namespace)
            except AlreadyExistsError:
                there = await self._client.get(CONTROLLERREVISIONS, name, meta.namespace)
                ours = controlled_by(there, meta.uid)
                if not ours or without_empty(there["data"]) != without_empty(data):
                    continue
                made = there
            self._revisions.learn(made)
            return digest
        raise ConflictError(409, "Conflict", f"no free name for a revision of {meta.name}")

    async def forget(self, daemon_set: Seen[Workload], used: set[str], limit: int) -> None:
        """Delete the oldest unused revisions beyond the limit."""
        idle = [revision for revision in self.of(daemon_set) if hash_of(revision) not in used]
        for revision in idle[: max(0, len(idle) - limit)]:
            namespace, name = revision.key
            try:
                await self._client.delete(CONTROLLERREVISIONS, name, namespace, uid=revision.uid)
            except NotFoundError:
                continue
            self._revisions.learn_deletion(revision.key, revision.uid)
