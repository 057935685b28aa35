"""What of a pod that is left out still counts: the room that it takes on its node."""

from __future__ import annotations

from drakkar.planner.nodefit import Amounts, pod_requests
from drakkar.planner.source import Object


def place_of(pod: Object) -> tuple[str, Amounts] | None:
    """The node of a pod that cannot be read as a whole, and what can be told of what it takes there."""
    spec, status = pod.get("spec"), pod.get("status")
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if not isinstance(node, str) or not node:
        return None
    if isinstance(status, dict) and status.get("phase") in ("Succeeded", "Failed"):
        return None
    try:
        return node, pod_requests(pod)
    except Exception:
        # Whatever it is that cannot be read, the pod takes a place all the same.
        return node, {}
