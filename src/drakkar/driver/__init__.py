"""SDK for DRA drivers: node plugin server, registration, publishing, CDI files, checkpoint."""

from drakkar.driver.plugin import Plugin
from drakkar.driver.types import ClaimRef, Device, Driver, PrepareResult

__all__ = ["ClaimRef", "Device", "Driver", "Plugin", "PrepareResult"]
