"""Which pods of a StatefulSet go for a rolling update, and what its status counts; pure."""

from __future__ import annotations

import datetime

from drakkar.api.object import Object
from drakkar.api.workloads import RollingUpdate
from drakkar.controllers.machinery.podstate import SeenPod, available_in, is_ready, phase
from drakkar.controllers.workloads.controller_revisions import HASH_LABEL
from drakkar.controllers.workloads.rollout import resolve
from drakkar.controllers.workloads.stateful_identity import SeenSet

PARALLEL = "Parallel"


def revision_of(pod: SeenPod) -> str:
    """The name of the revision that a pod is of."""
    return pod.it.metadata.labels.get(HASH_LABEL, "")


def is_running(pod: SeenPod) -> bool:
    """Running and ready."""
    return phase(pod) == "Running" and is_ready(pod)


def is_available(stateful_set: SeenSet, pod: SeenPod, moment: datetime.datetime) -> bool:
    return available_in(pod, stateful_set.it.spec.min_ready_seconds, moment) == 0


def serves(stateful_set: SeenSet, pod: SeenPod, moment: datetime.datetime) -> bool:
    """Available, and not on its way out."""
    return not pod.is_deleting and is_available(stateful_set, pod, moment)


def may_be_missing(stateful_set: SeenSet) -> int:
    """How many pods may be missing at one time for an update; at least one."""
    rolling = stateful_set.it.spec.update_strategy.rolling_update or RollingUpdate()
    given = 1 if rolling.max_unavailable is None else rolling.max_unavailable
    return max(1, resolve(given, stateful_set.it.spec.replicas, False))


def outdated(
    stateful_set: SeenSet, pods: list[SeenPod], revision: str, moment: datetime.datetime
) -> list[SeenPod]:
    """Those that go now, of the pods of all its numbers in their order, so that new ones of the revision come."""
    rolling = stateful_set.it.spec.update_strategy.rolling_update or RollingUpdate()
    missing = sum(not serves(stateful_set, pod, moment) for pod in pods)
    left = may_be_missing(stateful_set) - missing
    old = [
        pod
        for pod in reversed(pods[rolling.partition :])
        if revision_of(pod) != revision and not pod.is_deleting
    ]
    if stateful_set.it.spec.pod_management_policy != PARALLEL:
        return old[: max(0, left)]
    # Those that serve nobody go first and are not counted: else they could use up what may be missing for ever.
    idle = [pod for pod in old if not is_available(stateful_set, pod, moment)]
    serving = [pod for pod in old if is_available(stateful_set, pod, moment)]
    return idle + serving[: max(0, left)]


def counted(
    stateful_set: SeenSet, pods: list[SeenPod], current: str, update: str, moment: datetime.datetime
) -> Object:
    """The counts and the revisions of its status. Once all pods are of the new revision it is the current one."""
    wanted = stateful_set.it.spec.replicas
    staying = [pod for pod in pods if not pod.is_deleting]
    ready = [pod for pod in pods if is_running(pod)]
    counts = {
        "readyReplicas": len(ready),
        "currentReplicas": sum(revision_of(pod) == current for pod in staying),
        "updatedReplicas": sum(revision_of(pod) == update for pod in staying),
    }
    if (counts["updatedReplicas"], len(ready), len(pods)) == (wanted, wanted, wanted):
        current, counts["currentReplicas"] = update, counts["updatedReplicas"]
    return {
        "replicas": len(pods),
        "availableReplicas": sum(is_available(stateful_set, pod, moment) for pod in ready),
        **{name: count for name, count in counts.items() if count},
        "currentRevision": current,
        "updateRevision": update,
    }
