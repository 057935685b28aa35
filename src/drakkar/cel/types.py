"""The types an expression is checked with, before any device is seen."""

from __future__ import annotations

from typing import Final


class Type:
    """A type: `kind` is what rules ask for, `name` what it is called, `params` what is inside.

    `ground` says that no type parameter is in it, `definite` that nothing in it is left open, `size` of how many names it
    is made; all are worked out once, so that types as deep as a hostile expression makes them cost no more than others.
    """

    __slots__ = ("_hash", "definite", "ground", "kind", "name", "params", "size")

    def __init__(self, kind: str, name: str, params: tuple[Type, ...] = ()) -> None:
        self.kind = kind
        self.name = name
        self.params = params
        ground: bool = kind != "param"
        definite: bool = kind not in _OPEN
        size = 1
        for param in params:
            ground = ground and param.ground
            definite = definite and param.definite
            size += param.size
        self.ground: bool = ground
        self.definite: bool = definite
        self.size: int = size
        self._hash = hash((kind, name, params))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Type) or self._hash != other._hash:
            return False
        if self.kind != other.kind or self.name != other.name or self.params != other.params:
            return False
        # What is inside is shared from here on: of a type that has another one twice in it, level by level, the same parts
        # would else be compared twice as often on each level.
        other.params = self.params
        return True

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Type({self})"

    def __str__(self) -> str:
        shown = _SHOWN.get(self.kind, self.name)
        if not self.params:
            return shown
        return f"{shown}({', '.join(map(str, self.params))})"


_OPEN: Final = frozenset(("dyn", "any", "param", "error", "null"))
# How messages call the types whose name is another one.
_SHOWN: Final = {
    "any": "any",
    "duration": "duration",
    "error": "!error!",
    "null": "null",
    "timestamp": "timestamp",
}

BOOL: Final = Type("bool", "bool")
BYTES: Final = Type("bytes", "bytes")
DOUBLE: Final = Type("double", "double")
DURATION: Final = Type("duration", "google.protobuf.Duration")
DYN: Final = Type("dyn", "dyn")
ANY: Final = Type("any", "google.protobuf.Any")
ERROR: Final = Type("error", "error")
INT: Final = Type("int", "int")
NULL: Final = Type("null", "null_type")
STRING: Final = Type("string", "string")
TIMESTAMP: Final = Type("timestamp", "google.protobuf.Timestamp")
UINT: Final = Type("uint", "uint")
DEVICE: Final = Type("struct", "kubernetes.DRADevice")
QUANTITY: Final = Type("struct", "kubernetes.Quantity")


def list_of(element: Type) -> Type:
    """The type of a list."""
    return Type("list", "list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """The type of a map."""
    return Type("map", "map", (key, value))


def optional_of(value: Type) -> Type:
    """The type of a value that may be absent."""
    return Type("opaque", "optional_type", (value,))


def type_of(type_: Type) -> Type:
    """The type of a type."""
    return Type("type", "type", (type_,))


def unwrapped(type_: Type) -> tuple[Type, bool]:
    """What is inside an optional, and whether it was one."""
    if type_.name == "optional_type" and type_.kind == "opaque":
        return type_.params[0], True
    return type_, False


def is_dyn(type_: Type) -> bool:
    """Whether nothing is known of the value before it is there."""
    return type_.kind in ("dyn", "any")


def equivalent(left: Type, right: Type) -> bool:
    """Whether two types are the same but for the names of their parameters."""
    if left == right:
        return True
    if left.kind != right.kind or len(left.params) != len(right.params):
        return False
    if left.kind != "param" and left.name != right.name:
        return False
    return all(map(equivalent, left.params, right.params))
