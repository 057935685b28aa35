"""GpuConfig (gpu.resource.example.com/v1alpha1): strict decoding, defaults and validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

API_VERSION = "gpu.resource.example.com/v1alpha1"
INTERVALS = ("Default", "Short", "Medium", "Long")


class ConfigError(ValueError):
    """A configuration that cannot be applied."""


@dataclass(frozen=True, slots=True)
class GpuConfig:
    """Exactly one of interval and partition_count is set, by strategy."""

    strategy: str = "TimeSlicing"
    interval: str | None = "Default"
    partition_count: int | None = None

    def environment(self, index: str) -> list[str]:
        """What a container sees of the sharing of GPU `index`."""
        prefix = f"GPU_DEVICE_{index}"
        lines = [f"{prefix}_SHARING_STRATEGY={self.strategy}"]
        if self.strategy == "TimeSlicing":
            return [*lines, f"{prefix}_TIMESLICE_INTERVAL={self.interval}"]
        return [*lines, f"{prefix}_PARTITION_COUNT={self.partition_count}"]


def _strict(value: Any, where: str, allowed: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"error decoding config parameters: {where} is not an object")
    for key in value:
        if key not in allowed:
            raise ConfigError(
                f'error decoding config parameters: strict decoding error: unknown field "{where}{key}"'
            )
    return value


def decode(parameters: Any) -> GpuConfig:
    """A config with defaults filled in, or ConfigError."""
    raw = _strict(parameters, "", ("apiVersion", "kind", "metadata", "sharing"))
    if raw.get("apiVersion") != API_VERSION or raw.get("kind") != "GpuConfig":
        raise ConfigError(
            f'error decoding config parameters: no kind "{raw.get("kind")}" is registered for '
            f'version "{raw.get("apiVersion")}"'
        )
    if raw.get("sharing") is None:
        return GpuConfig()
    fields = ("strategy", "timeSlicingConfig", "spacePartitioningConfig")
    sharing = _strict(raw["sharing"], "sharing.", fields)
    strategy = sharing.get("strategy", "")
    slicing, partitioning = sharing.get("timeSlicingConfig"), sharing.get("spacePartitioningConfig")
    if slicing is not None:
        slicing = _strict(slicing, "sharing.timeSlicingConfig.", ("interval",))
    if partitioning is not None:
        partitioning = _strict(partitioning, "sharing.spacePartitioningConfig.", ("partitionCount",))
    if strategy == "TimeSlicing":
        interval = "Default" if slicing is None else slicing.get("interval", "")
        if interval not in INTERVALS:
            raise ConfigError(f"error validating GPU config: unknown time-slice interval: {interval}")
        if partitioning is not None:
            raise ConfigError(
                "error applying GPU config: "
                "cannot use SpacePartitioningConfig with the 'TimeSlicing' strategy"
            )
        return GpuConfig(strategy, interval)
    if strategy == "SpacePartitioning":
        count = 1 if partitioning is None else partitioning.get("partitionCount", 0)
        if not isinstance(count, int) or isinstance(count, bool):
            raise ConfigError("error decoding config parameters: partitionCount is not an integer")
        if count < 0:
            raise ConfigError(f"error validating GPU config: invalid partition count: {count}")
        if slicing is not None:
            raise ConfigError(
                "error applying GPU config: "
                "cannot use TimeSlicingConfig with the 'SpacePartitioning' strategy"
            )
        return GpuConfig(strategy, None, count)
    raise ConfigError(f"error validating GPU config: unknown GPU sharing strategy: {strategy}")


def configs_for(driver: str, entries: Sequence[Mapping[str, Any]]) -> list[tuple[frozenset[str], GpuConfig]]:
    """Configs of one driver, lowest precedence first: the default, then of the class, then of the claim."""
    by_source: dict[str, list[Mapping[str, Any]]] = {"FromClass": [], "FromClaim": []}
    for entry in entries:
        if entry.get("source") not in by_source:
            raise ConfigError(f"invalid config source: {entry.get('source')}")
        by_source[str(entry["source"])].append(entry)
    found: list[tuple[frozenset[str], GpuConfig]] = [(frozenset(), GpuConfig())]
    for entry in by_source["FromClass"] + by_source["FromClaim"]:
        opaque = entry.get("opaque")
        if opaque is None:
            raise ConfigError("only opaque parameters are supported by this driver")
        if opaque.get("driver") == driver:
            found.append((frozenset(entry.get("requests") or ()), decode(opaque.get("parameters"))))
    return found


def config_for(request: str, configs: Sequence[tuple[frozenset[str], GpuConfig]]) -> GpuConfig:
    """The last config that names the request, or names none."""
    for requests, config in reversed(configs):
        if not requests or request in requests:
            return config
    raise ConfigError(f"no config for request {request}")
