"""The kinds of the group apps."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import SCALE, Kind
from drakkar.apiserver.kinds.pods import template
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.kinds.workloads import fill, selected
from drakkar.apiserver.tables import workloads
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules

_TEMPLATES = "deprecated.daemonset.template.generation"


def _deployment(obj: Object) -> None:
    """Fill a Deployment in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    template(spec)


def _daemon_set(obj: Object) -> None:
    """Fill a DaemonSet in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    template(spec)


def _counted_template(new: Object, old: Object | None, now: str) -> None:
    """Count the changes of a DaemonSet's template where clients of old times look for their number."""
    count = 1
    if old is not None:
        count = int((old["metadata"].get("annotations") or {}).get(_TEMPLATES) or 0)
        count += old["spec"].get("template") != new["spec"].get("template")
    if count:
        meta = new["metadata"]
        meta["annotations"] = {**(meta.get("annotations") or {}), _TEMPLATES: str(count)}


def _stateful_set(obj: Object) -> None:
    """Fill a StatefulSet in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("partition", 0)
        rolling.setdefault("maxUnavailable", 1)
    template(spec)


def _daemon_set_rules(obj: Object) -> Iterator[FieldError]:
    yield from selected(obj, "DaemonSet")


def _stateful_set_rules(obj: Object) -> Iterator[FieldError]:
    yield from selected(obj, "StatefulSet")


def _replica_set_rules(obj: Object) -> Iterator[FieldError]:
    # Its template may be empty, where it is only a holder of pods that are there already.
    for cause in selected(obj):
        if (obj.get("spec") or {}).get("template") or not cause.field.startswith("spec.template"):
            yield cause


_SELECTOR = ("spec.selector",)
_DAEMON_SETS = Strategy(
    columns=workloads.DAEMON_SETS,
    default=_daemon_set,
    prepare=_counted_template,
    rules=_daemon_set_rules,
    fixed=_SELECTOR,
)
_DEPLOYMENTS = Strategy(
    columns=workloads.DEPLOYMENTS,
    default=_deployment,
    rules=selected,
    fixed=_SELECTOR,
    counts=("annotations",),
    status_keeps=frozenset({"labels"}),
)
_REPLICA_SETS = Strategy(columns=workloads.REPLICAS, default=fill, rules=_replica_set_rules, fixed=_SELECTOR)
_STATEFUL_SETS = Strategy(
    idle="a StatefulSet makes no pods",
    columns=workloads.STATEFUL_SETS,
    default=_stateful_set,
    rules=_stateful_set_rules,
    fixed=("spec.selector", "spec.serviceName", "spec.podManagementPolicy"),
    metadata=Rules(formats.dns_label),
)
_ALL = ("all",)

KINDS = (
    Kind(
        "apps",
        "v1",
        "controllerrevisions",
        "ControllerRevision",
        True,
        strategy=Strategy(columns=workloads.REVISIONS),
    ),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), True, True, _ALL, strategy=_DAEMON_SETS),
    Kind(
        "apps",
        "v1",
        "deployments",
        "Deployment",
        True,
        ("deploy",),
        True,
        True,
        _ALL,
        SCALE,
        strategy=_DEPLOYMENTS,
    ),
    Kind(
        "apps",
        "v1",
        "replicasets",
        "ReplicaSet",
        True,
        ("rs",),
        True,
        True,
        _ALL,
        SCALE,
        strategy=_REPLICA_SETS,
    ),
    Kind(
        "apps",
        "v1",
        "statefulsets",
        "StatefulSet",
        True,
        ("sts",),
        True,
        True,
        _ALL,
        SCALE,
        strategy=_STATEFUL_SETS,
    ),
)
