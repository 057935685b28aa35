"""What can go wrong in a driver and on its way to Kubernetes: all of it is a DriverError."""

from __future__ import annotations


class DriverError(Exception):
    """Any of them."""


class ConfigError(DriverError, ValueError):
    """A configuration that cannot be applied; the message is for the claim's user."""


class ClaimError(DriverError, ValueError):
    """A ResourceClaim that has not the shape of one."""


class InvalidPoolsError(DriverError, ValueError):
    """The desired state is wrong in itself; retrying cannot help."""


class FieldsDroppedError(DriverError):
    """The API server does not keep fields of a slice, most likely because their feature gates are off. Told once; the slice is
    published without them.
    """

    def __init__(self, name: str, fields: list[str]) -> None:
        super().__init__(
            f"ResourceSlice {name}: the API server dropped {', '.join(fields)}; is a feature gate off there?"
        )
        self.fields = fields


class CallFailedError(DriverError):
    """The whole call fails, not one claim of it."""


class CorruptCheckpointError(DriverError):
    """The file is not what was written."""


class CdiError(DriverError, ValueError):
    """A spec, an edit or a device id that is not as CDI wants it, or a device that no spec defines."""
