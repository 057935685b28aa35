"""A pod's claims: which there are, and whose they must be (dra-semantics 4.1, KEP-3063)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.meta import ObjectMeta
from drakkar.api.object import Uid


class UnmadeClaimError(Exception):
    """The claim of an entry is not there yet: a controller is to make it."""


class NamelessClaimError(Exception):
    """An entry that names neither a claim nor a template."""


class Entry(NamedTuple):
    """An entry of a pod's claims, `name` being its own: it names a claim that is there, or a template. `claim` is the claim as
    far as it is known; where it is not, `unmade` says that one is still to be made, else the entry needs none.
    """

    name: str
    claim: str
    template: str
    unmade: bool

    @property
    def own(self) -> bool:
        """Whether the claim was made for this pod and must be its."""
        return bool(self.template)

    @property
    def is_nameless(self) -> bool:
        """Whether it names neither a claim nor a template, which no server lets in."""
        return not self.claim and not self.template


class PodClaim(NamedTuple):
    """`entry` is the name of the entry in the pod, empty for the claim that stands for its extended resources; `name` that of
    the claim; `own` says that it was made for this pod and must be its.
    """

    entry: str
    name: str
    own: bool


def recorded(pod: Pod) -> dict[str, str | None]:
    """By the names of entries with templates, the claims made for them; None for an entry that needs no claim."""
    return {status.name: status.resource_claim_name for status in pod.status.resource_claim_statuses}


def entries(pod: Pod) -> Iterator[Entry]:
    """In the pod's order."""
    made = recorded(pod)
    for entry in pod.spec.resource_claims:
        if entry.resource_claim_name:
            yield Entry(entry.name, entry.resource_claim_name, "", unmade=False)
        else:
            template = entry.resource_claim_template_name or ""
            yield Entry(entry.name, made.get(entry.name) or "", template, entry.name not in made)


def extended_claim(pod: Pod) -> str:
    """The claim that was made for the pod's extended resources; nothing if there is none (KEP-5004)."""
    return pod.status.extended_resource_claim_status.resource_claim_name


def pod_claims(pod: Pod) -> Iterator[PodClaim]:
    """In the pod's order, without the entries that need no claim; UnmadeClaimError or NamelessClaimError at the first that is so.

    The claim for extended resources comes last, where there is one.
    """
    for entry in entries(pod):
        if entry.is_nameless:
            raise NamelessClaimError(f'pod claim "{entry.name}": neither a claim nor a template is named')
        if entry.unmade:
            where = f"{pod.metadata.namespace}/{pod.metadata.name}"
            raise UnmadeClaimError(f'pod "{where}": ResourceClaim not created yet')
        if entry.claim:
            yield PodClaim(entry.name, entry.claim, entry.own)
    if extended := extended_claim(pod):
        yield PodClaim("", extended, own=True)


def uses_claims(pod: Pod) -> bool:
    """Whether there is anything to do for claims of the pod."""
    return bool(pod.spec.resource_claims) or bool(extended_claim(pod))


def known_pod_claims(pod: Pod) -> Iterator[PodClaim]:
    """As far as they are known, in the pod's order; the claim for extended resources comes last."""
    for entry in entries(pod):
        if entry.claim:
            yield PodClaim(entry.name, entry.claim, entry.own)
    if extended := extended_claim(pod):
        yield PodClaim("", extended, own=True)


def known_claims(pod: Pod) -> Iterator[str]:
    """The names of the pod's claims, as far as they are known."""
    return (one.name for one in known_pod_claims(pod))


def is_owned(claim: ObjectMeta, pod_uid: Uid) -> bool:
    """Whether the claim was made for this pod."""
    owner = claim.controller
    return owner is not None and owner.uid == pod_uid
