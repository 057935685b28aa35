"""The lab's objects, small."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
NS = "lab"


def pod_spec() -> Object:
    return {
        "restartPolicy": "Never",
        "containers": [{"name": "c", "image": "i", "resources": {"claims": [{"name": "gpu"}]}}],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "gpus"}],
    }


def claim_template() -> Object:
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "gpus", "namespace": NS},
        "spec": {
            "metadata": {"labels": {"team": "a"}, "annotations": {"note": "n"}},
            "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}},
        },
    }


def pod(name: str = "p", spec: Object | None = None) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NS},
        "spec": spec or pod_spec(),
    }


def job(**spec: Any) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": NS},
        "spec": {"completions": 4, "parallelism": 2, "template": {"spec": pod_spec()}, **spec},
    }


def deployment(**spec: Any) -> Object:
    labels = {"app": "d"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": NS},
        "spec": {
            "replicas": 2,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {**pod_spec(), "restartPolicy": "Always"}},
            **spec,
        },
    }


def daemon_set(**pod_fields: Any) -> Object:
    labels = {"app": "driver"}
    spec = {"containers": [{"name": "c", "image": "i"}], **pod_fields}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "driver", "namespace": NS},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def ready() -> Object:
    """The status of a pod that runs well."""
    since = "2020-01-01T00:00:00Z"
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": since}
    return {"phase": "Running", "podIP": "10.0.0.1", "conditions": [condition]}
