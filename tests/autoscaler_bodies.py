"""Autoscalers with everything about them, as v2 writes them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_METRIC = {"name": "m", "selector": {"matchLabels": {"a": "b"}}}
METRICS: list[Object] = [
    {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    },
    {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
    },
    {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "container": "c",
            "target": {"type": "Utilization", "averageUtilization": 60},
        },
    },
    {"type": "Pods", "pods": {"metric": _METRIC, "target": {"type": "AverageValue", "averageValue": "10"}}},
    {
        "type": "Object",
        "object": {"metric": _METRIC, "describedObject": TARGET, "target": {"type": "Value", "value": "2k"}},
    },
    {
        "type": "Object",
        "object": {
            "metric": {"name": "n"},
            "describedObject": TARGET,
            "target": {"type": "AverageValue", "averageValue": "3"},
        },
    },
    {"type": "External", "external": {"metric": _METRIC, "target": {"type": "Value", "value": "5"}}},
    {
        "type": "External",
        "external": {"metric": _METRIC, "target": {"type": "AverageValue", "averageValue": "6"}},
    },
]
BEHAVIOR: Object = {
    "scaleUp": {
        "stabilizationWindowSeconds": 5,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
    },
    "scaleDown": {"selectPolicy": "Min", "tolerance": "50m"},
}
STATUS: Object = {
    "observedGeneration": 1,
    "lastScaleTime": "2026-01-01T00:00:00Z",
    "currentReplicas": 1,
    "desiredReplicas": 2,
    "conditions": [
        {
            "type": "AbleToScale",
            "status": "True",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "reason": "R",
            "message": "<m>",
        }
    ],
    "currentMetrics": [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "100m"}},
        },
        {"type": "Pods", "pods": {"metric": _METRIC, "current": {"averageValue": "7"}}},
        {
            "type": "Object",
            "object": {
                "metric": _METRIC,
                "describedObject": TARGET,
                "current": {"value": "1", "averageValue": "2"},
            },
        },
        {"type": "External", "external": {"metric": _METRIC, "current": {"value": "4"}}},
        {
            "type": "ContainerResource",
            "containerResource": {"name": "memory", "container": "c", "current": {"averageValue": "8"}},
        },
    ],
}


def autoscaler(name: str = "h", **spec: Any) -> Object:
    """A small one, with more in its spec."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET, **spec},
    }


def old_autoscaler(name: str, annotations: dict[str, str], **spec: Any) -> Object:
    """One that v1 writes."""
    made = autoscaler(name, **spec)
    meta = {"name": name, "annotations": annotations}
    return {**made, "apiVersion": "autoscaling/v1", "metadata": meta}
