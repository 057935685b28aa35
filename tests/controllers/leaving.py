"""What is seen of pods that have to go."""

from __future__ import annotations

from drakkar.testing import MemoryApi

from .manifests import NS


def goes(cluster: MemoryApi, name: str) -> bool:
    """Whether the pod is gone, or is to go."""
    found = cluster.find("pods", name, NS)
    return found is None or "deletionTimestamp" in found["metadata"]


def told(cluster: MemoryApi, name: str, reason: str) -> list[str]:
    """What events of this reason say of a pod."""
    events = [one for one in cluster.all("events") if one["involvedObject"]["name"] == name]
    return [one["message"] for one in events if one["reason"] == reason]
