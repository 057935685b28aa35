"""Which claims a pod may use, by what the API says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drakkar.api.core import Pod
from drakkar.api.gates import Gates
from drakkar.api.object import Uid
from drakkar.api.pod_claims import NamelessClaimError, PodClaim, UnmadeClaimError, is_owned, pod_claims
from drakkar.api.resource import DecodeError, DeviceRequestAllocationResult, ResourceClaim, decode
from drakkar.driver.allocation import DeviceKey, fingerprint
from drakkar.kubelet.devices.claim_checkpoint import OwnedKey
from drakkar.kubelet.devices.node_operations import GateOffError, left_out


class PrepareError(Exception):
    """A pod whose devices are not ready; the caller retries."""


def claims_of(pod: Pod) -> list[PodClaim]:
    """A pod's claims in its order; PrepareError where one is still to be made."""
    try:
        return list(pod_claims(pod))
    except (UnmadeClaimError, NamelessClaimError) as error:
        raise PrepareError(str(error)) from None


@dataclass(frozen=True, slots=True)
class UsableClaim:
    """A claim that a pod may use: whose it is, what was given to it, by which allocation, and by driver what need not be done
    for that.
    """

    uid: Uid
    name: str
    namespace: str
    results: tuple[DeviceRequestAllocationResult, ...]
    allocation: str
    skip: dict[str, list[str]]

    def devices(self) -> frozenset[DeviceKey]:
        """All that was given to it."""
        return frozenset((result.pool, result.device) for result in self.results)

    def alone(self) -> frozenset[OwnedKey]:
        """Those that nobody else may have meanwhile: neither shared, nor for those who only look after them."""
        return frozenset(
            OwnedKey(result.driver, result.pool, result.device)
            for result in self.results
            if not result.admin_access and result.share_id is None and not result.consumed_capacity
        )


def usable(pod: Pod, own: bool, obj: Mapping[str, Any], gates: Gates) -> UsableClaim:
    """A claim as it is stored, where it is the pod's to use and allocated, else PrepareError; `own` ones must have been made
    for it.
    """
    try:
        claim = decode(ResourceClaim, obj)
    except DecodeError as error:
        name = obj["metadata"]["name"]
        raise PrepareError(f"ResourceClaim {name} cannot be read: {error}") from None
    meta, pod_meta = claim.metadata, pod.metadata
    if own and not is_owned(meta, pod_meta.uid):
        raise PrepareError(
            f"ResourceClaim {meta.namespace}/{meta.name} was not created for "
            f"Pod {pod_meta.namespace}/{pod_meta.name} (Pod is not owner)"
        )
    if not any(consumer.uid == pod_meta.uid for consumer in claim.status.reserved_for):
        raise PrepareError(
            f"pod {pod_meta.name} ({pod_meta.uid}) is not allowed to use ResourceClaim {meta.name} ({meta.uid})"
        )
    if claim.status.allocation is None:
        raise PrepareError(f"ResourceClaim {meta.name} is not allocated")
    results = claim.status.allocation.devices.results
    try:
        left = left_out(results, gates)
    except GateOffError as error:
        raise PrepareError(f"ResourceClaim {meta.name}: {error}") from None
    allocation = fingerprint(obj["status"]["allocation"])
    return UsableClaim(meta.uid, meta.name, meta.namespace, results, allocation, left)
