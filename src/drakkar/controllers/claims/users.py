"""Which pods use which claims and claim templates, kept up pod by pod."""

from __future__ import annotations

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.pod_claims import entries, known_claims


def pod_is_done(pod: Pod) -> bool:
    """Whether the pod will never use a claim again: finished, or deleted before any node had it."""
    return pod.is_over or (pod.metadata.deletion_timestamp is not None and not pod.spec.node_name)


class ClaimUsers:
    """Pods by the claims and by the templates they name."""

    def __init__(self) -> None:
        self._by_claim: dict[ObjectKey, dict[ObjectKey, None]] = {}
        self._by_template: dict[ObjectKey, dict[ObjectKey, None]] = {}

    def of_claim(self, claim: ObjectKey) -> list[ObjectKey]:
        return list(self._by_claim.get(claim, ()))

    def of_template(self, template: ObjectKey) -> list[ObjectKey]:
        return list(self._by_template.get(template, ()))

    def pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        """Take in a pod event."""
        for pod in (old, new):
            if pod is None:
                continue
            key = ObjectKey(pod.metadata.namespace, pod.metadata.name)
            templates = [entry.template for entry in entries(pod) if entry.template]
            for index, names in ((self._by_claim, list(known_claims(pod))), (self._by_template, templates)):
                for name in names:
                    users = index.setdefault(ObjectKey(key.namespace, name), {})
                    if pod is new:
                        users[key] = None
                    else:
                        users.pop(key, None)
                    if not users:
                        index.pop(ObjectKey(key.namespace, name), None)
