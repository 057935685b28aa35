"""The claim that a scheduler would make for a pod's extended resources (KEP-5004)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.extended_resources import extended_demand
from drakkar.api.meta import ObjectMeta, OwnerReference
from drakkar.api.object import Uid
from drakkar.api.resource import DeviceClaim, ResourceClaim, ResourceClaimSpec
from drakkar.placement import Backing, Variants
from drakkar.planner.world.members import Claim, Pod


def extended_claim(pod: Pod, backing: Backing) -> Variants[Claim] | None:
    """By nodes; None where no DeviceClass stands for anything that the pod asks for."""
    return Variants(backing, lambda classes: _made(pod, classes)) if backing.names else None


def _made(pod: Pod, classes: Mapping[str, str]) -> Claim:
    requests = extended_demand(pod.struct.spec, classes).requests
    resources = ", ".join(sorted(classes))
    uid = Uid(f"claim of {pod.label} for {resources}")
    owner = OwnerReference(api_version="v1", kind="Pod", name=pod.name, controller=True)
    metadata = ObjectMeta(
        namespace=pod.namespace, name=f"{pod.name}-extended-resources", uid=uid, owner_references=(owner,)
    )
    spec = ResourceClaimSpec(devices=DeviceClaim(requests=requests))
    return Claim(uid, ResourceClaim(metadata=metadata, spec=spec), extended=resources)
