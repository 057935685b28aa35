"""What a pod asks for as a whole, where it says a part of it (KEP-2837): the rest is what its containers come to."""

from __future__ import annotations

from collections import Counter

from drakkar.api.object import Object
from drakkar.api.pod_totals import amounts, container_totals, containers_of, resources_of
from drakkar.api.quantity import Quantity
from drakkar.api.resource_names import POD, is_for_pod, is_hugepages


def are_said(spec: Object) -> bool:
    """Whether a pod says for itself what it takes."""
    own = resources_of(spec)
    return any(is_for_pod(name) for part in ("requests", "limits") for name in own.get(part) or ())


def complete(spec: Object) -> None:
    """Fill a new pod's spec in place."""
    own = resources_of(spec)
    if not own.get("requests") and not own.get("limits"):
        return
    requests, limits = dict(own.get("requests") or {}), dict(own.get("limits") or {})
    limited = container_totals(spec, "limits")
    for name, amount in limited.items():
        if is_hugepages(name) and name not in requests:
            limits.setdefault(name, amount.format())
    for name, amount in container_totals(spec, "requests").items():
        if name in POD:
            requests.setdefault(name, amount.format())
    for name, text in limits.items():
        if is_for_pod(name):
            requests.setdefault(name, text)
    by_all = _limited_by_all(spec)
    for name, text in requests.items():
        if is_for_pod(name) and name not in limits and name in by_all:
            limits[name] = max(limited[name], Quantity.parse(text)).format()
    for part, filled in (("requests", requests), ("limits", limits)):
        if filled:
            own[part] = filled


def _limited_by_all(spec: Object) -> set[str]:
    """What every container has a limit of, and so all of them together."""
    containers = [*containers_of(spec, "containers"), *containers_of(spec, "initContainers")]
    counted = Counter(name for one in containers for name in amounts(resources_of(one).get("limits")))
    return {name for name, count in counted.items() if count == len(containers)}
