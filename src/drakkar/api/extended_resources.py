"""Extended resources that DeviceClasses stand for: which class, and what a claim asks for in a pod's name (KEP-5004,
dra-semantics 5.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from drakkar.api.core import Container, ExtendedResourceMapping, PodSpec
from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects
from drakkar.api.quantity import NANO, Quantity
from drakkar.api.resource import DeviceClass, DeviceRequest, ExactDeviceRequest
from drakkar.api.resource_names import DEVICE_CLASS

# Says of a claim that it was made for the extended resources of the pod that owns it.
FOR_EXTENDED = "resource.kubernetes.io/extended-resource-claim"
_ALWAYS = "Always"


def pod_of(claim: Object) -> Object | None:
    """The reference to the pod for whose extended resources a claim was made; None for other claims."""
    meta = mapping(claim.get("metadata"))
    if mapping(meta.get("annotations")).get(FOR_EXTENDED) != "true":
        return None
    found = next((one for one in objects(meta.get("ownerReferences")) if one.get("controller") is True), {})
    return found if (found.get("apiVersion"), found.get("kind")) == ("v1", "Pod") else None


class _Holder(NamedTuple):
    """A class that goes by a name of its own choice; the newest one wins, then the first in the order of names."""

    created: str
    name: str

    def before(self, other: _Holder) -> bool:
        return self.created > other.created or (self.created == other.created and self.name < other.name)


class ExtendedClasses:
    """The class behind each extended resource: the one that goes by its name, or the one that is named in it. A class that has
    lost its name to a newer one has it back when that is gone.
    """

    def __init__(self) -> None:
        # By extended resource those that want to go by it.
        self._named: dict[str, dict[str, _Holder]] = {}
        self._names: dict[str, str] = {}
        self._best: dict[str, str] = {}

    def copy(self) -> ExtendedClasses:
        """One that changes by itself."""
        made = ExtendedClasses()
        made._named = {resource: dict(holders) for resource, holders in self._named.items()}
        made._names, made._best = dict(self._names), dict(self._best)
        return made

    def set_class(self, found: DeviceClass) -> bool:
        """A class is there, or is another now; whether that changes what any resource stands for."""
        name, wanted = found.metadata.name, found.spec.extended_resource_name or ""
        new = name not in self._names
        before = self._names.get(name, "")
        holder = _Holder(found.metadata.creation_timestamp or "", name)
        if not new and before == wanted and self._named.get(wanted, {}).get(name, holder) == holder:
            return False
        self._names[name] = wanted
        changed = bool(before) and self._without(before, name)
        if wanted:
            self._named.setdefault(wanted, {})[name] = holder
            changed = self._settle(wanted) or changed
        return changed or new

    def remove_class(self, name: str) -> bool:
        """A class is gone; whether that changes what any resource stands for."""
        if name not in self._names:
            return False
        wanted = self._names.pop(name)
        if wanted:
            self._without(wanted, name)
        return True

    def _without(self, resource: str, name: str) -> bool:
        del self._named[resource][name]
        return self._settle(resource)

    def _settle(self, resource: str) -> bool:
        """Find out again who goes by the name; whether that is another one."""
        before = self._best.pop(resource, None)
        best: _Holder | None = None
        for holder in self._named[resource].values():
            if best is None or holder.before(best):
                best = holder
        if best is None:
            del self._named[resource]
        else:
            self._best[resource] = best.name
        return before != self._best.get(resource)

    def class_of(self, resource: str) -> str | None:
        """The class that stands for the resource, None where none does."""
        found = self._best.get(resource)
        if found is None and resource.startswith(DEVICE_CLASS):
            name = resource.removeprefix(DEVICE_CLASS)
            return name if name in self._names else None
        return found


class ExtendedDemand(NamedTuple):
    """What a claim is to ask for, and which of its requests are for which container."""

    requests: tuple[DeviceRequest, ...]
    mappings: tuple[ExtendedResourceMapping, ...]


class _Asked(NamedTuple):
    request: DeviceRequest
    number: int


def extended_demand(spec: PodSpec, classes: Mapping[str, str]) -> ExtendedDemand:
    """For the resources that are to come from devices, each with its class. Containers that stay have devices of their own;
    one that is over before others start uses theirs first, and those like it share what is more than that.
    """
    containers = (*spec.init_containers, *spec.containers)
    stays = [
        index >= len(spec.init_containers) or one.restart_policy == _ALWAYS
        for index, one in enumerate(containers)
    ]
    requests: list[DeviceRequest] = []
    mappings: list[ExtendedResourceMapping] = []
    for resource in sorted(classes):
        lasting: list[_Asked | None] = [None] * len(containers)
        for index, container in enumerate(containers):
            count = _whole(container, resource) if stays[index] else 0
            if count:
                lasting[index] = asked = _request(index, container, resource, classes[resource], count)
                mappings.append(_mapping(container, resource, asked.request.name))
        most, passing = _passing(containers, stays, lasting, resource, classes[resource])
        mappings += passing
        requests += [one.request for one in (most, *lasting) if one is not None]
    return ExtendedDemand(tuple(sorted(requests, key=lambda one: one.name)), tuple(mappings))


def _passing(
    containers: Sequence[Container],
    stays: Sequence[bool],
    lasting: Sequence[_Asked | None],
    resource: str,
    device_class: str,
) -> tuple[_Asked | None, list[ExtendedResourceMapping]]:
    """The one request that those containers share which are over before others start, and what each of them uses."""
    most: _Asked | None = None
    own: set[str] = set()
    mappings: list[ExtendedResourceMapping] = []
    for index, container in enumerate(containers):
        count = 0 if stays[index] else _whole(container, resource)
        if not count:
            continue
        for later in lasting[index:]:
            if later is not None and count > 0:
                mappings.append(_mapping(container, resource, later.request.name))
                count -= later.number
        if count > 0:
            asked = _request(index, container, resource, device_class, count)
            mappings.append(_mapping(container, resource, asked.request.name))
            own.add(asked.request.name)
            if most is None or most.number < count:
                most = asked
    if most is None:
        return None, mappings
    shared = most.request.name
    return most, [replace(one, request_name=shared) if one.request_name in own else one for one in mappings]


def _request(index: int, container: Container, resource: str, device_class: str, count: int) -> _Asked:
    name = f"container-{index}-request-{sorted(_stated(container)).index(resource)}"
    exactly = ExactDeviceRequest(device_class_name=device_class, allocation_mode="ExactCount", count=count)
    return _Asked(DeviceRequest(name=name, exactly=exactly), count)


def _mapping(container: Container, resource: str, request: str) -> ExtendedResourceMapping:
    return ExtendedResourceMapping(
        container_name=container.name, resource_name=resource, request_name=request
    )


def _stated(container: Container) -> dict[str, str | int | float]:
    # An API server takes a missing request from the limit; documents have not been there.
    return {**container.resources.limits, **container.resources.requests}


def _whole(container: Container, resource: str) -> int:
    """How many the container asks for; none where that is no whole number."""
    written = _stated(container).get(resource)
    if written is None:
        return 0
    number, rest = divmod(Quantity.parse(str(written)).nanos, NANO)
    return 0 if rest else number
