"""Which pods use which claims and claim templates, kept up pod by pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.client import key_of
from drakkar.controllers.machinery.mirror import Key
from drakkar.controllers.machinery.podstate import is_finished, is_scheduled

Object = dict[str, Any]


def pod_is_done(pod: Object) -> bool:
    """Whether the pod will never use a claim again: finished, or deleted before any node had it."""
    return is_finished(pod) or (bool(pod["metadata"].get("deletionTimestamp")) and not is_scheduled(pod))


def entries(pod: Object) -> list[Object]:
    return (pod.get("spec") or {}).get("resourceClaims") or []


def recorded_claims(pod: Object) -> dict[str, str | None]:
    """Entry name to the claim made for it; None for an entry that needs no claim."""
    statuses = (pod.get("status") or {}).get("resourceClaimStatuses") or []
    return {status["name"]: status.get("resourceClaimName") for status in statuses}


def extended_claim(pod: Object) -> str | None:
    """The claim that the scheduler made for the pod's extended resources."""
    status = (pod.get("status") or {}).get("extendedResourceClaimStatus") or {}
    return status.get("resourceClaimName")


def uses_claims(pod: Object) -> bool:
    return bool(entries(pod)) or bool((pod.get("status") or {}).get("extendedResourceClaimStatus"))


def claim_names(pod: Object) -> Iterator[str]:
    """The names of the pod's claims, as far as they are known."""
    recorded = recorded_claims(pod)
    for entry in entries(pod):
        name = entry.get("resourceClaimName") or recorded.get(entry["name"])
        if name:
            yield name
    extended = extended_claim(pod)
    if extended:
        yield extended


class ClaimUsers:
    """Pods by the claims and by the templates they name."""

    def __init__(self) -> None:
        self._by_claim: dict[Key, dict[Key, None]] = {}
        self._by_template: dict[Key, dict[Key, None]] = {}

    def of_claim(self, namespace: str, name: str) -> list[Key]:
        return list(self._by_claim.get((namespace, name), ()))

    def of_template(self, namespace: str, name: str) -> list[Key]:
        return list(self._by_template.get((namespace, name), ()))

    def pod_changed(self, old: Object | None, new: Object | None) -> None:
        """Take in a pod event."""
        for pod in (old, new):
            if pod is None:
                continue
            key = key_of(pod)
            templates = [
                entry["resourceClaimTemplateName"]
                for entry in entries(pod)
                if entry.get("resourceClaimTemplateName")
            ]
            for index, names in ((self._by_claim, list(claim_names(pod))), (self._by_template, templates)):
                for name in names:
                    users = index.setdefault((key[0], name), {})
                    if pod is new:
                        users[key] = None
                    else:
                        users.pop(key, None)
                    if not users:
                        index.pop((key[0], name), None)
