"""Derived attributes: what a request computes of a device, for constraints to look at (dra-semantics 3.15.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.constraints import attribute_of
from drakkar.api.resource import DeviceAttribute
from drakkar.api.semver import Version
from drakkar.cel import CompileError, EvalError, compile_derived


class DerivedError(ValueError):
    """The expression has no value for the device that an attribute could have."""


# By type, the field for one value and the field for a list of them.
_FIELDS: Final[Mapping[type, tuple[str, str]]] = {
    bool: ("bool_value", "bools"),
    int: ("int_value", "ints"),
    str: ("string", "strings"),
    Version: ("version", "versions"),
}


def _plain(value: Any) -> Any:
    return str(value) if type(value) is Version else value


def _attribute(value: Any) -> DeviceAttribute:
    kind = type(value)
    if kind in _FIELDS:
        one: dict[str, Any] = {_FIELDS[kind][0]: _plain(value)}
        return DeviceAttribute(**one)
    if not isinstance(value, tuple):
        raise DerivedError(f"unsupported CEL return type: {kind.__name__}")
    if not value:
        return DeviceAttribute(strings=())
    element = type(value[0])
    if element not in _FIELDS:
        raise DerivedError(f"unsupported list element type: {element.__name__}")
    for index, other in enumerate(value):
        if type(other) is not element:
            raise DerivedError(f"expected list element at index {index} to be {element.__name__}")
    several: dict[str, Any] = {_FIELDS[element][1]: tuple(map(_plain, value))}
    return DeviceAttribute(**several)


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


def compared_value(attribute: str, expression: str | None, entry: DeviceEntry) -> DeviceAttribute | None:
    """What a constraint on the attribute looks at: what the request's own expression says where it derives the attribute,
    else what is published. DerivedError where the expression has no value."""
    return attribute_of(entry, attribute) if expression is None else derive(attribute, expression, entry)
