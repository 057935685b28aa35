"""The replica sets of a deployment: which is the new one, and the annotations that number and size them; pure."""

from __future__ import annotations

import copy

from drakkar.api.object import Object
from drakkar.api.workloads import Workload
from drakkar.controllers.machinery.ownership import owner_reference
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.podtemplate import same_template, template_hash

SeenWorkload = Seen[Workload]

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
}


def replicas(obj: SeenWorkload) -> int:
    return obj.it.spec.replicas


def available(replica_set: SeenWorkload) -> int:
    return replica_set.it.status.available_replicas


def number(obj: SeenWorkload, annotation: str) -> int:
    """An annotation as a number; -1 when it is none."""
    text = obj.it.metadata.annotations.get(annotation, "")
    return int(text) if text.isdecimal() else -1


def by_age(replica_sets: list[SeenWorkload]) -> list[SeenWorkload]:
    """The oldest first."""
    return sorted(
        replica_sets, key=lambda obj: (obj.it.metadata.creation_timestamp or "", obj.it.metadata.name)
    )


def find_new(deployment: SeenWorkload, replica_sets: list[SeenWorkload]) -> SeenWorkload | None:
    """The replica set with the deployment's template; of several the oldest."""
    template = deployment.obj["spec"]["template"]
    return next(
        (
            candidate
            for candidate in by_age(replica_sets)
            if same_template(candidate.obj["spec"]["template"], template, HASH_LABEL)
        ),
        None,
    )


def next_revision(old: list[SeenWorkload]) -> int:
    return max([0, *(number(obj, REVISION) for obj in old)]) + 1


def new_annotations(
    deployment: SeenWorkload, replica_set: SeenWorkload | None, revision: int, maximum: int
) -> dict[str, str]:
    """What the new replica set's annotations must be. An older revision that is new again keeps its history."""
    held = {} if replica_set is None else replica_set.it.metadata.annotations
    given = deployment.it.metadata.annotations
    copied = {key: value for key, value in given.items() if key not in _NOT_COPIED}
    result = {**held, **copied}
    before = held.get(REVISION, "")
    if not before.isdecimal() or int(before) < revision:
        result[REVISION] = str(revision)
        if before:
            history = [entry for entry in held.get(HISTORY, "").split(",") if entry]
            result[HISTORY] = ",".join([*history, before])
    result[DESIRED] = str(replicas(deployment))
    result[MAXIMUM] = str(maximum)
    return result


def new_replica_set(deployment: SeenWorkload, size: int, annotations: dict[str, str]) -> Object:
    """The replica set for the deployment's present template."""
    spec, meta = deployment.obj["spec"], deployment.it.metadata
    digest = template_hash(spec["template"], deployment.it.status.collision_count or 0)
    template = copy.deepcopy(spec["template"])
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels[HASH_LABEL] = digest
    selector = copy.deepcopy(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    made: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta.name}-{digest}",
            "namespace": meta.namespace,
            "labels": dict(labels),
            "annotations": annotations,
            "ownerReferences": [owner_reference(deployment.obj)],
        },
        "spec": {"replicas": size, "selector": selector, "template": template},
    }
    if deployment.it.spec.min_ready_seconds:
        made["spec"]["minReadySeconds"] = deployment.it.spec.min_ready_seconds
    return made
