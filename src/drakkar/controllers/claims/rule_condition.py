"""What the condition of a DeviceTaintRule says; pure. The words are upstream's."""

from __future__ import annotations

from typing import Final, NamedTuple

from drakkar.api.object import Object

KIND: Final = "EvictionInProgress"


class Affected(NamedTuple):
    """Pods that have to go for a rule, or would, in so many namespaces; devices that it is about; pods that are gone for it."""

    pods: int = 0
    namespaces: int = 0
    published: int = 0
    allocated: int = 0
    evicted: int = 0


def condition(effect: str, affected: Affected, generation: int) -> Object:
    """Without its time."""
    status, reason, message = "False", "OtherEffect", "Eviction only happens for the NoExecute effect."
    if effect == "NoExecute":
        message = ""
        if affected.pods:
            status, reason = "True", "PodsPendingEviction"
            needs = "pod needs" if affected.pods == 1 else "pods need"
            message = f"{affected.pods} {needs} to be evicted in {_namespaces(affected)}."
        else:
            reason = "Completed" if affected.evicted else "NotStarted"
    elif effect == "None":
        reason = "NoEffect"
        message = (
            f"{_several(affected.published, 'published device')} selected."
            f" {_several(affected.allocated, 'allocated device')} selected."
            f" {_several(affected.pods, 'pod')} would be evicted in {_namespaces(affected)} if the effect was NoExecute."
            " This information will not be updated again. Recreate the DeviceTaintRule to trigger an update."
        )
    if affected.evicted:
        gone = f"{_several(affected.evicted, 'pod')} evicted since starting the controller."
        message = f"{message} {gone}" if message else gone
    return {
        "type": KIND,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
    }


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _namespaces(affected: Affected) -> str:
    number = affected.namespaces
    return "1 namespace" if number == 1 else f"{number} different namespaces"
