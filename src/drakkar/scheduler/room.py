"""Room that less important pods make for one that fits nowhere: whether they are to, which of them, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drakkar.api.core import Pod
from drakkar.placement import Devices, Preemption, Snapshot, Victim, Victims, ineligible, unhelpful

from .fit_message import fit_message
from .soundness import KnownPod


@dataclass(frozen=True)
class Room:
    """`node` is the one that the pod waits for from now on, nothing for none, None where that stays as it is."""

    told: str = ""
    node: str | None = ""
    victims: tuple[Victim, ...] = ()


NO_ROOM = Room()


def whatever_leaves(pod: Pod, total: int) -> Room:
    """Of a pod that goes nowhere whatever the nodes have."""
    why = ineligible(pod)
    return Room(_told(why), None) if why else Room(_told(fit_message(total, unhelpful(total))))


def room_for(
    snapshot: Snapshot,
    preemption: Preemption,
    known: KnownPod,
    devices: Devices | None,
    leaves: Callable[[Pod], bool],
) -> Room:
    """What there is for a pod that no node takes; `devices` where it asks for devices."""
    why = preemption.ineligible(known.pod, known.key, leaves)
    if why:
        return Room(_told(why), None)
    found = preemption.chosen(known.key, devices)
    if not isinstance(found, Victims):
        return Room(_told(fit_message(len(snapshot.nodes), found)))
    told = f"found a potential placement for pod on node {found.node}, preempting {len(found.pods)} victims"
    return Room(_told(told), found.node, found.pods)


def _told(text: str) -> str:
    return f"preemption: {text}"
