"""Prepares the devices of a pod's claims before its containers start, and undoes that when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from drakkar.api.core import Container, Pod
from drakkar.api.gates import Gates
from drakkar.api.object import ObjectKey, Uid
from drakkar.api.pod_claims import PodClaim
from drakkar.driver.allocation import DeviceKey
from drakkar.kubelet.devices import driver_calls
from drakkar.kubelet.devices.claim_checkpoint import ClaimCache, ClaimInfo
from drakkar.kubelet.devices.dra_plugin import DraPlugin
from drakkar.kubelet.devices.node_operations import PREPARE, UNPREPARE
from drakkar.kubelet.devices.plugins import PluginRegistry
from drakkar.kubelet.devices.usable_claim import PrepareError, UsableClaim, claims_of, usable

GetClaim = Callable[[str, str], Awaitable[Mapping[str, Any]]]


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
        # Claims that a pod was refused, for what is left of an earlier use of them.
        self._refused: set[ObjectKey] = set()
        self._handlers: list[Callable[[], None]] = []

    def on_given_back(self, handler: Callable[[], None]) -> None:
        """Call `handler` when a claim that a pod was refused is unprepared, so that the pod may have it now."""
        self._handlers.append(handler)

    @property
    def claims(self) -> Mapping[ObjectKey, ClaimInfo]:
        return self._cache.claims

    async def prepare_pod(self, pod: Pod) -> None:
        """Prepare all claims of a pod, or raise PrepareError (or NotRegisteredError)."""
        wanted = [await self._usable(pod, one) for one in claims_of(pod)]
        # Drivers that are not there are told of before anything is noted.
        for claim in wanted:
            for driver in {result.driver for result in claim.results}:
                if PREPARE not in claim.skip.get(driver, ()):
                    self._registry.get(driver)
        infos = await self._enter_all(wanted, pod.metadata.uid)
        batches: dict[str, list[ClaimInfo]] = {}
        for info in infos:
            for driver in info.drivers:
                if PREPARE not in info.skip.get(driver, ()):
                    batches.setdefault(driver, []).append(info)
        given = {claim.uid: claim.devices() for claim in wanted}
        for driver, batch in batches.items():
            await self._prepare_by(self._registry.get(driver), batch, given)
        if infos:
            async with self._lock:
                for info in infos:
                    info.prepared, info.fresh = True, False
                self._cache.save()

    async def hold_pod(self, pod: Pod) -> None:
        """Note the claims of a pod whose containers run already, so that they are unprepared after it; asks no driver, and the
        API only where they are not noted from an earlier life. PrepareError.
        """
        uid, namespace = pod.metadata.uid, pod.metadata.namespace
        claims = claims_of(pod)
        known = (self._cache.claims.get(ObjectKey(namespace, one.name)) for one in claims)
        if all(info is not None and uid in info.pods for info in known):
            return
        wanted = [await self._usable(pod, one) for one in claims]
        for info in await self._enter_all(wanted, uid, running=True):
            info.fresh = False

    async def _prepare_by(
        self, plugin: DraPlugin, batch: list[ClaimInfo], given: Mapping[Uid, frozenset[DeviceKey]]
    ) -> None:
        """Have one driver prepare claims; what it answers has to be among what was `given` to each, by UID."""
        answers = await driver_calls.prepare(plugin, batch)
        async with self._lock:
            strange = {info.uid: driver_calls.strange(answers[info.uid], given[info.uid]) for info in batch}
            for info in batch:
                if not strange[info.uid]:
                    info.drivers[plugin.name] = answers[info.uid]
        wrong = [info for info in batch if strange[info.uid]]
        if not wrong:
            return
        # Of an earlier allocation, most likely. Where no container can have them yet the driver is asked to forget them.
        if undone := [info for info in wrong if info.fresh]:
            await driver_calls.unprepare(plugin, undone)
        first = wrong[0]
        raise PrepareError(
            f"DRA driver {plugin.name} prepared {strange[first.uid]} for ResourceClaim {first.name}, "
            "whose allocation has no such device"
        )

    async def _usable(self, pod: Pod, one: PodClaim) -> UsableClaim:
        try:
            claim = await self._get_claim(pod.metadata.namespace, one.name)
        except Exception as error:
            raise PrepareError(
                f"failed to fetch ResourceClaim {one.name} for pod {pod.metadata.name}: {error}"
            ) from error
        return usable(pod, one.own, claim, self._gates)

    async def _enter_all(
        self, wanted: list[UsableClaim], pod_uid: Uid, running: bool = False
    ) -> list[ClaimInfo]:
        """Note the pod, which may be `running` already, at all of its claims; those that are still to be prepared."""
        infos: list[ClaimInfo] = []
        async with self._lock:
            # All checks before any change: a refused pod leaves no reference behind.
            for claim in wanted:
                self._check_cached(claim)
                if not running:
                    self._check_alone(claim)
            for claim in wanted:
                info = self._enter(claim, pod_uid)
                if not info.prepared and info not in infos:
                    infos.append(info)
            if wanted:
                self._cache.save()
        return infos

    def _check_cached(self, claim: UsableClaim) -> None:
        key = ObjectKey(claim.namespace, claim.name)
        info = self._cache.claims.get(key)
        if info is None:
            return
        self._refused.add(key)
        if info.uid != claim.uid:
            raise PrepareError(
                f"old ResourceClaim with same name {claim.name} and different UID {info.uid} "
                "still exists (previous pod force-deleted?!)"
            )
        if not info.is_of(claim.allocation, claim.devices()):
            # Its devices may be somebody else's by now, and the new ones are not prepared.
            raise PrepareError(
                f"ResourceClaim {claim.name} was allocated anew and is still prepared by its earlier allocation "
                f"for pods {', '.join(sorted(info.pods))} (previous pod force-deleted?!)"
            )
        if info.unpreparing:
            raise PrepareError(f"ResourceClaim {claim.name} is being unprepared")
        self._refused.discard(key)

    def _check_alone(self, claim: UsableClaim) -> None:
        """PrepareError for a device that another claim still has here: it was taken from a pod that has not ended yet."""
        alone = claim.alone()
        for key, info in self._cache.claims.items():
            if info.uid != claim.uid and (taken := info.alone & alone):
                self._refused.add(key)
                _, pool, device = min(taken)
                raise PrepareError(
                    f"device {pool}/{device} of ResourceClaim {claim.name} is still prepared for "
                    f"ResourceClaim {info.namespace}/{info.name} (previous pod force-deleted?!)"
                )

    def _enter(self, claim: UsableClaim, pod_uid: Uid) -> ClaimInfo:
        key = ObjectKey(claim.namespace, claim.name)
        info = self._cache.claims.get(key)
        if info is None:
            info = ClaimInfo(
                claim.uid,
                claim.name,
                claim.namespace,
                skip=claim.skip,
                allocation=claim.allocation,
                alone=claim.alone(),
                fresh=True,
            )
            for result in claim.results:
                info.drivers.setdefault(result.driver, [])
            self._cache.claims[key] = info
        info.pods.add(pod_uid)
        return info

    async def unprepare_pod(self, pod_uid: Uid) -> None:
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
            await driver_calls.unprepare(self._registry.get(driver), batch)
        if finished:
            async with self._lock:
                for info in finished:
                    self._cache.claims.pop(info.key, None)
                self._cache.save()
        self._tell(finished)

    def _tell(self, finished: list[ClaimInfo]) -> None:
        waited_for = self._refused & {info.key for info in finished}
        self._refused -= waited_for
        if waited_for:
            for handler in self._handlers:
                handler()

    def stale_pods(self, active: set[Uid]) -> set[Uid]:
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
        info = self._cache.claims.get(ObjectKey(namespace, name))
        if info is None:
            raise PrepareError(
                f"unable to get claim info for claim {name} in namespace {namespace}: not found"
            )
        for devices in info.drivers.values():
            for device in devices:
                if not request or not device.requests or request in device.requests:
                    yield from device.cdi_ids
