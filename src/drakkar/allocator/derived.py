"""Derived attributes: what a request computes of a device, for constraints to look at (dra-semantics 3.15.2)."""

from __future__ import annotations

from typing import Any

from drakkar.allocator.device import DeviceEntry
from drakkar.api.resource import DeviceAttribute
from drakkar.api.semver import Version
from drakkar.cel import CompileError, EvalError, compile_derived


class DerivedError(ValueError):
    """The expression has no value for the device that an attribute could have."""


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if type(value) is int:
        return "int"
    if type(value) is str:
        return "string"
    return "version" if isinstance(value, Version) else None


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Version) else value


def _attribute(value: Any) -> DeviceAttribute:
    match _kind(value):
        case "bool":
            return DeviceAttribute(bool_value=value)
        case "int":
            return DeviceAttribute(int_value=value)
        case "string":
            return DeviceAttribute(string=value)
        case "version":
            return DeviceAttribute(version=str(value))
    if not isinstance(value, list | tuple):
        raise DerivedError(f"unsupported CEL return type: {type(value).__name__}")
    if not value:
        return DeviceAttribute(strings=())
    kind = _kind(value[0])
    if kind is None:
        raise DerivedError(f"unsupported list element type: {type(value[0]).__name__}")
    for index, element in enumerate(value):
        if _kind(element) != kind:
            raise DerivedError(f"expected list element at index {index} to be {kind}")
    several = tuple(map(_plain, value))
    match kind:
        case "bool":
            return DeviceAttribute(bools=several)
        case "int":
            return DeviceAttribute(ints=several)
        case "string":
            return DeviceAttribute(strings=several)
    return DeviceAttribute(versions=several)


def derive(name: str, expression: str, entry: DeviceEntry) -> DeviceAttribute:
    """The attribute of that name; DerivedError, in upstream's words, when it has no value."""
    compiled = compile_derived(expression)
    if isinstance(compiled, CompileError):
        raise DerivedError(f"compile derived attribute {name} failed: {compiled}")
    failed = f"evaluate derived attribute {name} on device {entry.key} failed"
    value = compiled.value(entry.view())
    if isinstance(value, EvalError):
        raise DerivedError(f"{failed}: {value}")
    try:
        return _attribute(value)
    except DerivedError as error:
        raise DerivedError(f"{failed}: {error}") from None
