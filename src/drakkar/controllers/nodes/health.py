"""What a node's silence makes of it, and how fast nodes may be emptied; pure (upstream's node lifecycle controller)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from drakkar.api.core import Node, Taint
from drakkar.api.object import Object

# What a kubelet says of itself with each look.
_SAID: Final = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
# Nodes a second that are emptied where all is well, and in a large zone in which most are not.
_RATE, _SLOW_RATE = 0.1, 0.01
_LARGE_ZONE = 50
_MOSTLY = 0.55
_REGION, _ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"


class Silence(NamedTuple):
    """How long nodes may say nothing, in seconds: such that have spoken, and new ones."""

    grace: float = 50.0
    at_first: float = 60.0


def ready(node: Node) -> str:
    """The status of its condition Ready; Unknown where it has none."""
    return next((one.status for one in node.status.conditions if one.type == "Ready"), "Unknown")


def has_spoken(node: Node) -> bool:
    """Whether anybody has said that it is ready, or not."""
    return any(one.type == "Ready" for one in node.status.conditions)


def silenced(conditions: Iterable[Object], created: str, moment: str) -> list[Object]:
    """The conditions of a node that is heard no more: what a kubelet says of itself is not known. Times are the API's."""
    found = list(conditions)
    there = {one.get("type"): at for at, one in enumerate(found)}
    for kind in _SAID:
        at = there.get(kind)
        if at is None:
            found.append(
                {
                    "type": kind,
                    "status": "Unknown",
                    "lastHeartbeatTime": created,
                    "lastTransitionTime": moment,
                    "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                }
            )
        elif found[at].get("status") != "Unknown":
            found[at] = {
                **found[at],
                "status": "Unknown",
                "lastTransitionTime": moment,
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
            }
    return found


def driving_taint(node: Node) -> str:
    """The key of the NoExecute taint that its state asks for; nothing where it is ready."""
    return {"True": "", "False": NOT_READY}.get(ready(node), UNREACHABLE)


def is_driving(taint: Taint) -> bool:
    """Whether it is one of those."""
    return taint.effect == "NoExecute" and taint.key in (NOT_READY, UNREACHABLE)


def zone(node: Node) -> str:
    """What fails together with it."""
    labels = node.metadata.labels
    return f"{labels.get(_REGION, '')}:{labels.get(_ZONE, '')}"


class Well(NamedTuple):
    """How many nodes of a zone are ready, and how many are not."""

    ready: int
    unready: int


def rates(zones: Mapping[str, Well]) -> dict[str, float] | None:
    """How many nodes a second of each zone may be emptied. None where no node of any zone is ready: then it is the control plane
    that hears nothing, and no node is to be emptied for that.
    """
    if not any(well.ready for well in zones.values()):
        return None
    return {name: _rate(well) for name, well in zones.items()}


def _rate(well: Well) -> float:
    total = well.ready + well.unready
    if well.ready and well.unready > 2 and well.unready / total >= _MOSTLY:
        return _SLOW_RATE if total > _LARGE_ZONE else 0.0
    return _RATE
