"""What the pods of a node have been given of it, which is less than they ask for while there is no room for more (KEP-1287)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import msgspec

from drakkar.api.core import Container, ContainerStatus, Pod, Resources
from drakkar.api.object import Uid
from drakkar.api.quantity import QuantityError
from drakkar.placement.node import amounts
from drakkar.placement.node.amounts import CPU, MEMORY, Amounts

# What a node says in its status that it can do (KEP-5328).
RESIZES = ("InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers")
P = TypeVar("P", bound=Pod)


class _Given(NamedTuple):
    """To one pod: as a whole, to each of its containers, and what that comes to."""

    whole: Resources
    containers: Mapping[str, Resources]
    needs: Amounts


class Allocations:
    """Of one node, which has `allocatable`."""

    def __init__(self, allocatable: Mapping[str, str]) -> None:
        self._most = amounts.allocatable(dict(allocatable))
        self._given: dict[Uid, _Given] = {}

    def allocate(self, pod: P) -> tuple[P, str]:
        """The pod with the resources that it has been given, and why these are not what it asks for; empty where they are.

        A pod that comes gets what it asks for: whether there is room was the scheduler's question. One that ran before
        keeps what its status says that it had.
        """
        uid, asked = pod.metadata.uid, _asked(pod)
        had = self._given.get(uid) or _told(pod)
        lacking = ""
        if had is not None and (had.whole, had.containers) != (asked.whole, asked.containers):
            lacking = self._lacking(uid, asked.needs)
        if had is None or not lacking:
            self._given[uid] = asked
            return pod, ""
        self._given[uid] = had
        return _with(pod, had), lacking

    def release(self, uid: Uid) -> None:
        """The pod is over, or gone."""
        self._given.pop(uid, None)

    def _lacking(self, uid: Uid, needs: Amounts) -> str:
        """Of what there is too little beside the other pods, in upstream's words."""
        others = [one.needs for other, one in self._given.items() if other != uid]
        for name in (CPU, MEMORY):
            used, most = sum(one.get(name, 0) for one in others), self._most.get(name, 0)
            wanted = needs.get(name, 0)
            if wanted and used + wanted > most:
                return f"Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {most}"
        return ""


def _containers(pod: Pod) -> tuple[Container, ...]:
    return (*pod.spec.init_containers, *pod.spec.containers)


def _asked(pod: Pod) -> _Given:
    return _given(pod, pod.spec.resources, {one.name: one.resources for one in _containers(pod)})


def _given(pod: Pod, whole: Resources, containers: Mapping[str, Resources]) -> _Given:
    try:
        needs = amounts.needs(_with(pod, _Given(whole, containers, {})).spec)
    except QuantityError:
        # It was stored before there was a rule, and counts nothing.
        needs = {}
    return _Given(whole, containers, needs)


def _told(pod: Pod) -> _Given | None:
    """What the pod's status says that it was given; None where it says nothing."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    told = {one.name: one for one in statuses if one.resources is not None}
    if not told:
        return None
    containers = {one.name: _had(one, told.get(one.name)) for one in _containers(pod)}
    return _given(pod, pod.spec.resources, containers)


def _had(container: Container, status: ContainerStatus | None) -> Resources:
    own = container.resources
    if status is None or status.resources is None:
        return own
    return Resources(
        requests=status.allocated_resources or status.resources.requests,
        limits=status.resources.limits,
        claims=own.claims,
    )


def _with(pod: P, given: _Given) -> P:
    """The pod with other resources."""

    def changed(containers: tuple[Container, ...]) -> tuple[Container, ...]:
        return tuple(msgspec.structs.replace(one, resources=given.containers[one.name]) for one in containers)

    spec = msgspec.structs.replace(
        pod.spec,
        resources=given.whole,
        containers=changed(pod.spec.containers),
        init_containers=changed(pod.spec.init_containers),
    )
    return msgspec.structs.replace(pod, spec=spec)
