"""The fewest pods that must leave a node for another one to fit there, and the node to choose: as DefaultPreemption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.time import time_or_none
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.preemption.budgets import Budgets
from drakkar.placement.preemption.nominations import Nominated
from drakkar.placement.preemption.trial import Trial
from drakkar.placement.reason import counted_by
from drakkar.placement.volumes.pod_volumes import PodVolumes

NO_VICTIMS = "No preemption victims found for incoming pod"
# What upstream says where all may stay, which there is then no need to ask for.
_NOBODY_GOES = "expected at least one victim pod on node"
_NONE = frozenset((NO_VICTIMS,))
_FOR_EVER = float("inf")
# Priorities are counted from the lowest there can be, so that two pods of a negative one are more than one.
_LOWEST = 2**31


class Victim(NamedTuple):
    """A pod that would have to go. `started` is when it began, in seconds since the epoch; one that has not, begins last."""

    key: ObjectKey
    pod: Pod
    started: float

    @property
    def priority(self) -> int:
        """How important it is."""
        return self.pod.spec.priority or 0

    @property
    def importance(self) -> tuple[int, float, ObjectKey]:
        """Who comes first in this order goes last."""
        return -self.priority, self.started, self.key


class Victims(NamedTuple):
    """Who would leave a node, the most important first, and how many more of them than their budgets spare; the less `harm`, the
    better the node.
    """

    node: str
    pods: tuple[Victim, ...]
    violations: int
    harm: tuple[int, int, int, int, float]


def _victims(node: str, pods: tuple[Victim, ...], violations: int) -> Victims:
    highest = pods[0].priority
    first = min(one.started for one in pods if one.priority == highest)
    total = sum(one.priority + _LOWEST for one in pods)
    return Victims(node, pods, violations, (violations, highest, total, len(pods), -first))


def _victim(key: ObjectKey, pod: Pod) -> Victim:
    moment = time_or_none(pod.status.start_time)
    return Victim(key, pod, _FOR_EVER if moment is None else moment.timestamp())


def victims_on(
    form: Form,
    node: NodeInfo,
    priority: int,
    guests: Sequence[Nominated],
    budgets: Budgets,
    needs_of: Callable[[ObjectKey], Needs],
    volumes: PodVolumes | None = None,
) -> Victims | frozenset[str]:
    """Who must go for a pod of the form and of this priority; or what speaks against the node even if all go that may. Of those
    less important each is let stay if it can, beginning with those that would be missed.
    """
    lower = [_victim(key, pod) for key, pod in node.pods.items() if (pod.spec.priority or 0) < priority]
    if not lower:
        return _NONE
    with Trial(form, node, guests, volumes) as trial:
        for one in lower:
            trial.take_off(one.key, one.pod, needs_of(one.key))
        found = trial.objections()
        if found:
            return counted_by(found)
        lower.sort(key=lambda one: one.importance)
        missed = budgets.missed(one.pod for one in lower)

        def must_go(one: Victim) -> bool:
            needs = needs_of(one.key)
            trial.put(one.key, one.pod, needs)
            if not trial.objections():
                return False
            trial.take_off(one.key, one.pod, needs)
            return True

        violating = [one for one, is_missed in zip(lower, missed, strict=True) if is_missed and must_go(one)]
        others = [one for one, is_missed in zip(lower, missed, strict=True) if not is_missed and must_go(one)]
    if not violating and not others:
        return frozenset((_NOBODY_GOES,))
    pods = tuple(sorted((*violating, *others), key=lambda one: one.importance))
    return _victims(node.name, pods, len(violating))


def least_harm(candidates: Iterable[Victims]) -> Victims:
    """The node to choose: of those where as little harm is done, the first."""
    return min(candidates, key=lambda one: one.harm)
