"""What came of a story, without what is another thing at each telling: uids, versions, times, and names that were made up."""

from __future__ import annotations

import re
from typing import Any

from drakkar.client.resources import (
    DEVICETAINTRULES,
    EVENTS,
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
)

from .stage import Stage
from .world import Object

_FOR_ENTRY = "resource.kubernetes.io/pod-claim-name"
_DROPPED = frozenset(
    {
        *("uid", "resourceVersion", "managedFields", "generation", "creationTimestamp", "selfLink"),
        *("lastTransitionTime", "lastProbeTime", "lastHeartbeatTime", "deletionTimestamp", "startTime"),
    }
)
# What is told or not, as it happens: of a pod that goes while it waits its turn, of a claim that is just being allocated, or that
# goes while kube-scheduler looks at its pod.
_BY_CHANCE = (
    "skip schedule deleting pod",
    "is in the process of being allocated",
    "could not find ResourceClaim",
)
_PRESENT = frozenset({"allocationTimestamp", "timeAdded"})


def end_state(stage: Stage) -> Object:
    """By kind and name what is left, and by what it is about what was told."""
    names = _made_up(stage)
    found: Object = {}
    for resource in (PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES):
        for obj in stage.world.all(resource, stage.name):
            name = names.get(obj["metadata"]["name"], obj["metadata"]["name"])
            found[f"{resource.kind} {name}"] = _masked(obj, names)
    rule = stage.world.find(DEVICETAINTRULES, stage.name)
    if rule is not None:
        found["DeviceTaintRule"] = _masked(rule, names)
    for event in stage.world.all(EVENTS, stage.name):
        if any(words in event["message"] for words in _BY_CHANCE):
            continue
        about = event["involvedObject"]
        who = f"events of {about['kind']} {names.get(about['name'], about['name'])}"
        told = (event["type"], event["reason"], _text(event["message"], names))
        found[who] = sorted({*found.get(who, ()), told})
    return found


def _made_up(stage: Stage) -> dict[str, str]:
    """Names that a server has completed, each with one that says what it is for."""
    found = {}
    for claim in stage.world.all(RESOURCECLAIMS, stage.name):
        meta = claim["metadata"]
        if base := meta.get("generateName"):
            entry = (meta.get("annotations") or {}).get(_FOR_ENTRY, "")
            found[meta["name"]] = f"{base}*{entry and f' for {entry}'}"
    return found


def _masked(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {
            key: True if key in _PRESENT else _masked(one, names)
            for key, one in value.items()
            if key not in _DROPPED
        }
        if isinstance(kept.get("conditions"), list):
            # A map, in the order in which its entries came.
            kept["conditions"] = sorted(kept["conditions"], key=lambda one: str(one["type"]))
        return kept
    if isinstance(value, list):
        return [_masked(one, names) for one in value]
    return _text(value, names) if isinstance(value, str) else value


def _text(text: str, names: dict[str, str]) -> str:
    for name, instead in names.items():
        text = text.replace(name, instead)
    text = re.sub(r"-(extended-resources|t)-[a-z0-9]{5}\b", r"-\1-*", text)
    text = re.sub(r"kube-api-access-[a-z0-9]{5}\b", "kube-api-access-*", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID", text)
