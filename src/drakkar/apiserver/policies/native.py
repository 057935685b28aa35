"""What values of expressions are as JSON, in the two ways in which upstream makes it of them: for a configuration that is to be
applied, and for the value of an operation of a JSON patch."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any, Final

from drakkar.apiserver import beside
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.go_value import GoValue
from drakkar.cel.library.time_text import duration_text, timestamp_text
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.messages import MessageValue
from drakkar.cel.values import Optional, PlainList, PlainMap, UInt, type_name

# What a list or map that an expression writes may hold, where upstream does not look into it.
_LISTS: Final = "[]ref.Val"
_MAPS: Final = "map[ref.Val]ref.Val"
_SAFE: Final = 2**53 - 1
_NULL: Final = "structpb.NullValue"
# More are not told.
_MOST_MISNAMED: Final = 20
_MOST_BYTES: Final = 100


class TooLargeChangeError(Exception):
    """What is to be changed comes to more than could be stored."""


class Natives:
    """Makes JSON of values, of so many letters at most all together: one and the same may stand at many places. Raises
    TooLargeChangeError, TooHeavyError for what is too much for the event loop, and PatchError."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def pay(self, letters: int) -> None:
        """Count letters that are about to be looked at."""
        self._left -= letters
        beside.demand(self._most - self._left)
        if self._left < 0:
            raise TooLargeChangeError

    def configuration(self, value: Any) -> Any:
        """A part of a configuration. What an expression writes as a list or map is looked into one level deep, as upstream
        does: what stands in it must be plain, or an object by its name."""
        kind = type(value)
        if kind is MessageValue:
            return self._fields(value)
        if _is_written_list(value):
            return [self._held(one) for one in value]
        if kind is PlainMap:
            return {self._key(key): self.configuration(one) for key, one in value.items()}
        if isinstance(value, tuple):
            self.pay(2)
            return [self.configuration(one) for one in value]
        if isinstance(value, Mapping):
            return {self._key(key): self._held(one) for key, one in value.items()}
        return self._held(value)

    def _fields(self, value: MessageValue) -> dict[str, Any]:
        self.pay(2)
        return {self._key(name): self.configuration(one) for name, one in value.fields.items()}

    def _key(self, key: Any) -> str:
        if type(key) is not str:
            raise PatchError(f"map key {_quoted(key)} is of type {_cel_class(key)}, not string")
        self.pay(len(key) + 4)
        return key

    def _held(self, value: Any) -> Any:
        """A value as Go holds it."""
        kind = type(value)
        self.pay(len(value) + 2 if kind is str or kind is bytes else 2)
        if kind is MessageValue:
            return self._fields(value)
        if kind is PlainMap:
            return {self._key(key): self._inside(one) for key, one in value.items()}
        if kind is PlainList:
            return [self._inside(one) for one in value]
        if kind is Optional:
            return self._held(value.value) if value.present else None
        if _is_written_list(value):
            return GoValue(_LISTS, "[...]")
        if isinstance(value, tuple):
            return [self._held(one) for one in value]
        if isinstance(value, Mapping):
            return GoValue(_MAPS, "map[...]", f"{_MAPS}{{...}}")
        return _scalar(value)

    def _inside(self, value: Any) -> Any:
        """A part of a plain value, which is JSON already."""
        return None if value is None else self._held(value)

    # The value of an operation

    def value(self, value: Any) -> Any:
        """The value of an operation, all the way down; PatchError for what JSON does not have."""
        kind = type(value)
        self.pay(len(value) + 2 if kind is str or kind is bytes else 2)
        if kind is MessageValue:
            return self._structs(self._fields(value))
        if kind is Optional:
            if not value.present:
                raise PatchError("optional.none() dereference")
            return self.value(value.value)
        if isinstance(value, tuple):
            return [self.value(one) for one in value]
        if isinstance(value, Mapping):
            return {self._text_key(key): self.value(one) for key, one in value.items()}
        return _json(value)

    def _text_key(self, key: Any) -> str:
        if type(key) is not str:
            raise PatchError(f"unsupported type conversion from '{type_name(key)}' to string")
        self.pay(len(key) + 4)
        return key

    def _structs(self, value: Any) -> Any:
        """What an object by its name holds as a value: numbers are doubles, and what is none of JSON's is refused."""
        if isinstance(value, dict):
            return {key: self._structs(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._structs(one) for one in value]
        if isinstance(value, GoValue):
            if value.go_type == "[]uint8":
                return str(value)
            if value.go_type == "uint64":
                return _number(float(str(value)))
            raise PatchError(f"proto: invalid type: {value.go_type}")
        return _number(float(value)) if type(value) in (int, float) else value


def misnamed(value: Any) -> list[str]:
    """Of an object by its name, and all objects in it, those that stand where they do not belong by their names."""
    found: list[str] = []
    _look(value, value.cel_type, found, set())
    return found


def _look(value: Any, expected: str, found: list[str], seen: set[tuple[int, str]]) -> None:
    if (id(value), expected) in seen or len(found) >= _MOST_MISNAMED:
        # One and the same may stand at many places.
        return
    kind = type(value)
    if kind is MessageValue:
        seen.add((id(value), expected))
        if value.cel_type != expected:
            said = f'unexpected type name "{value.cel_type}", expected "{expected}"'
            found.append(f"{said}, which matches field name path from root Object type")
        for name, one in value.fields.items():
            _look(one, f"{expected}.{name}", found, seen)
    elif _is_written_list(value):
        seen.add((id(value), expected))
        for one in value:
            _look(one, expected, found, seen)
    elif isinstance(value, Mapping) and kind is not PlainMap:
        seen.add((id(value), expected))
        for one in value.values():
            _look(one, expected, found, seen)


def _is_written_list(value: Any) -> bool:
    """Whether an expression writes a list so, or makes it of another one; what `+` joins is none."""
    return isinstance(value, tuple) and type(value).__name__ in ("tuple", "EmptyList")


def _quoted(key: Any) -> str:
    return f"'{key}'" if isinstance(key, str) else f"{key}"


_CLASSES: Final = {bool: "types.Bool", int: "types.Int", UInt: "types.Uint", float: "types.Double"}


def _cel_class(key: Any) -> str:
    return _CLASSES.get(type(key), type_name(key))


def _scalar(value: Any) -> Any:
    """A scalar as it stands in a configuration."""
    kind = type(value)
    if kind in (str, bool, int, float):
        return value
    if kind is UInt:
        return GoValue("uint64", str(int(value)), hex(value))
    if value is None:
        return GoValue(_NULL, "NULL_VALUE", "0")
    if kind is bytes:
        listed = ", ".join(map(hex, value[:_MOST_BYTES]))
        return GoValue("[]uint8", base64.b64encode(value).decode(), f"[]uint8{{{listed}}}")
    if kind is Timestamp:
        return GoValue("time.Time", timestamp_text(value))
    if kind is Duration:
        return GoValue("time.Duration", duration_text(value))
    return GoValue(type_name(value), type_name(value))


def _json(value: Any) -> Any:
    kind = type(value)
    if kind in (str, bool) or value is None:
        return value
    if kind is int or kind is UInt:
        # As upstream has it: no double holds more.
        return int(value) if abs(value) <= _SAFE else str(int(value))
    if kind is float:
        return _number(value)
    if kind is bytes:
        return base64.b64encode(value).decode()
    if kind is Timestamp:
        return timestamp_text(value)
    if kind is Duration:
        return duration_text(value)
    if type_name(value) == "type":
        raise PatchError("type conversion not supported for 'type'")
    raise PatchError(f"type conversion error from '{type_name(value)}' to '*structpb.Value'")


def _number(value: float) -> Any:
    if not math.isfinite(value):
        raise PatchError(f"google.protobuf.Value cannot have {value} as its number value")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value
