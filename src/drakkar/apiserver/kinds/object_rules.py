"""What new and changed objects of the common kinds must look like: workloads, services, configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from drakkar.api.selectors import SelectorError, label_selector
from drakkar.apiserver.errors import Cause
from drakkar.apiserver.kinds import rbac_rules
from drakkar.apiserver.kinds.pod_rules import of_pod, of_template
from drakkar.validation.field_error import shown as quoted
from drakkar.validation.pod import RESTART_POLICIES

Object = dict[str, Any]

_MAX_DATA = 1024 * 1024
_LONGEST_CRON_JOB = 52
_DATA_KEY = re.compile(r"(?!\.\.?\Z)(?!\.\.)[-._a-zA-Z0-9]{1,253}")
_SERVICE_TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]


def _count(spec: Object, *fields: str) -> Iterator[Cause]:
    for field in fields:
        if spec.get(field) is not None and spec[field] < 0:
            said = "must be greater than or equal to 0"
            yield Cause.invalid(f"spec.{field}", str(spec[field]), said)


def _template(
    spec: Object, policies: tuple[str, ...], path: str = "spec.template", workload: str = ""
) -> Iterator[Cause]:
    yield from of_template(spec.get("template") or {}, path, policies, workload)


def _pod_template(obj: Object) -> Iterator[Cause]:
    yield from of_template(obj.get("template") or {}, "template", RESTART_POLICIES)


def _replication_controller(obj: Object) -> Iterator[Cause]:
    # It may have no template, where it only keeps pods that are there already.
    spec = obj.get("spec") or {}
    yield from _count(spec, "replicas", "minReadySeconds")
    if spec.get("template"):
        yield from _template(spec, ("Always",), workload="ReplicationController")


def _selected(obj: Object, workload: str = "ReplicaSet") -> Iterator[Cause]:
    """A workload whose selector must select the pods that its template makes."""
    spec = obj.get("spec") or {}
    yield from _count(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    selector = spec.get("selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if selector is None:
        yield Cause.required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        said = "empty selector is invalid for a workload"
        yield Cause.invalid("spec.selector", quoted(selector), said)
    else:
        try:
            parsed = label_selector(selector)
        except SelectorError as failure:
            yield Cause.invalid("spec.selector", quoted(selector), str(failure))
        else:
            if parsed is not None and not parsed.matches(labels):
                said = "`selector` does not match template `labels`"
                yield Cause.invalid("spec.template.metadata.labels", quoted(labels), said)
    yield from _template(spec, ("Always",), workload=workload)


def _daemon_set(obj: Object) -> Iterator[Cause]:
    yield from _selected(obj, "DaemonSet")


def _stateful_set(obj: Object) -> Iterator[Cause]:
    yield from _selected(obj, "StatefulSet")


_MOST_PARALLEL_INDEXES = 100_000


def _replica_set(obj: Object) -> Iterator[Cause]:
    # Its template may be empty, where it is only a holder of pods that are there already.
    for cause in _selected(obj):
        if (obj.get("spec") or {}).get("template") or not cause.field.startswith("spec.template"):
            yield cause


def _job(obj: Object) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    yield from _count(spec, "parallelism", "completions", "backoffLimit", "activeDeadlineSeconds")
    if spec.get("completionMode") == "Indexed":
        if spec.get("completions") is None:
            yield Cause.required("spec.completions", "when completion mode is Indexed")
        parallel = spec.get("parallelism")
        if isinstance(parallel, int) and parallel > _MOST_PARALLEL_INDEXES:
            said = f"must be less than or equal to {_MOST_PARALLEL_INDEXES} when completion mode is Indexed"
            yield Cause.invalid("spec.parallelism", str(parallel), said)
    yield from _template(spec, ("OnFailure", "Never"))


def _cron_job(obj: Object) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    name = obj["metadata"].get("name") or ""
    if len(name) > _LONGEST_CRON_JOB:
        # Its jobs have its name with eleven characters more.
        said = f"must be no more than {_LONGEST_CRON_JOB} characters"
        yield Cause.invalid("metadata.name", quoted(name), said)
    if not spec.get("schedule"):
        yield Cause.required("spec.schedule")
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    yield from _template(inner, ("OnFailure", "Never"), "spec.jobTemplate.spec.template")


def _service(obj: Object) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    if spec.get("type") not in _SERVICE_TYPES:
        yield Cause.unsupported("spec.type", str(spec.get("type")), _SERVICE_TYPES)
    if spec.get("type") == "ExternalName":
        if not spec.get("externalName"):
            yield Cause.required("spec.externalName")
        return
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield Cause.required("spec.ports")
    seen: set[tuple[Any, Any]] = set()
    for at, port in enumerate(ports):
        field = f"spec.ports[{at}]"
        if not 0 < (port.get("port") or 0) < 65536:
            said = "must be between 1 and 65535, inclusive"
            yield Cause.invalid(f"{field}.port", str(port.get("port") or 0), said)
        if len(ports) > 1 and not port.get("name"):
            yield Cause.required(f"{field}.name")
        key = (port.get("protocol"), port.get("port"))
        if key in seen:
            yield Cause("FieldValueDuplicate", f"Duplicate value: {quoted(port)}", field)
        seen.add(key)


def _data(obj: Object) -> Iterator[Cause]:
    size = 0
    for part in ("data", "binaryData"):
        for key, value in (obj.get(part) or {}).items():
            size += len(value)
            if not _DATA_KEY.fullmatch(key):
                said = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                yield Cause.invalid(f"{part}[{key}]", quoted(key), said)
    if size > _MAX_DATA:
        message = f"Too long: may not be more than {_MAX_DATA} bytes"
        yield Cause("FieldValueTooLong", message, "data")


_BY_KIND: dict[str, Callable[[Object], Iterator[Cause]]] = {
    "/configmaps": _data,
    "/pods": of_pod,
    "/podtemplates": _pod_template,
    "/replicationcontrollers": _replication_controller,
    "/secrets": _data,
    "/services": _service,
    "apps/daemonsets": _daemon_set,
    "apps/deployments": _selected,
    "apps/replicasets": _replica_set,
    "apps/statefulsets": _stateful_set,
    "batch/cronjobs": _cron_job,
    "batch/jobs": _job,
    "rbac.authorization.k8s.io/clusterrolebindings": rbac_rules.cluster_role_binding,
    "rbac.authorization.k8s.io/clusterroles": rbac_rules.cluster_role,
    "rbac.authorization.k8s.io/rolebindings": rbac_rules.role_binding,
    "rbac.authorization.k8s.io/roles": rbac_rules.role,
}


def problems(resource: str, obj: Object) -> list[Cause]:
    """What is wrong with an object of the store's `resource`, after defaulting."""
    rule = _BY_KIND.get(resource)
    return list(rule(obj)) if rule else []


def update_problems(resource: str, old: Object, new: Object) -> list[Cause]:
    """What is wrong with an object that takes the place of `old`, as far as it was not wrong with that already.

    What was stored before a rule was there can still be changed, and so let go.
    """
    found = problems(resource, new)
    known = set(problems(resource, old)) if found else set()
    return [cause for cause in found if cause not in known]
