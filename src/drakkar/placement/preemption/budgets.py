"""PodDisruptionBudgets, as who makes room looks at them: which pods would be missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.selectors import LabelSelector
from drakkar.api.workloads import DisruptionBudget
from drakkar.placement.terms.term import selector


class _Budget(NamedTuple):
    selector: LabelSelector
    allowed: int
    # By name, pods that have been granted to go.
    granted: Collection[str]

    def covers(self, pod: Pod) -> bool:
        return self.selector.matches(pod.metadata.labels) and pod.metadata.name not in self.granted


class Budgets:
    """Kept up budget by budget; `version` is another one after each change that matters."""

    def __init__(self) -> None:
        self.version = 0
        self._by_namespace: dict[str, dict[str, _Budget]] = {}

    def put(self, key: ObjectKey, budget: DisruptionBudget | None) -> None:
        """A budget is there, or is another now; None, it is gone. One that selects nothing, or all, is none: so upstream."""
        chosen = None if budget is None else selector(budget.spec.selector)
        made = None
        if budget is not None and chosen is not None and chosen.requirements:
            made = _Budget(chosen, budget.status.disruptions_allowed, frozenset(budget.status.disrupted_pods))
        there = self._by_namespace.setdefault(key.namespace, {})
        if there.get(key.name) != made:
            self.version += 1
        if made is not None:
            there[key.name] = made
        else:
            there.pop(key.name, None)
        if not there:
            del self._by_namespace[key.namespace]

    def copy(self) -> Budgets:
        """One that changes by itself."""
        made = Budgets()
        made.version = self.version
        made._by_namespace = {namespace: dict(there) for namespace, there in self._by_namespace.items()}
        return made

    def missed(self, pods: Iterable[Pod]) -> list[bool]:
        """Of pods that go one after the other, whether each is one more than a budget spares."""
        left: dict[tuple[str, str], int] = {}
        return [self._is_missed(pod, left) for pod in pods]

    def _is_missed(self, pod: Pod, left: dict[tuple[str, str], int]) -> bool:
        namespace = pod.metadata.namespace
        there = self._by_namespace.get(namespace)
        if not there or not pod.metadata.labels:
            return False
        for name, budget in there.items():
            if budget.covers(pod):
                key = namespace, name
                left[key] = left.get(key, budget.allowed) - 1
                # As upstream: the budgets after it are not charged.
                if left[key] < 0:
                    return True
        return False
