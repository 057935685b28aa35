"""A driver's opaque parameters in an allocation: decoded strictly, and which of them hold for a request.

An allocation lists the configs of the classes and of the claim. What a claim says beats what its class says, a later entry
beats an earlier one, and one without request names holds for all requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drakkar.driver.errors import ConfigError

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


def configs_for(
    driver: str, entries: Sequence[Mapping[str, Any]], decode: Callable[[Any], Config], default: Config
) -> list[tuple[frozenset[str], Config]]:
    """Configs of one driver as (requests, config), lowest precedence first: the default, then the class's, then the claim's.

    `entries` are status.allocation.devices.config of a claim. ConfigError for an unknown source or kind of parameters,
    and whatever `decode` raises for this driver's own.
    """
    by_source: dict[str, list[Mapping[str, Any]]] = {"FromClass": [], "FromClaim": []}
    for entry in entries:
        if entry.get("source") not in by_source:
            raise ConfigError(f"invalid config source: {entry.get('source')}")
        by_source[str(entry["source"])].append(entry)
    found: list[tuple[frozenset[str], Config]] = [(frozenset(), default)]
    for entry in by_source["FromClass"] + by_source["FromClaim"]:
        opaque = entry.get("opaque")
        if opaque is None:
            raise ConfigError("only opaque parameters are supported by this driver")
        if opaque.get("driver") == driver:
            found.append((frozenset(entry.get("requests") or ()), decode(opaque.get("parameters"))))
    return found


def config_for(request: str, configs: Sequence[tuple[frozenset[str], Config]]) -> Config:
    """The last config that names the request, or names none; ConfigError when there is none."""
    for requests, config in reversed(configs):
        if not requests or request in requests:
            return config
    raise ConfigError(f"no config for request {request}")
