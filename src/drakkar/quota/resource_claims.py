"""What ResourceClaims use: their number, and devices by class (dra-semantics 1.5.10)."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.extended_resources import pod_of
from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.api.pod_totals import Amounts
from drakkar.api.resource_names import DEVICE_CLASS, REQUESTS
from drakkar.quota.amounts import whole
from drakkar.quota.counted import count_name
from drakkar.quota.evaluator import ONE, Evaluator, Measured, World
from drakkar.quota.pods import is_extended_for_quota, pod_usage

_COUNT = count_name("resource.k8s.io", "resourceclaims")
_OF_CLASS = ".deviceclass.resource.k8s.io/devices"
# How many devices all that match may come to: no allocation has more.
_ALL = 32


class ResourceClaimEvaluator(Evaluator):
    """Devices count as the claim asks for them, be it allocated or not."""

    def names(self, hard: Iterable[str], world: World) -> set[str]:
        """Theirs, those for one class, and those for the extended resources that classes stand for."""
        extended = {f"{REQUESTS}{DEVICE_CLASS}{name}" for name in world.extended}
        extended |= {f"{REQUESTS}{name}" for name in world.extended.values() if name}
        return {
            name
            for name in hard
            if name == _COUNT
            or name.endswith(_OF_CLASS)
            or (is_extended_for_quota(name) and name in extended)
        }

    def measure(self, obj: Object, world: World) -> Measured:
        """What a claim uses."""
        devices: dict[str, int] = {}
        for request in objects(mapping(mapping(obj.get("spec")).get("devices")).get("requests")):
            for name, count in _asked(request).items():
                devices[name] = devices.get(name, 0) + count
        used: Amounts = {_COUNT: ONE}
        used.update({f"{name}{_OF_CLASS}": whole(count) for name, count in devices.items()})
        # A claim that was made for a pod's extended resources costs no more than the pod was charged for.
        paid = _paid(obj, world)
        for name, count in devices.items():
            if not name:
                continue
            names = [f"{REQUESTS}{DEVICE_CLASS}{name}"]
            if world.extended.get(name):
                names.append(f"{REQUESTS}{world.extended[name]}")
            for one in names:
                left = whole(count) - paid[one] if one in paid else whole(count)
                if left.nanos > 0:
                    used[one] = left
        return Measured(used)

    def concerns(self, new: Object, old: Object | None, subresource: str) -> bool:
        """Any write of the whole."""
        return not subresource


def _asked(request: Object) -> dict[str, int]:
    """The devices that a request may come to, by class: of alternatives the most of each class."""
    alternatives = objects(request.get("firstAvailable"))
    if not alternatives:
        exactly = request.get("exactly")
        return {text(exactly.get("deviceClassName")): _count(exactly)} if isinstance(exactly, dict) else {}
    most: dict[str, int] = {}
    for one in alternatives:
        name, count = text(one.get("deviceClassName")), _count(one)
        if count > most.get(name, 0):
            most[name] = count
    return most


def _count(asked: Object) -> int:
    mode, count = asked.get("allocationMode"), asked.get("count")
    if mode == "All":
        return _ALL
    return count if mode == "ExactCount" and isinstance(count, int) else 0


def _paid(claim: Object, world: World) -> Amounts:
    """What the pod has been charged for whose extended resources the claim is for; nothing where it is for no pod's."""
    meta, owner = mapping(claim.get("metadata")), pod_of(claim)
    if owner is None:
        return {}
    pod = world.pod(text(meta.get("namespace")), text(owner.get("name")))
    if pod is None or mapping(pod.get("metadata")).get("uid") != owner.get("uid"):
        return {}
    told = mapping(pod.get("status")).get("extendedResourceClaimStatus")
    if isinstance(told, dict):
        return pod_usage(pod, world.now) if told.get("resourceClaimName") == meta.get("name") else {}
    return pod_usage(pod, world.now) if _is_first(meta, owner, world) else {}


def _is_first(meta: Object, owner: Object, world: World) -> bool:
    """Whether there is no claim for extended resources of the same pod that was there before."""
    for other in world.claims(text(meta.get("namespace"))):
        theirs = pod_of(other)
        if (
            theirs is not None
            and theirs.get("uid") == owner.get("uid")
            and _age(mapping(other.get("metadata"))) < _age(meta)
        ):
            return False
    return True


def _age(meta: Object) -> tuple[str, str]:
    return text(meta.get("creationTimestamp")), text(meta.get("name"))
