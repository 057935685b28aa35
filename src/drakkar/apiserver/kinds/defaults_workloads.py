"""Defaults of the kinds that run pods: deployments, sets, jobs."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.kinds.defaults_pods import template

Object = dict[str, Any]


def deployment(obj: Object) -> None:
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


def daemon_set(obj: Object) -> None:
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


def stateful_set(obj: Object) -> None:
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
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    template(spec)


def replica_set(obj: Object) -> None:
    """Fill a ReplicaSet in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    template(spec)


def replication_controller(obj: Object) -> None:
    """Fill a ReplicationController in place; its selector is its template's labels unless it says another."""
    replica_set(obj)
    spec = obj["spec"]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels:
        spec.setdefault("selector", dict(labels))
        obj["metadata"].setdefault("labels", dict(labels))


def _job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault(
        "podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    )
    template(spec)


def job(obj: Object) -> None:
    """Fill a Job in place."""
    _job_spec(obj.setdefault("spec", {}))


def cron_job(obj: Object) -> None:
    """Fill a CronJob in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    inner = (spec.get("jobTemplate") or {}).get("spec")
    if isinstance(inner, dict):
        template(inner)


def job_identity(obj: Object) -> None:
    """Give a new Job, which has its uid already, the selector and the pod labels that tie its pods to it."""
    spec = obj["spec"]
    if spec.get("manualSelector") or spec.get("selector"):
        return
    name, uid = obj["metadata"]["name"], obj["metadata"]["uid"]
    meta = spec.setdefault("template", {}).setdefault("metadata", {})
    labels = meta.setdefault("labels", {})
    labels |= {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
