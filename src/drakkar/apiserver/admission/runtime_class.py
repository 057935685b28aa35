"""What a pod gets from its RuntimeClass: overhead, and the nodes that have the runtime."""

from __future__ import annotations

import copy

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.kinds.mark import mark
from drakkar.apiserver.storage.store import Store

_CLASSES = "node.k8s.io/runtimeclasses"


def runtime_class(spec: Object, store: Store) -> str:
    """Complete a new pod's spec in place; why it is refused, or nothing. TooHeavyError where its class is large."""
    name = spec.get("runtimeClassName")
    found = None
    if name is not None:
        found = store.get((_CLASSES, "", name))
        beside.demand(store.weight((_CLASSES, "", name)))
    if name is not None and found is None:
        return f'pod rejected: RuntimeClass "{name}" not found'
    fixed = ((found or {}).get("overhead") or {}).get("podFixed") or {}
    given = spec.get("overhead") or {}
    if given and not fixed:
        return "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
    if given and given != fixed:
        return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
    if fixed:
        spec["overhead"] = dict(fixed)
    return _scheduling(spec, (found or {}).get("scheduling") or {})


def _scheduling(spec: Object, scheduling: Object) -> str:
    wanted = scheduling.get("nodeSelector") or {}
    selector = spec.get("nodeSelector") or {}
    for key, value in wanted.items():
        if selector.get(key, value) != value:
            return (
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value};"
                f" pod.spec.nodeSelector[{key}] = {selector[key]}"
            )
    if wanted:
        spec["nodeSelector"] = {**selector, **wanted}
    own = set(map(mark, spec.get("tolerations") or ()))
    added = [one for one in scheduling.get("tolerations") or () if mark(one) not in own]
    if added:
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *copy.deepcopy(added)]
    return ""
