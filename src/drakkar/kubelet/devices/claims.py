"""Prepares the devices of a pod's claims before its containers start, and undoes that when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc

from drakkar.api.core import Pod
from drakkar.api.pod_claims import NamelessClaimError, PodClaim, UnmadeClaimError, pod_claims
from drakkar.api.resource import DecodeError, decode
from drakkar.kubelet.devices.claim_checkpoint import ClaimCache, ClaimInfo, PreparedDevice
from drakkar.kubelet.devices.plugins import DraPlugin, PluginRegistry

Object = Mapping[str, Any]
GetClaim = Callable[[str, str], Awaitable[Object]]


class PrepareError(Exception):
    """A pod whose devices are not ready; the caller retries."""


def claims_of(pod: Object) -> list[PodClaim]:
    """A pod's claims in its order; PrepareError where one is still to be made, or the pod cannot be read."""
    try:
        return list(pod_claims(decode(Pod, pod)))
    except (UnmadeClaimError, NamelessClaimError, DecodeError) as error:
        raise PrepareError(str(error)) from None


def check_claim(pod: Object, own: bool, claim: Object) -> None:
    """PrepareError unless the claim is the pod's to use and allocated; `own` ones must have been made for it."""
    meta, pod_meta = claim["metadata"], pod["metadata"]
    if own and not any(
        owner.get("controller") and owner["uid"] == pod_meta["uid"]
        for owner in meta.get("ownerReferences") or ()
    ):
        raise PrepareError(
            f"ResourceClaim {meta['namespace']}/{meta['name']} was not created for "
            f"Pod {pod_meta['namespace']}/{pod_meta['name']} (Pod is not owner)"
        )
    status = claim.get("status") or {}
    if not any(ref.get("uid") == pod_meta["uid"] for ref in status.get("reservedFor") or ()):
        raise PrepareError(
            f"pod {pod_meta['name']} ({pod_meta['uid']}) is not allowed to use "
            f"ResourceClaim {meta['name']} ({meta['uid']})"
        )
    if status.get("allocation") is None:
        raise PrepareError(f"ResourceClaim {meta['name']} is not allocated")


def _skipped(results: list[Object]) -> dict[str, list[str]]:
    """Operations that every result of a driver asks to skip."""
    common: dict[str, set[str]] = {}
    for result in results:
        operations = set(result.get("skipNodeOperations") or ())
        driver = str(result["driver"])
        if "*" in operations:
            operations = {"*", "NodePrepareResources", "NodeUnprepareResources"}
        common[driver] = common[driver] & operations if driver in common else operations
    return {driver: sorted(operations) for driver, operations in common.items() if operations}


class DraState:
    """The node's claims. One lock guards the cache; drivers are called outside it."""

    def __init__(self, directory: Path, registry: PluginRegistry, get_claim: GetClaim) -> None:
        self._cache = ClaimCache(directory)
        self._registry = registry
        self._get_claim = get_claim
        self._lock = asyncio.Lock()

    @property
    def claims(self) -> Mapping[tuple[str, str], ClaimInfo]:
        return self._cache.claims

    async def prepare_pod(self, pod: Object) -> None:
        """Prepare all claims of a pod, or raise PrepareError (or NotRegistered)."""
        namespace, pod_uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
        wanted: list[tuple[Object, dict[str, list[str]]]] = []
        plugins: dict[str, DraPlugin] = {}
        for _, name, own in claims_of(pod):
            try:
                claim = await self._get_claim(namespace, name)
            except Exception as error:
                raise PrepareError(
                    f"failed to fetch ResourceClaim {name} for pod {pod['metadata']['name']}: {error}"
                ) from error
            check_claim(pod, own, claim)
            skip = _skipped(claim["status"]["allocation"]["devices"].get("results") or [])
            for result in claim["status"]["allocation"]["devices"].get("results") or ():
                driver = str(result["driver"])
                if "NodePrepareResources" not in skip.get(driver, ()):
                    plugins[driver] = self._registry.get(driver)
            wanted.append((claim, skip))
        batches: dict[str, list[ClaimInfo]] = {}
        infos: list[ClaimInfo] = []
        async with self._lock:
            # All checks before any change: a refused pod leaves no reference behind.
            for claim, _ in wanted:
                self._check_cached(claim)
            for claim, skip in wanted:
                info = self._enter(claim, skip, pod_uid)
                if info.prepared or info in infos:
                    continue
                infos.append(info)
                for driver in info.drivers:
                    if "NodePrepareResources" not in info.skip.get(driver, ()):
                        batches.setdefault(driver, []).append(info)
            if wanted:
                self._cache.save()
        for driver, batch in batches.items():
            answers = await self._call_prepare(plugins[driver], driver, batch)
            async with self._lock:
                for info in batch:
                    info.drivers[driver] = answers[info.uid]
        if infos:
            async with self._lock:
                for info in infos:
                    info.prepared = True
                self._cache.save()

    def _check_cached(self, claim: Object) -> None:
        meta = claim["metadata"]
        info = self._cache.claims.get((meta["namespace"], meta["name"]))
        if info is None:
            return
        if info.uid != meta["uid"]:
            raise PrepareError(
                f"old ResourceClaim with same name {meta['name']} and different UID {info.uid} "
                "still exists (previous pod force-deleted?!)"
            )
        if info.unpreparing:
            raise PrepareError(f"ResourceClaim {meta['name']} is being unprepared")

    def _enter(self, claim: Object, skip: dict[str, list[str]], pod_uid: str) -> ClaimInfo:
        meta = claim["metadata"]
        key = (meta["namespace"], meta["name"])
        info = self._cache.claims.get(key)
        if info is None:
            info = ClaimInfo(meta["uid"], meta["name"], meta["namespace"], skip=skip)
            for result in claim["status"]["allocation"]["devices"].get("results") or ():
                info.drivers.setdefault(str(result["driver"]), [])
            self._cache.claims[key] = info
        info.pods.add(pod_uid)
        return info

    async def _call_prepare(
        self, plugin: DraPlugin, driver: str, batch: list[ClaimInfo]
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

    async def unprepare_pod(self, pod: Object) -> None:
        """Drop a pod's references and unprepare claims nobody else uses; raises to be retried."""
        await self.unprepare_pod_uid(pod["metadata"]["uid"])

    async def unprepare_pod_uid(self, pod_uid: str) -> None:
        """The same for a pod of which only the UID is left."""
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
                    if "NodeUnprepareResources" not in info.skip.get(driver, ()):
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

    def cdi_ids_for_container(self, pod: Object, container: Object) -> list[str]:
        """CDI ids of the claims a container lists, and of extended resources mapped to it."""
        namespace = pod["metadata"]["namespace"]
        names = {one.entry: one.name for one in claims_of(pod) if one.entry}
        ids: list[str] = []

        def collect(name: str, request: str | None) -> None:
            info = self._cache.claims.get((namespace, name))
            if info is None:
                raise PrepareError(
                    f"unable to get claim info for claim {name} in namespace {namespace}: not found"
                )
            for devices in info.drivers.values():
                for device in devices:
                    if request is None or not device.requests or request in device.requests:
                        ids.extend(device.cdi_ids)

        for reference in (container.get("resources") or {}).get("claims") or ():
            if reference["name"] in names:
                collect(names[reference["name"]], reference.get("request") or None)
        extended = (pod.get("status") or {}).get("extendedResourceClaimStatus") or {}
        for mapping in extended.get("requestMappings") or ():
            if mapping["containerName"] == container["name"]:
                collect(extended["resourceClaimName"], mapping["requestName"])
        return list(dict.fromkeys(ids))
