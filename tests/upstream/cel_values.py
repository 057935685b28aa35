"""Values of expressions as the JSON that upstream's pipe writes for its own: a type and an exact text."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel import DeviceView
from drakkar.cel.values import Optional, UInt

_DEEPEST: Final = 40
# No sum has more digits.
_EXACT: Final = Context(prec=1000)
_SHORT: Final = {
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "net.IP": "ip",
    "net.CIDR": "cidr",
    "kubernetes.URL": "url",
    "kubernetes.NamedFormat": "format",
}


def told(value: Any, depth: int = 0) -> list[Any]:
    """The value as the Go pipe tells one."""
    if depth > _DEEPEST:
        return ["deep"]
    match value:
        case bool():
            return ["bool", value]
        case UInt():
            return ["uint", str(int(value))]
        case int():
            return ["int", str(value)]
        case float():
            return ["double", "nan" if value != value else struct.pack(">d", value).hex()]
        case str():
            return ["string", value]
        case bytes():
            return ["bytes", value.hex()]
        case None:
            return ["null"]
        case Optional():
            return ["optional", told(value.value, depth + 1)] if value.present else ["optional"]
        case Quantity():
            return ["quantity", str(value.nanos)]
        case Version():
            return ["semver", str(value)]
        case DeviceView():
            return told(_device(value), depth)
        case tuple() | list():
            return ["list", [told(item, depth + 1) for item in value]]
        case Mapping():
            entries = [[told(key, depth + 1), told(inner, depth + 1)] for key, inner in value.items()]
            return ["map", _in_order(entries)]
    return _of_library(value)


def _of_library(value: Any) -> list[Any]:
    of = getattr(type(value), "cel_type", type(value).__name__)
    name = _SHORT.get(of, of)
    if name in ("timestamp", "duration"):
        return [name, str(value.nanos)]
    if name in ("type", "format"):
        return [name, value.name]
    return [name, str(value)]


def _device(view: DeviceView) -> dict[str, Any]:
    return {
        "driver": view.driver,
        "allowMultipleAllocations": view.allow_multiple_allocations,
        "attributes": view.attributes,
        "capacity": view.capacity,
    }


def _in_order(entries: list[Any]) -> list[Any]:
    return sorted(entries, key=lambda entry: json.dumps(entry[0]))


def upstream_value(value: Any) -> Any:
    """Upstream's value with what is written in more than one way written as here."""
    if not isinstance(value, list) or not value:
        return value
    if value[0] == "quantity":
        return ["quantity", str(int(Decimal(value[1]).scaleb(9, _EXACT)))]
    if value[0] == "map":
        return ["map", _in_order([upstream_value(entry) for entry in value[1]])]
    return [upstream_value(item) for item in value]
