"""The kinds of the group apps."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds import volumes
from drakkar.apiserver.kinds.kind import SCALE, Kind
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.pods import template
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.kinds.workloads import fill
from drakkar.apiserver.tables import workloads
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules
from drakkar.validation.workload import daemon_set, replicas, revision, stateful_set

_TEMPLATES = "deprecated.daemonset.template.generation"


def _deployment(obj: Object) -> None:
    """Fill a Deployment in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    fill_in(strategy, type="RollingUpdate")
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
    fill_in(strategy, type="RollingUpdate")
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
    fill_in(spec, podManagementPolicy="OrderedReady")
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    fill_in(retention, whenDeleted="Retain", whenScaled="Retain")
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        rolling = strategy["rollingUpdate"]
        rolling.setdefault("partition", 0)
        rolling.setdefault("maxUnavailable", 1)
    for at, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        volumes.CLAIMS.complete(claim, None, "")
        spec["volumeClaimTemplates"][at] = {**_CLAIM, **claim}
    template(spec)


_CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
_SELECTOR = ("spec.selector",)
_DAEMON_SETS = Strategy(
    columns=workloads.DAEMON_SETS,
    default=_daemon_set,
    prepare=_counted_template,
    rules=daemon_set.daemon_set_problems,
    fixed=_SELECTOR,
    status_changes=daemon_set.daemon_set_status_problems,
    status_counts=daemon_set.STATUS_COUNTS,
)
_DEPLOYMENTS = Strategy(
    columns=workloads.DEPLOYMENTS,
    default=_deployment,
    rules=replicas.deployment_problems,
    fixed=_SELECTOR,
    status_changes=replicas.deployment_status_problems,
    counts=("annotations",),
    status_keeps=frozenset({"labels"}),
)
_REPLICA_SETS = Strategy(
    columns=workloads.REPLICAS,
    default=fill,
    rules=replicas.replica_set_problems,
    fixed=_SELECTOR,
    status_changes=replicas.replica_set_status_problems,
    status_counts=("replicas",),
)
_STATEFUL_SETS = Strategy(
    columns=workloads.STATEFUL_SETS,
    default=_stateful_set,
    rules=stateful_set.stateful_set_problems,
    changes=stateful_set.stateful_set_changes,
    warns=stateful_set.stateful_set_warnings,
    status_changes=stateful_set.stateful_set_status_problems,
    status_counts=("replicas", "availableReplicas"),
    metadata=Rules(formats.dns_label),
)
_REVISIONS = Strategy(
    columns=workloads.REVISIONS,
    rules=revision.revision_problems,
    creation=revision.revision_creation_problems,
    changes=revision.revision_changes,
)
_ALL = ("all",)

KINDS = (
    Kind(
        "apps",
        "v1",
        "controllerrevisions",
        "ControllerRevision",
        True,
        strategy=_REVISIONS,
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
