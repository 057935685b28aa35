"""Prepares the devices of a pod's claims before its containers start, and undoes that when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from drakkar.api.core import Container, Pod
from drakkar.api.gates import Gates
from drakkar.api.pod_claims import NamelessClaimError, PodClaim, UnmadeClaimError, is_owned, pod_claims
from drakkar.api.resource import DecodeError, DeviceRequestAllocationResult, ResourceClaim, decode
from drakkar.kubelet.devices.claim_checkpoint import ClaimCache, ClaimInfo, PreparedDevice
from drakkar.kubelet.devices.node_operations import PREPARE, UNPREPARE, GateOffError, left_out
from drakkar.kubelet.devices.plugins import DraPlugin, PluginRegistry

GetClaim = Callable[[str, str], Awaitable[Mapping[str, Any]]]


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
    """A claim that a pod may use: whose it is, what was given to it, and by driver what need not be done for that."""

    uid: str
    name: str
    namespace: str
    results: tuple[DeviceRequestAllocationResult, ...]
    skip: dict[str, list[str]]


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
        return UsableClaim(meta.uid, meta.name, meta.namespace, results, left_out(results, gates))
    except GateOffError as error:
        raise PrepareError(f"ResourceClaim {meta.name}: {error}") from None


class DraState:
    """The node's claims. One lock guards the cache; drivers are called outside it."""

    def __init__(
        self, directory: Path, registry: PluginRegistry, get_claim: GetClaim, gates: Gates | None = None
    ) -> None:
        self._cache = ClaimCache(directory)
        self._registry = registry
        self._get_claim = get_claim
        self._gates = Gates.default() if gates is None else gates
        self._lock = asyncio.Lock()

    @property
    def claims(self) -> Mapping[tuple[str, str], ClaimInfo]:
        return self._cache.claims

    async def prepare_pod(self, pod: Pod) -> None:
        """Prepare all claims of a pod, or raise PrepareError (or NotRegisteredError)."""
        wanted = [await self._usable(pod, one) for one in claims_of(pod)]
        # Drivers that are not there are told of before anything is noted.
        plugins = {
            result.driver: self._registry.get(result.driver)
            for claim in wanted
            for result in claim.results
            if PREPARE not in claim.skip.get(result.driver, ())
        }
        infos = await self._enter_all(wanted, pod.metadata.uid)
        batches: dict[str, list[ClaimInfo]] = {}
        for info in infos:
            for driver in info.drivers:
                if PREPARE not in info.skip.get(driver, ()):
                    batches.setdefault(driver, []).append(info)
        for driver, batch in batches.items():
            answers = await self._call_prepare(plugins[driver], batch)
            async with self._lock:
                for info in batch:
                    info.drivers[driver] = answers[info.uid]
        if infos:
            async with self._lock:
                for info in infos:
                    info.prepared = True
                self._cache.save()

    async def _usable(self, pod: Pod, one: PodClaim) -> UsableClaim:
        try:
            claim = await self._get_claim(pod.metadata.namespace, one.name)
        except Exception as error:
            raise PrepareError(
                f"failed to fetch ResourceClaim {one.name} for pod {pod.metadata.name}: {error}"
            ) from error
        return usable(pod, one.own, claim, self._gates)

    async def _enter_all(self, wanted: list[UsableClaim], pod_uid: str) -> list[ClaimInfo]:
        """Note the pod at all of its claims; those that are still to be prepared."""
        infos: list[ClaimInfo] = []
        async with self._lock:
            # All checks before any change: a refused pod leaves no reference behind.
            for claim in wanted:
                self._check_cached(claim)
            for claim in wanted:
                info = self._enter(claim, pod_uid)
                if not info.prepared and info not in infos:
                    infos.append(info)
            if wanted:
                self._cache.save()
        return infos

    def _check_cached(self, claim: UsableClaim) -> None:
        info = self._cache.claims.get((claim.namespace, claim.name))
        if info is None:
            return
        if info.uid != claim.uid:
            raise PrepareError(
                f"old ResourceClaim with same name {claim.name} and different UID {info.uid} "
                "still exists (previous pod force-deleted?!)"
            )
        if info.unpreparing:
            raise PrepareError(f"ResourceClaim {claim.name} is being unprepared")

    def _enter(self, claim: UsableClaim, pod_uid: str) -> ClaimInfo:
        key = claim.namespace, claim.name
        info = self._cache.claims.get(key)
        if info is None:
            info = ClaimInfo(claim.uid, claim.name, claim.namespace, skip=claim.skip)
            for result in claim.results:
                info.drivers.setdefault(result.driver, [])
            self._cache.claims[key] = info
        info.pods.add(pod_uid)
        return info

    async def _call_prepare(
        self, plugin: DraPlugin, batch: list[ClaimInfo]
    ) -> dict[str, list[PreparedDevice]]:
        try:
            response = await plugin.prepare([(info.namespace, info.name, info.uid) for info in batch])
        except grpc.aio.AioRpcError as error:
            raise PrepareError(
                f"NodePrepareResources: rpc error: code = {error.code().name} desc = {error.details()}"
            ) from error
        names = {info.uid: info.name for info in batch}
        answers: dict[str, list[PreparedDevice]] = {}
        for uid, result in response.claims.items():
            if uid not in names:
                raise PrepareError(f"NodePrepareResources returned result for unknown claim UID {uid}")
            if result.error:
                raise PrepareError(
                    f"NodePrepareResources failed for ResourceClaim {names[uid]}: {result.error}"
                )
            answers[uid] = [
                PreparedDevice(
                    device.pool_name,
                    device.device_name,
                    tuple(device.request_names),
                    tuple(device.cdi_device_ids),
                    getattr(device, "share_id", "") or None,
                )
                for device in result.devices
            ]
        if len(answers) < len(names):
            raise PrepareError(f"NodePrepareResources skipped {len(names) - len(answers)} ResourceClaims")
        return answers

    async def unprepare_pod(self, pod_uid: str) -> None:
        """Drop the references of the pod with this UID and unprepare claims nobody else uses; raises to be retried."""
        batches: dict[str, list[ClaimInfo]] = {}
        finished: list[ClaimInfo] = []
        async with self._lock:
            referenced = [info for info in self._cache.claims.values() if pod_uid in info.pods]
            for info in referenced:
                if len(info.pods) > 1:
                    info.pods.discard(pod_uid)
                    continue
                info.unpreparing = True
                info.prepared = False
                finished.append(info)
                for driver in info.drivers:
                    if UNPREPARE not in info.skip.get(driver, ()):
                        batches.setdefault(driver, []).append(info)
            if referenced:
                self._cache.save()
        # On failure the flag stays, so that no pod attaches to a half-undone claim.
        for driver, batch in batches.items():
            await self._call_unprepare(self._registry.get(driver), batch)
        if finished:
            async with self._lock:
                for info in finished:
                    self._cache.claims.pop((info.namespace, info.name), None)
                self._cache.save()

    async def _call_unprepare(self, plugin: DraPlugin, batch: list[ClaimInfo]) -> None:
        try:
            response = await plugin.unprepare([(info.namespace, info.name, info.uid) for info in batch])
        except grpc.aio.AioRpcError as error:
            raise PrepareError(
                f"NodeUnprepareResources: rpc error: code = {error.code().name} desc = {error.details()}"
            ) from error
        names = {info.uid: info.name for info in batch}
        for uid, result in response.claims.items():
            if uid not in names:
                raise PrepareError(f"NodeUnprepareResources returned result for unknown claim UID {uid}")
            if result.error:
                raise PrepareError(
                    f"NodeUnprepareResources failed for ResourceClaim {names[uid]}: {result.error}"
                )
        if len(response.claims) < len(names):
            raise PrepareError(
                f"NodeUnprepareResources skipped {len(names) - len(response.claims)} ResourceClaims"
            )

    def stale_pods(self, active: set[str]) -> set[str]:
        """Pods that still hold claims though they are not active any more."""
        return {uid for info in self._cache.claims.values() for uid in info.pods} - active

    def cdi_ids_for_container(self, pod: Pod, container: Container) -> list[str]:
        """CDI ids of the claims a container lists, and of extended resources mapped to it."""
        names = {one.entry: one.name for one in claims_of(pod) if one.entry}
        wanted = [
            (names[reference.name], reference.request)
            for reference in container.resources.claims
            if reference.name in names
        ]
        extended = pod.status.extended_resource_claim_status
        wanted += [
            (extended.resource_claim_name, mapping.request_name)
            for mapping in extended.request_mappings
            if mapping.container_name == container.name
        ]
        ids = (
            id_ for name, request in wanted for id_ in self._cdi_ids(pod.metadata.namespace, name, request)
        )
        return list(dict.fromkeys(ids))

    def _cdi_ids(self, namespace: str, name: str, request: str) -> Iterator[str]:
        """Those of one request of a claim, or of all if none is named."""
        info = self._cache.claims.get((namespace, name))
        if info is None:
            raise PrepareError(
                f"unable to get claim info for claim {name} in namespace {namespace}: not found"
            )
        for devices in info.drivers.values():
            for device in devices:
                if not request or not device.requests or request in device.requests:
                    yield from device.cdi_ids
