"""The history of a workload's template, kept in ControllerRevisions."""

from __future__ import annotations

import copy
from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.api.workloads import ControllerRevision, Workload
from drakkar.client import AlreadyExistsError, Client, ConflictError, NotFoundError
from drakkar.client.resources import CONTROLLERREVISIONS
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.ownership import controlled_by, owner_reference
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.podtemplate import template_hash, without_empty

# Of each pod, and of the revisions of DaemonSets.
HASH_LABEL = "controller-revision-hash"
_KEPT = 10
_TRIES = 8


def patch_of(workload: Seen[Workload]) -> Object:
    """What `kubectl rollout undo` applies to come back to this template."""
    template = copy.deepcopy(workload.obj["spec"]["template"])
    return {"spec": {"template": {**template, "$patch": "replace"}}}


def template_of(revision: Seen[ControllerRevision]) -> Object:
    """The template that a revision keeps."""
    kept = revision.obj["data"]["spec"]["template"]
    return {name: value for name, value in kept.items() if name != "$patch"}


class RevisionHistory:
    """Writes one revision per template, the current one with the greatest number."""

    def __init__(self, client: Client, revisions: Mirror[ControllerRevision], hash_label: str) -> None:
        """`hash_label` is where a revision says the hash of its template."""
        self._client = client
        self._revisions = revisions
        self._hash_label = hash_label

    def hash_of(self, revision: Seen[ControllerRevision]) -> str:
        return revision.it.metadata.labels.get(self._hash_label, "")

    def of(self, workload: Seen[Workload]) -> list[Seen[ControllerRevision]]:
        """The oldest first."""
        held = self._revisions.controlled(workload.it.metadata.uid)
        return sorted(held, key=lambda revision: revision.it.revision)

    async def current(
        self, workload: Seen[Workload], collisions: int = 0
    ) -> tuple[Seen[ControllerRevision], int]:
        """The revision of the present template, once it is written, and how many names were found taken, those told
        included."""
        history, data = self.of(workload), patch_of(workload)
        same = [
            revision for revision in history if without_empty(revision.obj["data"]) == without_empty(data)
        ]
        newest = history[-1].it.revision if history else 0
        if not same:
            return await self._write(workload, data, newest + 1, collisions)
        current, meta = same[-1], same[-1].it.metadata
        if current.it.revision < newest:
            change = {"revision": newest + 1}
            answer = await self._client.patch(CONTROLLERREVISIONS, meta.name, change, meta.namespace)
            return self._learnt(answer), collisions
        return current, collisions

    def _learnt(self, answer: Object) -> Seen[ControllerRevision]:
        self._revisions.learn(answer)
        metadata = answer["metadata"]
        held = self._revisions.get(metadata["namespace"], metadata["name"])
        if held is None:
            raise ConflictError(409, "Conflict", f"the revision {metadata['name']} is gone again")
        return held

    async def _write(
        self, workload: Seen[Workload], data: Object, number: int, collisions: int
    ) -> tuple[Seen[ControllerRevision], int]:
        meta, template = workload.it.metadata, workload.obj["spec"]["template"]
        for taken in range(collisions, collisions + _TRIES):
            digest = template_hash(template, taken)
            name = f"{meta.name}-{digest}"
            revision = {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {
                    "name": name,
                    "namespace": meta.namespace,
                    "labels": {**workload.it.spec.template.metadata.labels, self._hash_label: digest},
                    "annotations": dict(meta.annotations),
                    "ownerReferences": [owner_reference(workload.obj)],
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
            return self._learnt(made), taken
        raise ConflictError(409, "Conflict", f"no free name for a revision of {meta.name}")

    async def forget(
        self, workload: Seen[Workload], is_used: Callable[[Seen[ControllerRevision]], bool]
    ) -> None:
        """Delete the oldest revisions that are not used, beyond the workload's limit."""
        given = workload.it.spec.revision_history_limit
        limit = _KEPT if given is None else given
        idle = [revision for revision in self.of(workload) if not is_used(revision)]
        for revision in idle[: max(0, len(idle) - limit)]:
            namespace, name = revision.key
            try:
                await self._client.delete(CONTROLLERREVISIONS, name, namespace, uid=revision.uid)
            except NotFoundError:
                continue
            self._revisions.learn_deletion(revision.key, revision.uid)
