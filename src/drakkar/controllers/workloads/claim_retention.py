"""Who owns the volume claims of a StatefulSet's pods, after what shall become of them; pure.

A claim that goes with its set is the set's, one that goes when the set shrinks is the pod's from then on, and one that
stays is nobody's.
"""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.controllers.machinery.ownership import owner_reference, owner_references
from drakkar.controllers.workloads.stateful_identity import SeenSet, ordinals, parent_and_ordinal

_DELETE = "Delete"


def _names(reference: Object, obj: Object) -> bool:
    """Whether a reference is to an object of this kind and name, be it another one by now."""
    return (reference["apiVersion"], reference["kind"], reference["name"]) == (
        obj["apiVersion"],
        obj["kind"],
        obj["metadata"]["name"],
    )


def _uid(obj: Object) -> str:
    """Empty for a pod that is not made yet."""
    return obj["metadata"].get("uid") or ""


def is_stale(claim: Object, obj: Object) -> bool:
    """Whether a claim is owned by an earlier object of the same name."""
    found = next((one for one in owner_references(claim) if _names(one, obj)), None)
    return found is not None and found["uid"] != _uid(obj)


def has_other_controller(claim: Object, stateful_set: SeenSet, pod: Object) -> bool:
    """Whether somebody else says what becomes of a claim that is not simply kept."""
    policy = stateful_set.it.spec.persistent_volume_claim_retention_policy
    if _DELETE not in (policy.when_scaled, policy.when_deleted):
        return False
    for reference in owner_references(claim):
        ours = next((obj for obj in (stateful_set.obj, pod) if _names(reference, obj)), None)
        if ours is not None and reference["uid"] != _uid(ours):
            return True
        if ours is None and reference.get("controller"):
            return True
    return False


def _owner(stateful_set: SeenSet, pod: Object) -> Object | None:
    """Whose the claims of a pod shall be."""
    policy = stateful_set.it.spec.persistent_volume_claim_retention_policy
    number = parent_and_ordinal(pod["metadata"]["name"])[1]
    if policy.when_scaled == _DELETE and number not in ordinals(stateful_set):
        return pod
    return stateful_set.obj if policy.when_deleted == _DELETE else None


def is_settled(claim: Object, stateful_set: SeenSet, pod: Object) -> bool:
    """Whether a claim has the owners that it shall have, or such that nobody touches it."""
    if is_stale(claim, stateful_set.obj) or is_stale(claim, pod):
        return True
    ours = {_uid(stateful_set.obj), _uid(pod)} - {""}
    held = [reference for reference in owner_references(claim) if reference["uid"] in ours]
    if has_other_controller(claim, stateful_set, pod):
        return not held
    if not all(reference.get("controller") for reference in held):
        return False
    owner = _owner(stateful_set, pod)
    return {reference["uid"] for reference in held} == (set() if owner is None else {_uid(owner)})


def settled_owners(claim: Object, stateful_set: SeenSet, pod: Object) -> list[Object]:
    """The owner references that a claim shall have."""
    others = [
        one for one in owner_references(claim) if not _names(one, stateful_set.obj) and not _names(one, pod)
    ]
    owner = _owner(stateful_set, pod)
    if owner is None or has_other_controller(claim, stateful_set, pod):
        return others
    return [*others, owner_reference(owner)]
