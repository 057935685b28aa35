"""A pod's claims: which there are, and whose they must be (dra-semantics 4.1, KEP-3063)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.meta import ObjectMeta


class Unmade(Exception):
    """The claim of an entry is not there yet: a controller is to make it."""


class Nameless(Exception):
    """An entry that names neither a claim nor a template."""


class PodClaim(NamedTuple):
    """`entry` is the name of the entry in the pod, empty for the claim that stands for its extended resources; `name` that of
    the claim; `own` says that it was made for this pod and must be its.
    """

    entry: str
    name: str
    own: bool


def pod_claims(pod: Pod) -> Iterator[PodClaim]:
    """In the pod's order, without the entries that need no claim; Unmade or Nameless at the first that is so.

    The claim for extended resources comes last, where there is one (KEP-5004).
    """
    made = {status.name: status for status in pod.status.resource_claim_statuses}
    for entry in pod.spec.resource_claims:
        if entry.resource_claim_name:
            yield PodClaim(entry.name, entry.resource_claim_name, own=False)
            continue
        if not entry.resource_claim_template_name:
            raise Nameless(f'pod claim "{entry.name}": neither a claim nor a template is named')
        status = made.get(entry.name)
        if status is None:
            where = f"{pod.metadata.namespace}/{pod.metadata.name}"
            raise Unmade(f'pod "{where}": ResourceClaim not created yet')
        if status.resource_claim_name:
            yield PodClaim(entry.name, status.resource_claim_name, own=True)
    extended = (pod.status.extended_resource_claim_status or {}).get("resourceClaimName")
    if extended:
        yield PodClaim("", str(extended), own=True)


def known_claims(pod: Pod) -> Iterator[str]:
    """The names of the pod's claims, as far as they are known."""
    made = {status.name: status.resource_claim_name for status in pod.status.resource_claim_statuses}
    for entry in pod.spec.resource_claims:
        name = entry.resource_claim_name or made.get(entry.name)
        if name:
            yield name
    extended = (pod.status.extended_resource_claim_status or {}).get("resourceClaimName")
    if extended:
        yield str(extended)


def is_owned(claim: ObjectMeta, pod_uid: str) -> bool:
    """Whether the claim was made for this pod."""
    owner = claim.controller
    return owner is not None and owner.uid == pod_uid
