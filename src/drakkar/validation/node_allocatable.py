"""Resources of the node that a device stands for or costs (dra-semantics 1.3.19)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.resource_names import is_hugepages
from drakkar.validation.capacity import quantity
from drakkar.validation.field_error import Findings

_NATIVE = ("cpu", "memory")


def node_allocatable(found: Findings, path: str, given: Object, capacities: Object) -> None:
    """All node resources of a device."""
    for name, entry in given.items():
        here = f"{path}[{name}]"
        if name not in _NATIVE and not is_hugepages(name):
            found.invalid(here, name, "must be a node allocatable resource name", typed=True)
        mapping, overhead = (entry or {}).get("mapping"), (entry or {}).get("overhead")
        if mapping is None and overhead is None:
            found.required(here, "at least one of mapping or overhead must be set")
        if mapping is not None:
            _mapping(found, f"{here}.mapping", mapping, capacities)
        if overhead is not None:
            _overhead(found, f"{here}.overhead", overhead)


def _mapping(found: Findings, path: str, mapping: Object, capacities: Object) -> None:
    key, per_capacity, per_device = (
        mapping.get(part) for part in ("capacityKey", "capacityMultiplier", "deviceMultiplier")
    )
    if key == "":
        found.invalid(f"{path}.capacityKey", "", "capacityKey must not be an empty string")
    elif key is not None and key not in capacities:
        found.not_found(f"{path}.capacityKey", key)
    if key is not None and per_capacity is None:
        said = "capacityMultiplier is required when capacityKey is set"
        found.required(f"{path}.capacityMultiplier", said)
    # The multiplier of a capacity is looked at only beside the key it belongs to.
    for part, factor in (
        ("capacityMultiplier", per_capacity if key is not None else None),
        ("deviceMultiplier", per_device),
    ):
        if factor is not None and (amount := quantity(factor)).nanos <= 0:
            found.invalid(f"{path}.{part}", amount.format(), "must be positive")
    if per_capacity is not None and key is None:
        found.required(f"{path}.capacityKey", "capacityKey is required when capacityMultiplier is set")
    if found.unchanged:
        return
    both = "`capacityKey`, `deviceMultiplier`"
    if key is None and per_device is None:
        found.invalid(path, "", f"must specify one of: {both}", declared=True)
    elif key is not None and per_device is not None:
        found.invalid(
            path, "{capacityKey, deviceMultiplier}", f"must specify exactly one of: {both}", declared=True
        )


def _overhead(found: Findings, path: str, overhead: Object) -> None:
    given = {part: overhead[part] for part in ("perPod", "perContainer") if overhead.get(part) is not None}
    if not given:
        found.invalid(path, "", "at least one of perPod or perContainer must be set")
    for part, cost in given.items():
        amount = quantity(cost)
        if amount.nanos < 0:
            found.invalid(f"{path}.{part}", amount.format(), "must be non-negative")
