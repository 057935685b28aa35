"""Room for a pod that fits nowhere, made by pods that are less important: what was learned is kept by form and priority."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.preemption.budgets import Budgets
from drakkar.placement.preemption.nominations import Nominations
from drakkar.placement.preemption.refusals import MAY, TAKES, Refusals
from drakkar.placement.preemption.victims import Victims, least_harm, victims_on
from drakkar.placement.volumes.pod_volumes import PodVolumes

# Of the nodes that others could help, so many are looked at until there is one at least: upstream's defaults.
_SHARE_PERCENT, _AT_LEAST = 10, 100
UNHELPFUL = "Preemption is not helpful for scheduling"
_NEVER_ELIGIBLE = "not eligible due to preemptionPolicy=Never."
_WAITING = "not eligible due to a terminating pod on the nominated node."
_TARGET, _REASON = "DisruptionTarget", "PreemptionByScheduler"
# What of a node's devices speaks against it; nothing if nothing does.
Devices = Callable[[NodeInfo], str]


def leaves_for_others(pod: Pod) -> bool:
    """Whether it ends because a scheduler has had it make room."""
    if pod.metadata.deletion_timestamp is None:
        return False
    target = next((one for one in pod.status.conditions if one.type == _TARGET), None)
    return target is not None and (target.status, target.reason) == ("True", _REASON)


class Preemption:
    """What is known of all nodes for pods of one form and priority. To be had of the snapshot; good until the next event."""

    def __init__(
        self,
        form: Form,
        priority: int,
        nodes: Sequence[NodeInfo],
        nominations: Nominations,
        budgets: Budgets,
        needs_of: Callable[[ObjectKey], Needs],
        node: Callable[[str], NodeInfo | None],
        volumes: PodVolumes | None = None,
    ) -> None:
        """With `volumes` it is about one pod alone."""
        self._volumes = volumes
        self._form, self._priority, self._nodes, self._node = form, priority, nodes, node
        self._nominations, self._budgets, self._needs_of = nominations, budgets, needs_of
        self._refusals = Refusals(form, priority, nodes, nominations, volumes)
        # By position, who would have to go, or what speaks against the node even then.
        self._outcomes: dict[int, Victims | frozenset[str]] = {}
        self._budgets_version = budgets.version

    def changed(self, node: NodeInfo) -> None:
        """The node is another, or other pods are there or wait for it."""
        self._refusals.changed(node)

    def refused(self, asking: ObjectKey, devices: Devices | None = None) -> Counter[str]:
        """Why the nodes do not take the pod: how many of them by each reason. `devices` only where devices are asked for."""
        self._refresh()
        counted = self._refusals.counted.copy()
        if devices is not None and self._refusals.kinds.count(TAKES):
            for index in _places(self._refusals.kinds, TAKES):
                counted[devices(self._nodes[index])] += 1
        own = self._own(asking)
        if own is not None:
            counted.subtract(self._refusals.texts[own.index])
            kind, texts = self._refusals.of(own, asking)
            if self._refusals.kinds[own.index] == TAKES and devices is not None:
                counted.subtract((devices(own),))
            counted.update(texts if kind != TAKES or devices is None else (devices(own),))
        return +counted

    def ineligible(
        self, pod: Pod, asking: ObjectKey, leaves: Callable[[Pod], bool] = leaves_for_others
    ) -> str:
        """Why the pod may make nobody go, if it may not. `leaves` tells of pods that make room already."""
        own = self._own(asking)
        if own is None or self._refusals.of(own, asking)[0] != MAY:
            return ineligible(pod)
        return ineligible(pod) or _waiting(pod, own, leaves)

    def chosen(self, asking: ObjectKey, devices: Devices | None = None) -> Victims | Counter[str]:
        """The node where as little harm as may be is done, and whom; or how many nodes cannot be helped, by each reason."""
        self._refresh()
        own = self._own(asking)
        kinds = self._refusals.kinds
        if own is not None:
            kinds = bytearray(kinds)
            kinds[own.index] = self._refusals.of(own, asking)[0]
        may = kinds.count(MAY)
        wanted = min(max(may * _SHARE_PERCENT // 100, _AT_LEAST), may)
        sparing: list[Victims] = []
        others: list[Victims] = []
        against: Counter[str] = Counter()
        for index in _places(kinds, MAY):
            node = self._nodes[index]
            found = self._outcome(index) if node is not own else self._look(node, asking)
            if isinstance(found, Victims) and devices is not None:
                problem = devices(node)
                found = frozenset((problem,)) if problem else found
            if not isinstance(found, Victims):
                against.update(found)
            elif not found.violations:
                sparing.append(found)
            elif len(others) < wanted:
                others.append(found)
            if sparing and len(sparing) + len(others) >= wanted:
                break
        if sparing or others:
            return least_harm((*sparing, *others))
        against.update(unhelpful(len(self._nodes) - may))
        return against

    def _refresh(self) -> None:
        if self._budgets_version != self._budgets.version:
            # Where nobody can help, budgets are no matter.
            self._budgets_version = self._budgets.version
            for index in [at for at, found in self._outcomes.items() if isinstance(found, Victims)]:
                del self._outcomes[index]
        for index in self._refusals.refresh():
            self._outcomes.pop(index, None)

    def _own(self, asking: ObjectKey) -> NodeInfo | None:
        """The node that the pod waits for already: what is known of it counts the pod itself among the guests."""
        return self._node(self._nominations.node_of(asking))

    def _outcome(self, index: int) -> Victims | frozenset[str]:
        found = self._outcomes.get(index)
        if found is None:
            found = self._outcomes[index] = self._look(self._nodes[index])
        return found

    def _look(self, node: NodeInfo, asking: ObjectKey | None = None) -> Victims | frozenset[str]:
        guests = self._nominations.guests(node.name, self._priority, asking)
        return victims_on(
            self._form, node, self._priority, guests, self._budgets, self._needs_of, self._volumes
        )


def _places(kinds: bytearray, kind: int) -> Sequence[int]:
    return [index for index, one in enumerate(kinds) if one == kind]


def unhelpful(nodes: int) -> Counter[str]:
    """So many nodes where nobody could help."""
    return Counter({UNHELPFUL: nodes} if nodes else {})


def ineligible(pod: Pod) -> str:
    """Why the pod makes nobody go, whatever the nodes have, if it does not."""
    return _NEVER_ELIGIBLE if pod.spec.preemption_policy == "Never" else ""


def _waiting(pod: Pod, nominated: NodeInfo, leaves: Callable[[Pod], bool]) -> str:
    priority = pod.spec.priority or 0
    on_their_way = any((one.spec.priority or 0) < priority and leaves(one) for one in nominated.pods.values())
    return _WAITING if on_their_way else ""
