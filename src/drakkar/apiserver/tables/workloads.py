"""The tables of the objects that make pods: deployments, sets, controllers and jobs."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.api.time import time_or_none
from drakkar.apiserver.tables.cells import (
    NONE,
    age,
    deleting,
    duration,
    is_true,
    labels,
    part,
    rows,
    selector,
    since,
    template,
)
from drakkar.apiserver.tables.layout import AGE, CONTAINERS, IMAGES, SELECTOR, Column, Layout


def _count(values: Object, name: str, absent: int = 0) -> int:
    found = values.get(name)
    return found if isinstance(found, int) else absent


def _deployment(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    ready = f"{_count(status, 'readyReplicas')}/{_count(spec, 'replicas', 1)}"
    counts = [_count(status, "updatedReplicas"), _count(status, "availableReplicas")]
    return [ready, *counts, age(obj, now), *template(obj), selector(spec.get("selector"))]


def _replicas(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    chosen = spec.get("selector")
    # A ReplicationController's selector is a plain map of labels.
    is_map = isinstance(chosen, dict) and not chosen.keys() & {"matchLabels", "matchExpressions"}
    return [
        _count(spec, "replicas", 1),
        _count(status, "replicas"),
        _count(status, "readyReplicas"),
        age(obj, now),
        *template(obj),
        labels(chosen) if is_map else selector(chosen),
    ]


def _daemon_set(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    return [
        *(_count(status, name) for name in (*names, "numberAvailable")),
        labels(part(spec, "template", "spec").get("nodeSelector")),
        age(obj, now),
        *template(obj),
        selector(spec.get("selector")),
    ]


def _stateful_set(obj: Object, now: datetime.datetime) -> list[Any]:
    ready = _count(part(obj, "status"), "readyReplicas")
    return [f"{ready}/{_count(part(obj, 'spec'), 'replicas', 1)}", age(obj, now), *template(obj)]


def _job_status(obj: Object) -> str:
    for kind in ("Complete", "Failed"):
        if is_true(obj, kind):
            return kind
    if deleting(obj):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if is_true(obj, kind):
            return kind
    return "Running"


def _job(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    done, wanted = _count(status, "succeeded"), spec.get("completions")
    if wanted is not None:
        completions = f"{done}/{wanted}"
    elif _count(spec, "parallelism") > 1:
        completions = f"{done}/1 of {spec['parallelism']}"
    else:
        completions = f"{done}/1"
    start, end = time_or_none(status.get("startTime")), time_or_none(status.get("completionTime"))
    took = duration(((end or now) - start).total_seconds()) if start else ""
    chosen = selector(spec.get("selector"))
    return [_job_status(obj), completions, took, age(obj, now), *template(obj), chosen]


def _cron_job(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    last = status.get("lastScheduleTime")
    return [
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        "True" if spec.get("suspend") else "False",
        len(rows(status, "active")),
        since(last, now) if last else NONE,
        age(obj, now),
        *template(part(spec, "jobTemplate")),
        selector(part(spec, "jobTemplate", "spec").get("selector")),
    ]


def _pod_template(obj: Object, now: datetime.datetime) -> list[Any]:
    return [*template({"spec": obj}), labels(part(obj, "template", "metadata").get("labels"))]


def _revision(obj: Object, now: datetime.datetime) -> list[Any]:
    owner: Object = next(
        (o for o in rows(part(obj, "metadata"), "ownerReferences") if o.get("controller")), {}
    )
    group = str(owner.get("apiVersion", "")).rpartition("/")[0]
    kind = str(owner.get("kind", "")).lower()
    name = f"{kind}.{group}/{owner.get('name')}" if group else f"{kind}/{owner.get('name')}"
    return [name if owner else NONE, obj.get("revision", 0), age(obj, now)]


_READY = Column("Ready", description="Ready pods of wanted pods")
REPLICAS = Layout(
    (
        Column("Desired", "integer", "Wanted pods"),
        Column("Current", "integer", "Pods that exist"),
        Column("Ready", "integer", "Pods that are ready"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    _replicas,
)
DEPLOYMENTS = Layout(
    (
        _READY,
        Column("Up-to-date", description="Pods of the newest template"),
        Column("Available", description="Pods that have been ready for long enough"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    _deployment,
)
DAEMON_SETS = Layout(
    (
        Column("Desired", "integer", "Nodes that should run the pod"),
        Column("Current", "integer", "Nodes that have the pod"),
        Column("Ready", "integer", "Nodes whose pod is ready"),
        Column("Up-to-date", "integer", "Nodes with a pod of the newest template"),
        Column("Available", "integer", "Nodes whose pod has been ready for long enough"),
        Column("Node Selector", description="Labels that a node must have"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    _daemon_set,
)
STATEFUL_SETS = Layout((_READY, AGE, CONTAINERS, IMAGES), _stateful_set)
JOBS = Layout(
    (
        Column("Status", description="How the job stands"),
        Column("Completions", description="Succeeded pods of wanted ones"),
        Column("Duration", description="Time from the start to the end, or to now"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    _job,
)
CRON_JOBS = Layout(
    (
        Column("Schedule", description="When jobs are started, in cron's notation"),
        Column("Timezone", description="Time zone of the schedule"),
        Column("Suspend", "boolean", "Whether no further jobs are started"),
        Column("Active", "integer", "Running jobs"),
        Column("Last Schedule", description="Time since a job was last started"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    _cron_job,
)
POD_TEMPLATES = Layout(
    (
        Column("Containers", description="Names of the containers"),
        Column("Images", description="Images of the containers"),
        Column("Pod Labels", description="Labels of the pods"),
    ),
    _pod_template,
)
REVISIONS = Layout(
    (
        Column("Controller", description="Object whose revision it is"),
        Column("Revision", description="Number of the revision"),
        AGE,
    ),
    _revision,
)
