"""Jobs: pods until enough of them have succeeded, or too many have failed."""

from __future__ import annotations

from collections import OrderedDict

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.time import time_text
from drakkar.api.workloads import Workload
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import JOBS, PODS
from drakkar.controllers.machinery.clock import now, seconds_since
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import controller_of, remove_finalizer
from drakkar.controllers.machinery.podstate import SeenPod, is_active, is_leaving, is_ready, restarts
from drakkar.controllers.machinery.podwork import BURST, PodWork, namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.conditions import conditions_in, find, is_true, with_condition
from drakkar.controllers.workloads.job_counting import TRACKING, Counted, count, is_tracked
from drakkar.controllers.workloads.job_indexes import give_index, index_of, parse_indexes
from drakkar.controllers.workloads.podtemplate import pod_from_template
from drakkar.controllers.workloads.surplus import surplus

SeenJob = Seen[Workload]

_FIRST_BACKOFF, _LONGEST_BACKOFF = 10.0, 600.0
_REMEMBERED_FAILURES = 4096
# Who works on a job that names nobody; one that names another is left to that one.
_OURSELVES = "kubernetes.io/job-controller"
# What a job will become, once its last pod is gone, by the condition that says so.
_ENDINGS = {"SuccessCriteriaMet": "Complete", "FailureTarget": "Failed"}


def _is_over(job: SeenJob) -> bool:
    return any(
        one.type in ("Complete", "Failed") and one.status == "True" for one in job.it.status.conditions
    )


class JobController:
    """Keys are (namespace, name)."""

    name = "job"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._events = events
        self._jobs = mirrors.of(JOBS, Workload)
        self._pods = mirrors.of(PODS, Pod)
        self._work = PodWork(client, self._pods, events)
        # Uid of a job to (pods that failed since the last success, time of the last one). Uids, because a pass whose
        # status is refused sees the same failures again.
        self._failures: OrderedDict[str, tuple[frozenset[str], float]] = OrderedDict()
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._jobs, self._pods)
        self._jobs.add_handler(self._on_job)
        self._pods.add_handler(self._on_pod)

    def _on_job(self, change: ChangeOf[SeenJob]) -> None:
        old, new = change.old, change.new
        job = new or old
        assert job is not None
        self.queue.add(job.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        old, new = change.old, change.new
        pod = new or old
        assert pod is not None
        owner = controller_of(pod.obj)
        if owner is not None and owner["kind"] == "Job":
            self.queue.add(ObjectKey(pod.key.namespace, owner["name"]))

    async def reconcile(self, key: ObjectKey) -> None:
        job = self._jobs.get(*key)
        if job is not None and job.it.spec.managed_by not in ("", _OURSELVES):
            return
        if job is None or job.is_deleting or _is_over(job):
            await self._let_go(key, job)
            if job is not None and not job.is_deleting:
                await self._expire(job)
            return
        pods = self._pods.controlled(job.it.metadata.uid)
        counted = count(job, pods)
        self._note_failures(job, counted)
        status, moment = counted.status, now()
        if not job.it.spec.suspend and not status.get("startTime"):
            status["startTime"] = time_text(moment)
        self._judge(job, counted, pods)
        ending = self._ending(status)
        failure: ApiError | None = None
        try:
            await self._resize(key, job, counted, pods, ending)
        except ApiError as error:
            # What is counted must be written all the same.
            failure = error
        await self._show(job, counted, ending)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    async def _let_go(self, key: ObjectKey, job: SeenJob | None) -> None:
        """Take the finalizer off the pods of jobs that count no more, or are not there any more."""
        for pod in self._pods.in_namespace(key[0]):
            owner = controller_of(pod.obj)
            if owner is None or (owner["kind"], owner["name"]) != ("Job", key[1]) or not is_tracked(pod):
                continue
            # A job of the same name may have taken the place of the pod's own, and be counting.
            if job is None or job.is_deleting or _is_over(job) or owner["uid"] != job.it.metadata.uid:
                await remove_finalizer(self._client, self._pods, pod.obj, TRACKING)

    async def _expire(self, job: SeenJob) -> None:
        limit = job.it.spec.ttl_seconds_after_finished
        if limit is None:
            return
        ended = {one.type: one.last_transition_time for one in job.it.status.conditions}
        left = limit - seconds_since(ended.get("Complete", ended.get("Failed")), now())
        if left > 0:
            self.queue.add_after(job.key, left + 0.05)
            return
        try:
            namespace, name = job.key
            await self._client.delete(JOBS, name, namespace, uid=job.uid, propagation_policy="Foreground")
        except NotFoundError:
            return
        self._jobs.learn_deletion(job.key, job.uid)

    def _note_failures(self, job: SeenJob, counted: Counted) -> None:
        uid = job.it.metadata.uid
        if counted.newly_succeeded:
            self._failures.pop(uid, None)
        seen, _ = self._failures.get(uid, (frozenset(), 0.0))
        new = {pod.it.metadata.uid for pod in counted.newly_failed} - seen
        if new:
            self._failures[uid] = (seen | new, now().timestamp())
            self._failures.move_to_end(uid)
        while len(self._failures) > _REMEMBERED_FAILURES:
            self._failures.popitem(last=False)

    def _pause(self, job: SeenJob) -> float:
        """Seconds until the next pod may be made, after failures."""
        seen, last = self._failures.get(job.it.metadata.uid, (frozenset(), 0.0))
        if not seen:
            return 0.0
        pause = min(_FIRST_BACKOFF * float(2 ** min(len(seen) - 1, 20)), _LONGEST_BACKOFF)
        return max(0.0, last + pause - now().timestamp())

    @staticmethod
    def _ending(status: Object) -> str | None:
        conditions = conditions_in(status)
        return next((target for target in _ENDINGS if is_true(conditions, target)), None)

    def _judge(self, job: SeenJob, counted: Counted, pods: list[SeenPod]) -> None:
        """Set the condition that ends the job, if it is time."""
        spec, status = job.it.spec, counted.status
        if self._ending(status):
            return
        active = [pod for pod in pods if is_active(pod)]
        limit = spec.backoff_limit
        in_place = sum(restarts(pod) for pod in active if pod.it.spec.restart_policy == "OnFailure")
        completions, succeeded = spec.completions, counted.total("succeeded")
        deadline = spec.active_deadline_seconds
        complete = succeeded > 0 and not active if completions is None else succeeded >= completions
        if counted.total("failed") > limit or (in_place and in_place >= limit):
            self._end(
                status, "FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
            )
        elif complete:
            self._end(
                status,
                "SuccessCriteriaMet",
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            )
        elif deadline is not None and status.get("startTime") and not spec.suspend:
            left = deadline - seconds_since(status["startTime"], now())
            if left <= 0:
                self._end(
                    status,
                    "FailureTarget",
                    "DeadlineExceeded",
                    "Job was active longer than specified deadline",
                )
            else:
                self.queue.add_after(job.key, left + 0.05)

    def _end(self, status: Object, kind: str, reason: str, message: str) -> None:
        status["conditions"] = with_condition(
            conditions_in(status), kind, "True", reason, message, now(), "lastProbeTime"
        )

    async def _resize(
        self, key: ObjectKey, job: SeenJob, counted: Counted, pods: list[SeenPod], ending: str | None
    ) -> None:
        spec, status = job.it.spec, counted.status
        active = [pod for pod in pods if is_active(pod)]
        if ending or spec.suspend:
            if not ending:
                self._set_suspended(job, status, True)
            await self._delete(job, active)
            return
        if find(conditions_in(status), "Suspended"):
            self._set_suspended(job, status, False)
        wanted = spec.parallelism
        succeeded = counted.total("succeeded")
        if spec.completions is not None:
            wanted = min(wanted, spec.completions - succeeded)
        elif succeeded:
            # The first success of a work queue says that there is no more to begin.
            wanted = min(wanted, len(active))
        if len(active) > wanted:
            await self._delete(job, surplus(active, len(active) - wanted))
            return
        present = len(active)
        if spec.pod_replacement_policy == "Failed":
            present += sum(map(is_leaving, pods))
        missing = min(wanted - present, BURST)
        if missing <= 0:
            return
        pause = self._pause(job)
        if pause:
            self.queue.add_after(key, pause + 0.05)
            return
        await self._work.create(job, self._new_pods(job, counted, active, missing))

    def _new_pods(self, job: SeenJob, counted: Counted, active: list[SeenPod], missing: int) -> list[Object]:
        spec, template = job.it.spec, job.obj["spec"]["template"]
        new = [pod_from_template(template, job.obj, finalizers=[TRACKING]) for _ in range(missing)]
        if spec.completion_mode != "Indexed":
            return new
        taken = parse_indexes(counted.status.get("completedIndexes")) | {index_of(pod) for pod in active}
        # One after the other: there may be two thousand million, and few are asked for.
        free = (index for index in range(spec.completions or 0) if index not in taken)
        name = job.it.metadata.name
        return [give_index(pod, name, index) for pod, index in zip(new, free, strict=False)]

    async def _delete(self, job: SeenJob, doomed: list[SeenPod]) -> None:
        """Delete pods that we want no more. They are no failures, so they leave the count first."""
        for pod in doomed:
            await remove_finalizer(self._client, self._pods, pod.obj, TRACKING)
        await self._work.delete(job, doomed)

    def _set_suspended(self, job: SeenJob, status: Object, suspended: bool) -> None:
        conditions = conditions_in(status)
        if suspended:
            status.pop("startTime", None)
        elif not is_true(conditions, "Suspended"):
            return
        reason, message = ("JobSuspended", "Job suspended") if suspended else ("JobResumed", "Job resumed")
        state = "True" if suspended else "False"
        if is_true(conditions, "Suspended") != suspended:
            self._events.event(job.obj, "Normal", "Suspended" if suspended else "Resumed", message)
        status["conditions"] = with_condition(
            conditions, "Suspended", state, reason, message, now(), "lastProbeTime"
        )

    async def _show(self, job: SeenJob, counted: Counted, ending: str | None) -> None:
        pods = self._pods.controlled(job.it.metadata.uid)
        status = counted.status
        active = [pod for pod in pods if is_active(pod)]
        terminating = sum(map(is_leaving, pods))
        for name, number in (
            ("active", len(active)),
            ("ready", sum(map(is_ready, active))),
            ("terminating", terminating),
        ):
            status[name] = number
        if not status["active"]:
            del status["active"]
        if ending and not active and not terminating and not counted.uncounted:
            self._close(job, status, ending)
        if status != status_in(job.obj):
            try:
                answer = await self._client.update(JOBS, job.with_parts(status=status), "status")
            except NotFoundError:
                return
            self._jobs.learn(answer)
        succeeded = {pod.it.metadata.uid for pod in counted.newly_succeeded}
        # Only now that their uids are written may they be let go.
        for pod in pods:
            finished = pod.it.metadata.uid in counted.uncounted
            repeated = pod.it.metadata.uid in succeeded
            if is_tracked(pod) and (finished or repeated):
                await remove_finalizer(self._client, self._pods, pod.obj, TRACKING)

    def _close(self, job: SeenJob, status: Object, ending: str) -> None:
        target = find(status["conditions"], ending)
        assert target is not None
        kind, moment = _ENDINGS[ending], now()
        status["conditions"] = with_condition(
            status["conditions"], kind, "True", target["reason"], target["message"], moment, "lastProbeTime"
        )
        if kind == "Complete":
            status["completionTime"] = time_text(moment)
            self._events.event(job.obj, "Normal", "Completed", "Job completed")
        else:
            self._events.event(job.obj, "Warning", target["reason"], target["message"])
        self._failures.pop(job.it.metadata.uid, None)
