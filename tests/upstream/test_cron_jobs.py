"""CronJobs: the jobs that kube-controller-manager starts, what it says and tells of them, and ours.

Nobody waits for a time of a schedule: each was to start jobs for years.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import CRONJOBS, EVENTS, JOBS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.workloads.cronjob import CronJobController

from .controllers_beside import both_told, differences, make_namespace, settled

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_YEARLY, _LONG_AGO = "30 4 1 1 *", "2020-06-01T00:00:00Z"
CRON_JOBS: dict[str, Object] = {
    "plain": {},
    "word": {"schedule": "@yearly"},
    "zone": {"timeZone": "Europe/Berlin"},
    "late": {"startingDeadlineSeconds": 30},
    "forbidden": {"concurrencyPolicy": "Forbid"},
    "replaced": {"concurrencyPolicy": "Replace"},
    "daily": {"schedule": "0 0 * * *"},
    "never": {"schedule": "0 0 31 2 *"},
    "day-or-weekday": {"schedule": "0 0 1-7 1 MON"},
    "asleep": {"suspend": True},
    "clean": {"successfulJobsHistoryLimit": 0, "failedJobsHistoryLimit": 0},
    "one-kept": {"successfulJobsHistoryLimit": 1},
}


def _template() -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    metadata = {"labels": {"of": "template"}, "annotations": {"note": "n"}}
    return {"metadata": metadata, "spec": {"backoffLimit": 2, "template": {"spec": pod}}}


async def _look(client: Client, namespace: str) -> Object:
    jobs = {one["metadata"]["name"]: one for one in (await client.list(JOBS, namespace))["items"]}
    found: Object = {}
    for name, job in jobs.items():
        meta = job["metadata"]
        owners = [(one["kind"], one["name"], one.get("controller")) for one in meta["ownerReferences"]]
        found[f"job {name}"] = (meta.get("annotations"), owners, job["spec"]["backoffLimit"])
    for one in (await client.list(CRONJOBS, namespace))["items"]:
        status = one.get("status") or {}
        for active in status.get("active") or ():
            active.update(uid="", resourceVersion="", namespace="")
        found[f"status of {one['metadata']['name']}"] = status
    said: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        told = (one["type"], one["reason"], one["message"])
        if one["reason"] == "UnexpectedJob" and one["message"].endswith("-1"):
            # It may be seen before it is written down that it is one of its own.
            continue
        if one["reason"] == "MissingJob" and one["message"].startswith("Active job went missing: clean-"):
            # The original has just deleted it, and may look at a status from before that.
            continue
        said.setdefault(one["involvedObject"]["name"], set()).add(told)
    return found | {f"events of {name}": sorted(told) for name, told in said.items()}


async def _end(client: Client, namespace: str, name: str, ending: str) -> None:
    """Say of a job that it is over."""
    status: Object = {"startTime": "2024-01-01T00:00:00Z"}
    before = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[ending]
    if ending == "Complete":
        status |= {"completionTime": "2024-01-02T00:00:00Z", "succeeded": 1}
    status["conditions"] = [{"type": kind, "status": "True", "reason": "Test"} for kind in (before, ending)]
    await client.patch(JOBS, name, {"status": status}, namespace, subresource="status")


async def _told(client: Client, namespace: str) -> Object:
    await make_namespace(client, namespace)
    after: Object = {}

    async def look(step: str) -> Object:
        found = await settled(lambda: _look(client, namespace), lambda found: len(found) > 15, 1.5)
        after.update({f"{step}: {name}": what for name, what in found.items()})
        return found

    for name, said in CRON_JOBS.items():
        obj: Object = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}}
        obj["spec"] = {"schedule": _YEARLY, "jobTemplate": _template(), **said, "suspend": True}
        made = await client.create(CRONJOBS, obj, namespace)
        began: Object = {"status": {"lastScheduleTime": _LONG_AGO}}
        await client.patch(CRONJOBS, name, began, namespace, subresource="status")
        if name in ("forbidden", "replaced", "clean", "one-kept"):
            # One that it knows and one that it does not.
            for number, known in ((1, True), (2, False)):
                owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": name, "controller": True}
                metadata = {
                    "name": f"{name}-{number}",
                    "ownerReferences": [{**owner, "uid": made["metadata"]["uid"]}],
                }
                job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
                started = await client.create(JOBS, {**job, "spec": _template()["spec"]}, namespace)
                if known:
                    active = {"apiVersion": "batch/v1", "kind": "Job", "name": f"{name}-{number}"}
                    active |= {"namespace": namespace, "uid": started["metadata"]["uid"]}
                    began["status"]["active"] = [active]
                    await client.patch(CRONJOBS, name, began, namespace, subresource="status")
    await look("asleep")
    for name in CRON_JOBS:
        if name != "asleep":
            await client.patch(CRONJOBS, name, {"spec": {"suspend": False}}, namespace)
    found = await look("awake")
    jobs = {name.split()[1].rsplit("-", 1)[0]: name.split()[1] for name in found if name.startswith("job ")}
    for name, ending in (("plain", "Complete"), ("word", "Failed"), ("clean", "Failed")):
        await _end(client, namespace, jobs[name], ending)
    for number in (1, 2):
        await _end(client, namespace, f"one-kept-{number}", "Complete")
    await client.delete(JOBS, jobs["zone"], namespace, propagation_policy="Background")
    await look("over")
    return after


def test_the_same_of_all_schedules(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        "cronjob-controller",
        _told,
        lambda *parts: [CronJobController(*parts)],
    )
    assert any(name.startswith("awake: job ") for name in theirs)
    assert not (different := differences(theirs, mine)), "\n".join(different)
