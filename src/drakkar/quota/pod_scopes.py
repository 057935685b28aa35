"""Of which scopes a pod is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.api.pod_totals import amounts, containers_of, resources_of
from drakkar.api.resource_names import POD, is_for_pod
from drakkar.quota import scopes
from drakkar.quota.scopes import Requirement

_TERMS = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"


def has_deadline(pod: Object) -> bool:
    """Whether a pod ends by itself after some time."""
    seconds = mapping(pod.get("spec")).get("activeDeadlineSeconds")
    return isinstance(seconds, int) and seconds >= 0


def scopes_of(pod: Object) -> Callable[[Requirement], bool]:
    """What says of a requirement whether it holds; the pod is looked at once, here."""
    spec = mapping(pod.get("spec"))
    ends, best_effort = has_deadline(pod), _is_best_effort(pod, spec)
    plain = {
        scopes.TERMINATING: ends,
        scopes.NOT_TERMINATING: not ends,
        scopes.BEST_EFFORT: best_effort,
        scopes.NOT_BEST_EFFORT: not best_effort,
        scopes.CROSS_NAMESPACE_AFFINITY: _looks_abroad(mapping(spec.get("affinity"))),
    }
    priority = text(spec.get("priorityClassName"))

    def holds(requirement: Requirement) -> bool:
        if requirement.scope == scopes.PRIORITY_CLASS:
            return requirement.holds_of(priority)
        return plain.get(requirement.scope, False)

    return holds


def _is_best_effort(pod: Object, spec: Object) -> bool:
    told = text(mapping(pod.get("status")).get("qosClass"))
    if told:
        return told == scopes.BEST_EFFORT
    own = resources_of(spec)
    if any(is_for_pod(name) for part in ("requests", "limits") for name in mapping(own.get(part))):
        return _asks_for_nothing(own)
    return all(
        _asks_for_nothing(resources_of(container))
        for field in ("initContainers", "containers")
        for container in containers_of(spec, field)
    )


def _asks_for_nothing(resources: Object) -> bool:
    return not any(
        amount.nanos
        for part in ("requests", "limits")
        for name, amount in amounts(resources.get(part)).items()
        if name in POD
    )


def _looks_abroad(affinity: Object) -> bool:
    """Whether a pod wants to be near pods of other namespaces, or away from them."""
    for side in ("podAffinity", "podAntiAffinity"):
        for field in _TERMS:
            for term in objects(mapping(affinity.get(side)).get(field)):
                if _is_abroad(term) or _is_abroad(mapping(term.get("podAffinityTerm"))):
                    return True
    return False


def _is_abroad(term: Any) -> bool:
    return bool(term.get("namespaces")) or term.get("namespaceSelector") is not None
