"""The pods that wait for a node by what could help them: an event is looked at for these alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.pod_claims import known_claims
from drakkar.placement import Company, company_of

_NOBODY: Collection[ObjectKey] = ()


class WaitingPods:
    """Kept up pod by pod."""

    def __init__(self) -> None:
        self._by_claim: dict[ObjectKey, dict[ObjectKey, None]] = {}
        # Those that it may help that others get their nodes, by what was found out at their last try.
        self._sociable: dict[ObjectKey, Company] = {}

    def of_claim(self, claim: ObjectKey) -> Collection[ObjectKey]:
        """The pods that name this claim, the first that did so first."""
        return self._by_claim.get(claim, _NOBODY)

    def wanting(self, placed: Pod, namespaces: Mapping[str, Mapping[str, str]]) -> list[ObjectKey]:
        """The pods that it may help that this one has got its node; each namespace with its labels."""
        return [key for key, one in self._sociable.items() if one.wants(placed, namespaces)]

    def tried(self, pod: Pod, lonely: bool) -> None:
        """The pod goes nowhere; whether it may help it that others are placed."""
        company = company_of(pod) if lonely else None
        if company is not None:
            self._sociable[ObjectKey(pod.metadata.namespace, pod.metadata.name)] = company
        else:
            self._sociable.pop(ObjectKey(pod.metadata.namespace, pod.metadata.name), None)

    def changed(self, before: Pod | None, now: Pod | None) -> None:
        """Take in what a pod was and what it is; None for none."""
        if before is not None:
            self._take_out(before)
        if now is not None and not now.is_over and not now.spec.node_name:
            namespace = now.metadata.namespace
            for name in known_claims(now):
                users = self._by_claim.setdefault(ObjectKey(namespace, name), {})
                users[ObjectKey(namespace, now.metadata.name)] = None
        elif before is not None:
            self._sociable.pop(ObjectKey(before.metadata.namespace, before.metadata.name), None)

    def _take_out(self, pod: Pod) -> None:
        namespace = pod.metadata.namespace
        for name in known_claims(pod):
            claim = ObjectKey(namespace, name)
            users = self._by_claim.get(claim)
            if users is None:
                continue
            users.pop(ObjectKey(namespace, pod.metadata.name), None)
            if not users:
                del self._by_claim[claim]
