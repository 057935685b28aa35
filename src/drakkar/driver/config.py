"""A driver's opaque parameters in an allocation: decoded strictly, and which of them hold for a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from drakkar.driver.errors import ConfigError
from drakkar.driver.types import AllocatedClaim, AllocatedDevice

Config = TypeVar("Config")


def strict(value: Any, where: str, allowed: Sequence[str]) -> Mapping[str, Any]:
    """The object at `where` ("" or a path that ends with a dot); ConfigError for another type or an unknown field."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"error decoding config parameters: {where} is not an object")
    for key in value:
        if key not in allowed:
            raise ConfigError(
                f'error decoding config parameters: strict decoding error: unknown field "{where}{key}"'
            )
    return value


def configured(
    claim: AllocatedClaim, decode: Callable[[Any], Config], default: Config
) -> Iterator[tuple[AllocatedDevice, Config]]:
    """Each device of the claim with the one config of highest precedence that holds for it, or the default.

    All configs of the driver are decoded, each once, before the first device comes: one that cannot be applied is told of
    although another beats it. Whatever `decode` raises for parameters.
    """
    read = {id(one): decode(one.opaque.parameters) for one in claim.configs if one.opaque is not None}
    for device in claim.devices:
        yield device, read[id(device.configs[-1])] if device.configs else default
