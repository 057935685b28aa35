"""Whom a pod that waits wants to see placed: those that it must be near, and those among whom it is spread."""

from __future__ import annotations

from drakkar.api.core import Pod
from drakkar.placement.terms.term import Namespaces, Term, selector


class Company:
    """The rules of one pod, read once. Another pod that gets its node helps it if they are about that one."""

    __slots__ = ("_namespace", "_near", "_spread")

    def __init__(self, pod: Pod) -> None:
        namespace = self._namespace = pod.metadata.namespace
        self._near = [Term(one, namespace) for one in pod.spec.affinity.pod_affinity.required]
        spreads = (selector(one.label_selector) for one in pod.spec.topology_spread_constraints)
        self._spread = [one for one in spreads if one is not None and one.requirements]

    def wants(self, other: Pod, namespaces: Namespaces) -> bool:
        """Whether it may help that the other pod has a node now."""
        if self._near and all(term.selects(other, namespaces) for term in self._near):
            return True
        if other.metadata.namespace != self._namespace:
            return False
        return any(one.matches(other.metadata.labels) for one in self._spread)


def company_of(pod: Pod) -> Company | None:
    """None where other pods cannot help by being there."""
    rules = pod.spec.affinity.pod_affinity.required or pod.spec.topology_spread_constraints
    return Company(pod) if rules else None
