"""GpuConfig (gpu.resource.example.com/v1alpha1): strict decoding, defaults and validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drakkar.driver.config import strict
from drakkar.driver.errors import ConfigError

API_VERSION = "gpu.resource.example.com/v1alpha1"
INTERVALS = ("Default", "Short", "Medium", "Long")


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


def decode(parameters: Any) -> GpuConfig:
    """A config with defaults filled in, or ConfigError."""
    raw = strict(parameters, "", ("apiVersion", "kind", "metadata", "sharing"))
    if raw.get("apiVersion") != API_VERSION or raw.get("kind") != "GpuConfig":
        raise ConfigError(
            f'error decoding config parameters: no kind "{raw.get("kind")}" is registered for '
            f'version "{raw.get("apiVersion")}"'
        )
    if raw.get("sharing") is None:
        return GpuConfig()
    fields = ("strategy", "timeSlicingConfig", "spacePartitioningConfig")
    sharing = strict(raw["sharing"], "sharing.", fields)
    strategy = sharing.get("strategy", "")
    slicing, partitioning = sharing.get("timeSlicingConfig"), sharing.get("spacePartitioningConfig")
    if slicing is not None:
        slicing = strict(slicing, "sharing.timeSlicingConfig.", ("interval",))
    if partitioning is not None:
        partitioning = strict(partitioning, "sharing.spacePartitioningConfig.", ("partitionCount",))
    if strategy == "TimeSlicing":
        return _time_slicing(slicing, partitioning)
    if strategy == "SpacePartitioning":
        return _space_partitioning(slicing, partitioning)
    raise ConfigError(f"error validating GPU config: unknown GPU sharing strategy: {strategy}")


def _time_slicing(slicing: Mapping[str, Any] | None, partitioning: Mapping[str, Any] | None) -> GpuConfig:
    interval = "Default" if slicing is None else slicing.get("interval", "")
    if interval not in INTERVALS:
        raise ConfigError(f"error validating GPU config: unknown time-slice interval: {interval}")
    if partitioning is not None:
        raise ConfigError(
            "error applying GPU config: cannot use SpacePartitioningConfig with the 'TimeSlicing' strategy"
        )
    return GpuConfig("TimeSlicing", interval)


def _space_partitioning(
    slicing: Mapping[str, Any] | None, partitioning: Mapping[str, Any] | None
) -> GpuConfig:
    count = 1 if partitioning is None else partitioning.get("partitionCount", 0)
    if not isinstance(count, int) or isinstance(count, bool):
        raise ConfigError("error decoding config parameters: partitionCount is not an integer")
    if count < 0:
        raise ConfigError(f"error validating GPU config: invalid partition count: {count}")
    if slicing is not None:
        raise ConfigError(
            "error applying GPU config: cannot use TimeSlicingConfig with the 'SpacePartitioning' strategy"
        )
    return GpuConfig("SpacePartitioning", None, count)
