"""CronJobs: a job at each time of a schedule."""

from __future__ import annotations

import copy
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object, ObjectKey
from drakkar.api.schedule import Schedule, ScheduleError, schedule_of
from drakkar.api.time import time_or_none, time_text
from drakkar.api.workloads import CronJob, Workload
from drakkar.client import (
    AlreadyExistsError,
    ApiError,
    Client,
    ConflictError,
    EventRecorder,
    NotFoundError,
    WorkQueue,
)
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import CRONJOBS, JOBS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import controlled_by, controller_of, owner_reference
from drakkar.controllers.machinery.podwork import namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.cron_times import InvalidScheduleError, missed, seconds_to_next

SeenCronJob = Seen[CronJob]
SeenJob = Seen[Workload]

_SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_LAST = datetime.max.replace(tzinfo=UTC)


def _ending(job: SeenJob) -> str:
    """The condition that says that a job is over; empty while it is not."""
    said = (one.type for one in job.it.status.conditions if one.status == "True")
    return next((kind for kind in said if kind in ("Complete", "Failed")), "")


def _age(job: SeenJob) -> tuple[datetime, str]:
    return time_or_none(job.it.status.start_time) or _LAST, job.key.name


def _zone(name: str | None) -> tzinfo | None:
    """A time zone, UTC for none; None where nobody knows it."""
    try:
        return zoneinfo.ZoneInfo(name) if name else UTC
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


class CronJobController:
    """Keys are (namespace, name)."""

    name = "cronjob"
    workers = 2

    def __init__(
        self, client: Client, mirrors: Mirrors, events: EventRecorder, clock: Callable[[], datetime] = now
    ) -> None:
        """`clock` says the present, in UTC."""
        self._client = client
        self._events = events
        self._clock = clock
        self._cron_jobs = mirrors.of(CRONJOBS, CronJob)
        self._jobs = mirrors.of(JOBS, Workload)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._cron_jobs, self._jobs)
        self._cron_jobs.add_handler(self._on_cron_job)
        self._jobs.add_handler(self._on_job)

    def _on_cron_job(self, change: ChangeOf[SeenCronJob]) -> None:
        old, new = change.old, change.new
        if new is None:
            return
        spec = new.it.spec
        if old is not None and (old.it.spec.schedule, old.it.spec.time_zone) != (
            spec.schedule,
            spec.time_zone,
        ):
            # What another schedule would have wanted before it was there is no reason to look at once.
            try:
                schedule = schedule_of(spec.schedule, spec.time_zone)
            except ScheduleError:
                pass
            else:
                wait = seconds_to_next(new.it, schedule, self._clock())
                if wait is not None:
                    self.queue.add_after(new.key, max(wait, 0.0))
                return
        self.queue.add(new.key)

    def _on_job(self, change: ChangeOf[SeenJob]) -> None:
        for job in (change.old, change.new):
            owner = None if job is None else controller_of(job.obj)
            if job is not None and owner is not None and owner["kind"] == "CronJob":
                self.queue.add(ObjectKey(job.key.namespace, owner["name"]))

    async def reconcile(self, key: ObjectKey) -> None:
        cron_job = self._cron_jobs.get(*key)
        if cron_job is None:
            return
        status = copy.deepcopy(status_in(cron_job.obj))
        jobs = self._jobs.controlled(cron_job.uid)
        await self._clean(cron_job, jobs, status)
        failure: ApiError | None = None
        try:
            await self._note(cron_job, jobs, status)
            if not cron_job.is_deleting:
                await self._start(cron_job, status)
        except ApiError as error:
            # What was seen must be written all the same.
            failure = error
        await self._show(cron_job, status)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    def _tell(self, cron_job: SeenCronJob, kind: str, reason: str, message: str) -> None:
        self._events.event(cron_job.obj, kind, reason, message)

    async def _show(self, cron_job: SeenCronJob, status: Object) -> None:
        if not status.get("active"):
            status.pop("active", None)
        if status == status_in(cron_job.obj):
            return
        try:
            self._cron_jobs.learn(
                await self._client.update(CRONJOBS, cron_job.with_parts(status=status), "status")
            )
        except NotFoundError:
            return

    @staticmethod
    def _forget(status: Object, uid: str) -> bool:
        """Whether a job was among the active ones, where it is no more."""
        active = status.get("active") or []
        status["active"] = [one for one in active if one.get("uid") != uid]
        return len(status["active"]) < len(active)

    async def _clean(self, cron_job: SeenCronJob, jobs: list[SeenJob], status: Object) -> None:
        """Delete the oldest jobs that are over, beyond those that are to be kept."""
        spec = cron_job.it.spec
        limits = {"Complete": spec.successful_jobs_history_limit, "Failed": spec.failed_jobs_history_limit}
        for ending, limit in limits.items():
            over = sorted((job for job in jobs if _ending(job) == ending and not job.is_deleting), key=_age)
            for job in over[: 0 if limit is None else max(0, len(over) - limit)]:
                await self._delete(cron_job, job, status)

    async def _delete(self, cron_job: SeenCronJob, job: SeenJob, status: Object) -> bool:
        namespace, name = job.key
        try:
            await self._client.delete(JOBS, name, namespace, uid=job.uid, propagation_policy="Background")
        except ApiError as error:
            self._tell(cron_job, "Warning", "FailedDelete", f"Deleted job: {error.message or error}")
            return False
        self._jobs.learn_deletion(job.key, job.uid)
        self._forget(status, job.uid)
        self._tell(cron_job, "Normal", "SuccessfulDelete", f"Deleted job {name}")
        return True

    async def _note(self, cron_job: SeenCronJob, jobs: list[SeenJob], status: Object) -> None:
        """What has become of the jobs that were started."""
        for job in jobs:
            name, ending = job.key.name, _ending(job)
            if not ending:
                if not any(one.get("uid") == job.uid for one in status.get("active") or ()):
                    said = f"Saw a job that the controller did not create or forgot: {name}"
                    self._tell(cron_job, "Warning", "UnexpectedJob", said)
                continue
            if self._forget(status, job.uid):
                said = f"Saw completed job: {name}, condition: {ending}"
                self._tell(cron_job, "Normal", "SawCompletedJob", said)
            done, last = job.it.status.completion_time, time_or_none(status.get("lastSuccessfulTime"))
            ended = time_or_none(done)
            if ending == "Complete" and ended is not None and (last is None or ended > last):
                status["lastSuccessfulTime"] = done
        there = {job.uid for job in jobs}
        for one in list(status.get("active") or ()):
            if one.get("uid") in there:
                continue
            try:
                await self._client.get(JOBS, one["name"], one["namespace"])
            except NotFoundError:
                self._tell(cron_job, "Normal", "MissingJob", f"Active job went missing: {one['name']}")
                self._forget(status, one.get("uid", ""))

    def _schedule(self, cron_job: SeenCronJob) -> Schedule | None:
        """When jobs are to start; None, which is told, for a schedule that says nothing."""
        spec = cron_job.it.spec
        zone = spec.time_zone
        if zone is not None and _zone(zone) is None:
            said = f"invalid timeZone: {quoted(zone)}: unknown time zone {zone}"
            self._tell(cron_job, "Warning", "UnknownTimeZone", said)
            return None
        if spec.suspend:
            return None
        if "TZ" in spec.schedule:
            said = (
                f"CRON_TZ or TZ used in schedule {quoted(spec.schedule)} is not officially supported, see "
                "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            )
            self._tell(cron_job, "Warning", "UnsupportedSchedule", said)
        try:
            return schedule_of(spec.schedule, zone)
        except ScheduleError as wrong:
            said = f"unparseable schedule: {quoted(spec.schedule)} : {wrong}"
            self._tell(cron_job, "Warning", "UnparseableSchedule", said)
            return None

    async def _start(self, cron_job: SeenCronJob, status: Object) -> None:
        """Make the job that is due, if one is."""
        schedule, moment = self._schedule(cron_job), self._clock()
        if schedule is None:
            return
        try:
            found = missed(cron_job.it, schedule, moment)
        except InvalidScheduleError as wrong:
            said = f"invalid schedule: {cron_job.it.spec.schedule} : {wrong}"
            self._tell(cron_job, "Warning", "InvalidSchedule", said)
            return
        due = found.latest
        if due is not None and found.too_many:
            said = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            self._tell(cron_job, "Warning", "TooManyMissedTimes", said)
        if due is not None and self._may_start(cron_job, status, due, moment):
            if cron_job.it.spec.concurrency_policy == "Replace":
                await self._replace(cron_job, status)
            await self._make(cron_job, status, due)
            # The times that follow count from this one, as soon as it is written.
        wait = seconds_to_next(cron_job.it, schedule, moment)
        if wait is not None:
            self.queue.add_after(cron_job.key, wait)

    def _may_start(self, cron_job: SeenCronJob, status: Object, due: datetime, moment: datetime) -> bool:
        spec, active = cron_job.it.spec, status.get("active") or []
        deadline = spec.starting_deadline_seconds
        if deadline is not None and (moment - due).total_seconds() > deadline:
            said = f"Missed scheduled time to start a job: {due:%a, %d %b %Y %H:%M:%S} +0000"
            self._tell(cron_job, "Warning", "MissSchedule", said)
            return False
        name = self._job_name(cron_job, due)
        if any(one.get("name") == name for one in active):
            return False
        if time_or_none(status.get("lastScheduleTime")) == due:
            return False
        if spec.concurrency_policy == "Forbid" and active:
            said = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._tell(cron_job, "Normal", "JobAlreadyActive", said)
            return False
        return True

    async def _replace(self, cron_job: SeenCronJob, status: Object) -> None:
        for one in list(status.get("active") or ()):
            try:
                obj = await self._client.get(JOBS, one["name"], one["namespace"])
            except ApiError as error:
                self._tell(cron_job, "Warning", "FailedGet", f"Get job: {error.message or error}")
                raise
            self._jobs.learn(obj)
            job = self._jobs.get(one["namespace"], one["name"])
            if job is not None and not await self._delete(cron_job, job, status):
                raise ConflictError(
                    409, "Conflict", f"could not replace job {one['namespace']}/{one['name']}"
                )

    @staticmethod
    def _job_name(cron_job: SeenCronJob, due: datetime) -> str:
        """The same for one time, so that no job is made twice."""
        return f"{cron_job.key.name}-{int(due.timestamp()) // 60}"

    def _job(self, cron_job: SeenCronJob, due: datetime) -> Object:
        template = cron_job.obj["spec"]["jobTemplate"]
        given = template.get("metadata") or {}
        local = due.astimezone(_zone(cron_job.it.spec.time_zone))
        at = local.isoformat(timespec="seconds") if local.utcoffset() != timedelta() else time_text(due)
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": self._job_name(cron_job, due),
                "namespace": cron_job.key.namespace,
                "labels": dict(given.get("labels") or {}),
                "annotations": {**(given.get("annotations") or {}), _SCHEDULED_AT: at},
                "ownerReferences": [owner_reference(cron_job.obj)],
            },
            "spec": copy.deepcopy(template["spec"]),
        }

    async def _make(self, cron_job: SeenCronJob, status: Object, due: datetime) -> None:
        wanted = self._job(cron_job, due)
        name, namespace = wanted["metadata"]["name"], cron_job.key.namespace
        try:
            made = await self._client.create(JOBS, wanted, namespace)
        except AlreadyExistsError:
            # Made by a pass whose status was not written, or by somebody else, who shall look after it.
            made = await self._client.get(JOBS, name, namespace)
            if not controlled_by(made, cron_job.uid):
                return
        except ApiError as error:
            if not namespace_is_ending(error):
                said = f"Error creating job: {error.message or error}"
                self._tell(cron_job, "Warning", "FailedCreate", said)
            raise
        else:
            self._tell(cron_job, "Normal", "SuccessfulCreate", f"Created job {name}")
        metadata = made["metadata"]
        reference = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": name,
            "namespace": namespace,
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        }
        status["active"] = [*(status.get("active") or []), reference]
        status["lastScheduleTime"] = time_text(due)
        self._jobs.learn(made)
