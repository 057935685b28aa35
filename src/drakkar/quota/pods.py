"""What pods use: their number, what their containers ask for and are limited to, and of which scopes they are."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping
from drakkar.api.pod_totals import Amounts, add, amounts, containers_of, resources_of
from drakkar.api.quantity import Quantity
from drakkar.api.resource_names import (
    CONTAINER,
    DEVICE_CLASS,
    HUGEPAGES,
    LIMITS,
    POD,
    REQUESTS,
    is_extended,
    is_for_pod,
    is_hugepages,
    is_native,
)
from drakkar.api.time import time_or_none
from drakkar.quota.counted import count_name
from drakkar.quota.evaluator import ONE, Evaluator, Measured, World
from drakkar.quota.pod_scopes import has_deadline, scopes_of
from drakkar.quota.pod_sizes import container_totals_of, sizes

_COUNT = count_name("", "pods")
_NAMES = frozenset(
    {_COUNT, "pods", *CONTAINER, *(f"{part}{name}" for part in (REQUESTS, LIMITS) for name in CONTAINER)}
)
# Where a quota has one of these, every container must say how much it takes. No others are to come.
_SAID = frozenset({*POD, *(f"{part}{name}" for part in (REQUESTS, LIMITS) for name in POD)})
_OVER = ("Succeeded", "Failed")


def is_extended_for_quota(name: str) -> bool:
    """Whether a quota's name is that of an extended resource."""
    return name.startswith(REQUESTS) and (not is_native(name) or name.startswith(REQUESTS + DEVICE_CLASS))


class PodEvaluator(Evaluator):
    """Pods that are over, or overdue to go, only count as objects."""

    def names(self, hard: Iterable[str], world: World) -> set[str]:
        """Those of pods, of hugepages, and of extended resources."""
        return {
            name
            for name in hard
            if name in _NAMES
            or name.startswith((HUGEPAGES, REQUESTS + HUGEPAGES))
            or is_extended_for_quota(name)
        }

    def measure(self, obj: Object, world: World) -> Measured:
        """What a pod uses."""
        spec = mapping(obj.get("spec"))
        return Measured(pod_usage(obj, world.now), scopes_of(obj), {} if _is_sized(spec) else _unsaid(spec))

    def concerns(self, new: Object, old: Object | None, subresource: str) -> bool:
        """A pod is new, comes into another scope, or is given other resources."""
        if subresource == "resize":
            return old is not None
        return not subresource and (old is None or has_deadline(new) != has_deadline(old))

    def frees(self, new: Object, old: Object) -> bool:
        """A pod is over, is in another scope, begins to go, or takes less."""
        return (
            has_deadline(new) != has_deadline(old)
            or (_is_over(new) and not _is_over(old))
            or ends(new) != ends(old)
            or sizes(new) != sizes(old)
        )


def pod_usage(pod: Object, now: datetime.datetime) -> Amounts:
    """What a pod uses by the names of quotas."""
    used: Amounts = {_COUNT: ONE}
    if not is_counted(pod, now):
        return used
    used["pods"] = ONE
    used.update(_compute(total(pod, "requests"), total(pod, "limits")))
    return used


def total(pod: Object, part: str) -> Amounts:
    """The `requests` or `limits` of a pod: what it says itself instead of its containers, and its overhead."""
    spec = mapping(pod.get("spec"))
    found = container_totals_of(pod, part)
    own = amounts(resources_of(spec).get(part))
    found.update({name: amount for name, amount in own.items() if is_for_pod(name)})
    overhead = amounts(spec.get("overhead"))
    if part == "limits":
        overhead = {name: amount for name, amount in overhead.items() if name in found and found[name].nanos}
    add(found, overhead)
    return found


def is_counted(pod: Object, now: datetime.datetime) -> bool:
    """Whether a pod uses more than its object: it is not over, nor long past the moment at which it should be gone."""
    end = ends(pod)
    return not _is_over(pod) and (end is None or now <= end)


def ends(pod: Object) -> datetime.datetime | None:
    """When a pod that is being deleted is counted no more."""
    meta = mapping(pod.get("metadata"))
    deleted, grace = meta.get("deletionTimestamp"), meta.get("deletionGracePeriodSeconds")
    if not isinstance(deleted, str) or not isinstance(grace, int):
        return None
    try:
        moment = time_or_none(deleted)
        return None if moment is None else moment + datetime.timedelta(seconds=grace)
    except (ValueError, OverflowError):
        return None


def _is_over(pod: Object) -> bool:
    return mapping(pod.get("status")).get("phase") in _OVER


def _is_sized(spec: Object) -> bool:
    """Whether the pod says itself what it takes, so that its containers need not."""
    own = resources_of(spec)
    return any(is_for_pod(name) for part in ("requests", "limits") for name in mapping(own.get(part)))


def _compute(requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]) -> Amounts:
    """Requests and limits by the names of quotas."""
    used: Amounts = {}
    for name, amount in requests.items():
        if name in CONTAINER or is_hugepages(name):
            used[name] = used[REQUESTS + name] = amount
        if is_extended(name) or name.startswith(DEVICE_CLASS):
            used[REQUESTS + name] = amount
    used.update({LIMITS + name: limits[name] for name in CONTAINER if name in limits})
    return used


def _unsaid(spec: Object) -> dict[str, list[str]]:
    """The containers that do not say how much they take of something, by the names of quotas for it."""
    found: dict[str, set[str]] = {}
    for field in ("containers", "initContainers"):
        for container in containers_of(spec, field):
            own = resources_of(container)
            said = _compute(amounts(own.get("requests")), amounts(own.get("limits")))
            for name in _SAID - said.keys():
                found.setdefault(name, set()).add(str(container.get("name") or ""))
    return {name: sorted(names) for name, names in found.items()}
