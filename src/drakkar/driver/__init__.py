"""SDK for DRA drivers: node plugin server, registration, publishing, CDI files, checkpoint."""

from drakkar.driver.cdi.directory import CdiDirectory
from drakkar.driver.cdi.spec import CdiDevice, ContainerEdits
from drakkar.driver.plugin.plugin import Plugin
from drakkar.driver.publish.slice_diff import Pool
from drakkar.driver.types import (
    AllocatedClaim,
    AllocatedDevice,
    ClaimRef,
    Device,
    Driver,
    PrepareResult,
)

__all__ = [
    "AllocatedClaim",
    "AllocatedDevice",
    "CdiDevice",
    "CdiDirectory",
    "ClaimRef",
    "ContainerEdits",
    "Device",
    "Driver",
    "Plugin",
    "Pool",
    "PrepareResult",
]
