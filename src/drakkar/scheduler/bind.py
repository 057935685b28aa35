"""What the scheduler writes about pods: bindings, the PodScheduled condition, and events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from drakkar.client import Client, Conflict, EventRecorder, NotFound
from drakkar.client.resources import PODS

Object = dict[str, Any]


async def bind_pod(client: Client, events: EventRecorder, pod: Object, node: str) -> None:
    """Bind the pod to the node, and tell."""
    meta = pod["metadata"]
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    }
    await client.post_subresource(PODS, meta["name"], "binding", binding, namespace=meta["namespace"])
    events.event(
        pod, "Normal", "Scheduled", f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
    )


async def report_failure(
    client: Client, events: EventRecorder, pod: Object, message: str, error: bool
) -> None:
    """Tell why the pod stays pending, in an event and in its PodScheduled condition."""
    events.event(pod, "Warning", "FailedScheduling", message)
    reason = "SchedulerError" if error else "Unschedulable"
    for old in (pod.get("status") or {}).get("conditions") or []:
        if old.get("type") == "PodScheduled":
            same = (old.get("status"), old.get("reason"), old.get("message")) == ("False", reason, message)
            if same:
                return
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": reason,
        "message": message,
        "lastProbeTime": None,
        "lastTransitionTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    meta = pod["metadata"]
    body = {"metadata": {"uid": meta["uid"]}, "status": {"conditions": [condition]}}
    try:
        await client.patch(
            PODS, meta["name"], body, namespace=meta["namespace"], kind="strategic", subresource="status"
        )
    except (NotFound, Conflict):
        return
