"""How a job counts its finished pods exactly once, whatever crashes in between; pure.

A finished pod keeps the job's finalizer until its uid stands in `uncountedTerminatedPods`. Once it stands there the
finalizer goes, and once the finalizer is gone the uid turns into one more of the counter. Each step is one write, so
each may be repeated.
"""

from __future__ import annotations

from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.api.workloads import Workload
from drakkar.controllers.machinery.podstate import SeenPod, phase
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.job_indexes import format_indexes, index_of, parse_indexes

TRACKING = "batch.kubernetes.io/job-tracking"
# The most uids that a status holds at one time.
_MOST_UNCOUNTED = 500


class Counted(NamedTuple):
    """A job's status with its pods taken in."""

    status: Object
    newly_succeeded: list[SeenPod]
    newly_failed: list[SeenPod]

    @property
    def uncounted(self) -> set[str]:
        return {uid for uids in self.status["uncountedTerminatedPods"].values() for uid in uids}

    def total(self, what: str) -> int:
        """All that have succeeded, or failed."""
        waiting = self.status["uncountedTerminatedPods"].get(what, ())
        return int(self.status.get(what, 0)) + len(waiting)


def is_tracked(pod: SeenPod) -> bool:
    return TRACKING in pod.it.metadata.finalizers


def _fate(pod: SeenPod, replaced_only_when_failed: bool) -> str | None:
    if phase(pod) == "Succeeded":
        return "succeeded"
    if phase(pod) == "Failed" or (pod.is_deleting and not replaced_only_when_failed):
        return "failed"
    return None


def count(job: Seen[Workload], pods: list[SeenPod]) -> Counted:
    """The job's status, one step further."""
    spec, held = job.it.spec, job.it.status
    status = dict(status_in(job.obj))
    totals = {"succeeded": held.succeeded, "failed": held.failed}
    uncounted = {what: list(held.uncounted_terminated_pods.get(what, ())) for what in totals}
    tracked = {pod.it.metadata.uid: pod for pod in pods if is_tracked(pod)}
    for what, uids in uncounted.items():
        settled = [uid for uid in uids if uid not in tracked]
        if settled:
            status[what] = totals[what] + len(settled)
            uncounted[what] = [uid for uid in uids if uid in tracked]
    known = {*uncounted["succeeded"], *uncounted["failed"]}
    indexed = spec.completion_mode == "Indexed"
    indexes = parse_indexes(held.completed_indexes)
    new: dict[str, list[SeenPod]] = {what: [] for what in totals}
    for uid, pod in tracked.items():
        fate = _fate(pod, spec.pod_replacement_policy == "Failed")
        if fate is None or uid in known:
            continue
        if sum(map(len, uncounted.values())) >= _MOST_UNCOUNTED:
            break
        new[fate].append(pod)
        if indexed and fate == "succeeded":
            index = index_of(pod)
            # A second success for an index, and one beyond the last, is no completion.
            if index is None or index in indexes or index >= (spec.completions or 0):
                continue
            indexes.add(index)
        uncounted[fate].append(uid)
    if indexed:
        status["completedIndexes"] = format_indexes(indexes)
    status["uncountedTerminatedPods"] = {what: uids for what, uids in uncounted.items() if uids}
    return Counted(status, new["succeeded"], new["failed"])
