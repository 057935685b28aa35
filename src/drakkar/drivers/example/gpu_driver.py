"""Prepare and unprepare of simulated GPUs: CDI files for containers, a checkpoint for restarts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drakkar.driver import (
    AllocatedClaim,
    CdiDevice,
    CdiDirectory,
    ClaimRef,
    ContainerEdits,
    Device,
    PrepareResult,
)
from drakkar.driver.cdi.names import qualified_name
from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.config import configured
from drakkar.drivers.example.gpu_config import GpuConfig, decode

DRIVER_NAME = "gpu.example.com"
CDI_KIND = f"k8s.{DRIVER_NAME}/gpu"
COMMON = "common"

_log = logging.getLogger(__name__)


class GpuDriver:
    """The driver's half of the DRA calls. Answers repeated calls from its checkpoint."""

    def __init__(
        self, devices: Sequence[Mapping[str, Any]], cdi_root: Path, data: Path, node_name: str
    ) -> None:
        self._names = {str(device["name"]) for device in devices}
        self._cdi = CdiDirectory(cdi_root)
        self._checkpoint = Checkpoint(data / "checkpoint.json")
        env = (f"KUBERNETES_NODE_NAME={node_name}", f"DRA_RESOURCE_DRIVER_NAME={DRIVER_NAME}")
        self._cdi.write(CDI_KIND, COMMON, [CdiDevice(COMMON, ContainerEdits(env=env))])
        self._prepared: dict[str, list[dict[str, Any]]] = self._checkpoint.load() or {}

    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        _log.info("PrepareResourceClaims is called: number of claims: %d", len(claims))
        return {claim.uid: self._prepare_one(claim) for claim in claims}

    def _prepare_one(self, claim: AllocatedClaim) -> PrepareResult:
        uid = claim.uid
        try:
            if uid not in self._prepared:
                self._make(claim)
        except (ValueError, OSError) as error:
            return PrepareResult(error=f"error preparing devices for claim {uid}: prepare failed: {error}")
        devices = tuple(
            Device(tuple(item["requests"]), item["pool"], item["device"], tuple(item["cdi"]))
            for item in self._prepared[uid]
        )
        shown = " ".join(
            f"{{[{' '.join(d.requests)}] {d.pool_name} {d.device_name} [{' '.join(d.cdi_device_ids)}]}}"
            for d in devices
        )
        _log.info("Returning newly prepared devices for claim '%s': [%s]", uid, shown)
        return PrepareResult(devices)

    def _make(self, claim: AllocatedClaim) -> None:
        uid = claim.uid
        entries: list[dict[str, Any]] = []
        specs: list[CdiDevice] = []
        for device, config in configured(claim, decode, GpuConfig()):
            result = device.result
            name = result.device
            if name not in self._names:
                raise ValueError(f"requested GPU is not allocatable: {name}")
            index = name.removeprefix("gpu-")
            env = (f"GPU_DEVICE_{index}_RESOURCE_CLAIM={uid}", f"GPU_DEVICE_{index}={name}")
            edits = ContainerEdits(env=(*env, *config.environment(index)))
            specs.append(CdiDevice(f"{uid}-{name}", edits))
            ids = [qualified_name(CDI_KIND, COMMON), qualified_name(CDI_KIND, f"{uid}-{name}")]
            entries.append({"requests": [result.request], "pool": result.pool, "device": name, "cdi": ids})
        self._cdi.write(CDI_KIND, uid, specs)
        self._checkpoint.store({**self._prepared, uid: entries})
        self._prepared[uid] = entries

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        _log.info("UnprepareResourceClaims is called: number of claims: %d", len(claims))
        return {claim.uid: self._unprepare_one(claim.uid) for claim in claims}

    def _unprepare_one(self, uid: str) -> str | None:
        if uid not in self._prepared:
            return None
        try:
            self._cdi.remove(CDI_KIND, uid)
            rest = {key: value for key, value in self._prepared.items() if key != uid}
            self._checkpoint.store(rest)
        except OSError as error:
            return f"error unpreparing devices for claim {uid}: unprepare failed: {error}"
        self._prepared = rest
        return None
