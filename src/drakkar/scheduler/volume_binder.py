"""Has volumes bound that waited for a pod: says whose each is to be, or where one is to be made, and waits until the cluster's
controller of volumes has done the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object, Uid
from drakkar.api.storage import BOUND_BY_CONTROLLER, SELECTED_NODE, VolumeClaim
from drakkar.client import Client
from drakkar.client.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES
from drakkar.placement import StoredVolumes, VolumeBindings

from .attention import Attention

PREBIND = 'running PreBind plugin "VolumeBinding": '
# How long it may take: upstream's bindTimeoutSeconds.
SECONDS = 600.0


class NoVolumeError(Exception):
    """The volumes will not be bound; another node may do."""


class VolumeBinder:
    """Works on volumes as `stored` has them."""

    def __init__(
        self, client: Client, stored: StoredVolumes, attention: Attention, seconds: float = SECONDS
    ) -> None:
        self._client, self._stored, self._attention, self._seconds = client, stored, attention, seconds

    def expect(self, bindings: VolumeBindings, node: str) -> None:
        """Count the volumes as taken, before anything is written."""
        self._stored.expect(bindings, node)

    def forget(self, bindings: VolumeBindings) -> None:
        """What is stored speaks for itself now."""
        self._stored.forget(bindings)

    async def write(self, bindings: VolumeBindings, node: str) -> None:
        """Say which volumes are whose, and where others are to be made. ClientError; NoVolumeError where one is gone."""
        for claim, name in bindings.found:
            volume = self._stored.volumes.get(name)
            if volume is None:
                raise NoVolumeError(f'persistentvolume "{name}" not found')
            ref = volume.spec.claim_ref
            if ref is not None and ref.uid == claim.metadata.uid:
                # An attempt before this one has said so.
                continue
            told: Object = {"metadata": {"resourceVersion": volume.metadata.resource_version}}
            if not volume.is_of(claim):
                told["metadata"]["annotations"] = {BOUND_BY_CONTROLLER: "yes"}
            told["spec"] = {"claimRef": _reference(claim)}
            await self._client.patch(PERSISTENTVOLUMES, name, told)
        for claim in bindings.to_make:
            if claim.metadata.annotations.get(SELECTED_NODE) == node:
                continue
            metadata: Object = {
                "resourceVersion": claim.metadata.resource_version,
                "annotations": {SELECTED_NODE: node},
            }
            await self._client.patch(
                PERSISTENTVOLUMECLAIMS, claim.key.name, {"metadata": metadata}, claim.key.namespace
            )

    async def bound(self, bindings: VolumeBindings, node: str, pod: Uid, waits: Callable[[], bool]) -> None:
        """Return once all claims have their volumes; NoVolumeError where they will not, or the pod does not wait any more."""
        claims = [*(claim for claim, _ in bindings.found), *bindings.to_make]
        made = {claim.key for claim in bindings.to_make}
        try:
            with self._attention.to([pod, *(claim.metadata.uid for claim in claims)]) as changed:
                async with asyncio.timeout(self._seconds):
                    while not all(
                        [self._is_bound(claim, node if claim.key in made else "") for claim in claims]
                    ):
                        if self._attention.ended:
                            raise NoVolumeError("the scheduler ends")
                        if not waits():
                            raise NoVolumeError("binding volumes: pod does not exist any more")
                        await changed.wait()
                        changed.clear()
        except TimeoutError:
            raise NoVolumeError("binding volumes: context deadline exceeded") from None

    def _is_bound(self, claim: VolumeClaim, node: str) -> bool:
        """Whether the claim has its volume; `node` is where one is being made."""
        now = self._stored.claims.get(claim.key)
        if now is None or now.metadata.uid != claim.metadata.uid:
            raise NoVolumeError(f'binding volumes: persistentvolumeclaim "{claim.key.name}" not found')
        if now.is_bound:
            return True
        before, version = now.metadata.annotations.get(SELECTED_NODE), now.metadata.resource_version
        if node and before != node and version != claim.metadata.resource_version:
            # Who makes volumes takes the annotation off where it cannot.
            raise NoVolumeError(f'binding volumes: provisioning failed for PVC "{claim.key.name}"')
        return False


def _reference(claim: VolumeClaim) -> dict[str, Any]:
    metadata = claim.metadata
    return {
        "apiVersion": PERSISTENTVOLUMECLAIMS.api_version,
        "kind": PERSISTENTVOLUMECLAIMS.kind,
        "namespace": metadata.namespace,
        "name": metadata.name,
        "uid": metadata.uid,
        "resourceVersion": metadata.resource_version,
    }
