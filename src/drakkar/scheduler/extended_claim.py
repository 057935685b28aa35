"""The claim that is made for a pod's extended resources (KEP-5004): another one for nodes that have some of them themselves."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping

from drakkar.api.core import ExtendedResourceMapping
from drakkar.api.extended_resources import FOR_EXTENDED, extended_demand, pod_of
from drakkar.api.meta import ObjectMeta
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.or_empty import text
from drakkar.api.resource import API_VERSION, DeviceClaim, ResourceClaim, ResourceClaimSpec, encode
from drakkar.placement import Backing, Variants

from .dra import Wanted
from .soundness import KnownPod
from .stored_claim import StoredClaim

# How the claim is called as long as there is none.
_UNNAMED = "<extended-resources>"
# What the server puts behind a name that it completes, and how long such a name may become.
_LETTERS, _MORE, _LONGEST = "bcdfghjklmnpqrstvwxz2456789", 5, 63


class Variant:
    """The claim as it would be made for some nodes. Its uid is for the books, until the server has given it one."""

    def __init__(self, wanted: Wanted, mappings: tuple[ExtendedResourceMapping, ...]) -> None:
        self.wanted, self.mappings = wanted, mappings


def extended_claim(known: KnownPod, backing: Backing) -> Variants[Variant] | None:
    """One attempt's claim for what DeviceClasses stand for; None where there is no such thing."""
    if not backing.names:
        return None
    uid = Uid(str(uuid.uuid4()))
    return Variants(backing, lambda classes: _made(known, uid, classes))


def _made(known: KnownPod, uid: Uid, classes: Mapping[str, str]) -> Variant:
    demand = extended_demand(known.pod.spec, classes)
    spec = ResourceClaimSpec(devices=DeviceClaim(requests=demand.requests))
    # The name is ours, so that a creation that was not answered can be looked for.
    base = f"{known.pod.metadata.name}-extended-resources-"
    name = base[: _LONGEST - _MORE] + "".join(secrets.choice(_LETTERS) for _ in range(_MORE))
    namespace = known.pod.metadata.namespace
    obj = {
        "apiVersion": API_VERSION,
        "kind": "ResourceClaim",
        "metadata": {
            "name": name,
            "generateName": base,
            "namespace": namespace,
            "uid": uid,
            "annotations": {FOR_EXTENDED: "true"},
            "ownerReferences": [_owner(known)],
        },
        "spec": encode(spec),
    }
    struct = ResourceClaim(metadata=ObjectMeta(name=_UNNAMED, namespace=namespace, uid=uid), spec=spec)
    return Variant(Wanted(StoredClaim(obj), struct), demand.mappings)


def _owner(known: KnownPod) -> Object:
    name = known.pod.metadata.name
    return {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": known.uid, "controller": True}


class ExtendedClaims:
    """The claims that were made for extended resources, by the pods that they are for."""

    def __init__(self) -> None:
        self._of: dict[Uid, dict[ObjectKey, Object]] = {}

    def changed(self, before: Object | None, now: Object | None) -> None:
        """Take in what a claim was and what it is; None for none."""
        for claim in (before, now):
            pod = None if claim is None else pod_of(claim)
            if claim is None or pod is None:
                continue
            uid = Uid(text(pod.get("uid")))
            if claim is now:
                self._of.setdefault(uid, {})[key_of(claim)] = claim
            elif claims := self._of.get(uid):
                claims.pop(key_of(claim), None)
                if not claims:
                    del self._of[uid]

    def of(self, pod: Uid) -> Object | None:
        """The first claim of the pod, in the order of their names."""
        claims = self._of.get(pod)
        return claims[min(claims)] if claims else None
