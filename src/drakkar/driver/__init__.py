"""SDK for DRA drivers: node plugin server, registration, publishing, CDI files, checkpoint."""

from drakkar.driver.cdi import CdiDirectory
from drakkar.driver.plugin.plugin import Plugin
from drakkar.driver.publish.slice_diff import Pool
from drakkar.driver.types import ClaimRef, Device, Driver, PrepareResult

__all__ = ["CdiDirectory", "ClaimRef", "Device", "Driver", "Plugin", "Pool", "PrepareResult"]
