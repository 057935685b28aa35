"""Names of devices, pods and claims, where there may be more than anybody reads."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.planner.findings import ChosenDevice

_MOST = 4


def some(names: Sequence[str], most: int = _MOST) -> str:
    """The names, or the first few and how many more."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1:,} more"


def devices_in_short(devices: Sequence[str]) -> str:
    """Devices of one pool by their last names, the pool named once: `gpu.example.com/n1: gpu-0, gpu-1`."""
    pools: dict[str, list[str]] = {}
    for key in devices:
        pool, _, name = key.rpartition("/")
        pools.setdefault(pool, []).append(name)
    parts = [f"{pool}: {some(names)}" for pool, names in pools.items()]
    return "; ".join(parts[:_MOST]) + (
        f"; and {len(parts) - _MOST:,} pools more" if len(parts) > _MOST else ""
    )


def pods_text(labels: Sequence[str]) -> str:
    """`pod a`, `pods a, b`."""
    return f"{'pod' if len(labels) == 1 else 'pods'} {some(labels)}"


def chosen_device(device: ChosenDevice) -> str:
    """The device, with what it gives of its capacities."""
    consumed = ", ".join(f"{name}={amount}" for name, amount in device.consumed_capacity.items())
    return f"{device.device}{f'[{consumed}]' if consumed else ''}"
