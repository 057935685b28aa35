"""The replica sets of a deployment: which is the new one, and the annotations that number and size them; pure."""

from __future__ import annotations

import copy
from typing import Any

from drakkar.controllers.machinery.ownership import owner_reference
from drakkar.controllers.workloads.podtemplate import same_template, template_hash

Object = dict[str, Any]

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


def annotations_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def replicas(obj: Object) -> int:
    count = (obj.get("spec") or {}).get("replicas")
    return 1 if count is None else int(count)


def available(replica_set: Object) -> int:
    return int((replica_set.get("status") or {}).get("availableReplicas") or 0)


def number(obj: Object, annotation: str) -> int:
    """An annotation as a number; -1 when it is none."""
    text = annotations_of(obj).get(annotation, "")
    return int(text) if text.isdecimal() else -1


def by_age(replica_sets: list[Object]) -> list[Object]:
    """The oldest first."""
    return sorted(
        replica_sets,
        key=lambda obj: (obj["metadata"].get("creationTimestamp") or "", obj["metadata"]["name"]),
    )


def find_new(deployment: Object, replica_sets: list[Object]) -> Object | None:
    """The replica set with the deployment's template; of several the oldest."""
    template = deployment["spec"]["template"]
    return next(
        (
            candidate
            for candidate in by_age(replica_sets)
            if same_template(candidate["spec"]["template"], template, HASH_LABEL)
        ),
        None,
    )


def next_revision(old: list[Object]) -> int:
    return max([0, *(number(obj, REVISION) for obj in old)]) + 1


def new_annotations(
    deployment: Object, replica_set: Object | None, revision: int, maximum: int
) -> dict[str, str]:
    """What the new replica set's annotations must be. An older revision that is new again keeps its history."""
    held = {} if replica_set is None else dict(annotations_of(replica_set))
    copied = {key: value for key, value in annotations_of(deployment).items() if key not in _NOT_COPIED}
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


def new_replica_set(deployment: Object, size: int, annotations: dict[str, str]) -> Object:
    """The replica set for the deployment's present template."""
    spec = deployment["spec"]
    collisions = (deployment.get("status") or {}).get("collisionCount") or 0
    digest = template_hash(spec["template"], collisions)
    template = copy.deepcopy(spec["template"])
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels[HASH_LABEL] = digest
    selector = copy.deepcopy(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    made: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{deployment['metadata']['name']}-{digest}",
            "namespace": deployment["metadata"]["namespace"],
            "labels": dict(labels),
            "annotations": annotations,
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {"replicas": size, "selector": selector, "template": template},
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    return made
