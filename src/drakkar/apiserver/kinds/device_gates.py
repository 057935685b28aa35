"""Drops fields of the DRA kinds whose feature gates are off, unless the stored object has them already
(dra-semantics 1.3.20 and 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.kinds.strategy import FieldPath

_DEVICE: FieldPath = ("spec", "devices", "*")
SLICES: dict[str, tuple[FieldPath, ...]] = {
    "DRADeviceCompatibilityGroups": ((*_DEVICE, "consumesCounters", "*", "compatibilityGroups"),),
    "DRAListTypeAttributes": tuple(
        (*_DEVICE, "attributes", "*", field) for field in ("bools", "ints", "strings", "versions")
    ),
    "DRANodeAllocatableResources": ((*_DEVICE, "nodeAllocatableResources"),),
    "DRAOptionalNodeOperations": (("spec", "skipNodeOperations"),),
    "DRAPartitionableDevicesType": (("spec", "partitionTypeAttribute"),),
    "DRADeviceTaints": ((*_DEVICE, "taints"),),
    "DRAPartitionableDevices": (
        ("spec", "perDeviceNodeSelection"),
        ("spec", "sharedCounters"),
        (*_DEVICE, "consumesCounters"),
        (*_DEVICE, "nodeName"),
        (*_DEVICE, "nodeSelector"),
        (*_DEVICE, "allNodes"),
    ),
    "DRAConsumableCapacity": (
        (*_DEVICE, "allowMultipleAllocations"),
        (*_DEVICE, "capacity", "*", "requestPolicy"),
    ),
    "DRADeviceBindingConditions": (
        (*_DEVICE, "bindsToNode"),
        (*_DEVICE, "bindingConditions"),
        (*_DEVICE, "bindingFailureConditions"),
    ),
}
_REQUEST: FieldPath = ("devices", "requests", "*")


def _requests(prefix: FieldPath, field: str) -> tuple[FieldPath, ...]:
    return (
        (*prefix, *_REQUEST, "exactly", field),
        (*prefix, *_REQUEST, "firstAvailable", "*", field),
    )


def _claim(prefix: FieldPath) -> dict[str, tuple[FieldPath, ...]]:
    return {
        "DRADerivedAttributes": _requests(prefix, "derivedAttributes"),
        "DRADeviceTaints": _requests(prefix, "tolerations"),
        "DRAConsumableCapacity": (
            *_requests(prefix, "capacity"),
            (*prefix, "devices", "constraints", "*", "distinctAttribute"),
        ),
    }


CLAIMS = _claim(("spec",))
CLAIM_TEMPLATES = _claim(("spec", "spec"))


def _holders(value: Any, path: FieldPath) -> Iterator[Object]:
    """The objects that have the path's last field."""
    if path[0] == "*":
        for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _holders(entry, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        if len(path) == 1:
            yield value
        else:
            yield from _holders(value[path[0]], path[1:])


def drop(
    gated: Mapping[str, tuple[FieldPath, ...]], new: Object, old: Object | None, gates: frozenset[str]
) -> None:
    """Take out of `new`, in place, the gated fields of gates that are off; what `old` uses may stay."""
    for gate, paths in gated.items():
        if gate in gates or (
            old is not None and any(next(_holders(old, p), None) is not None for p in paths)
        ):
            continue
        for path in paths:
            for holder in list(_holders(new, path)):
                del holder[path[-1]]
