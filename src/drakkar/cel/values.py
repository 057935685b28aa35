"""What values do at run time where Python's own rules differ from CEL's: equality, lookup, membership, logic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.outcome import Fault, LimitExceeded

COST_LIMIT: Final = 1_000_000
# No string or list that an expression builds may be longer.
SIZE_LIMIT: Final = 1_000_000
EMPTY: Final[Mapping[str, Any]] = {}


class UInt(int):
    """An unsigned 64-bit integer; it equals the int of the same value."""


class Optional:
    """A value that may be absent."""

    __slots__ = ("_value", "present")

    def __init__(self, present: bool, value: object = None) -> None:
        self.present = present
        self._value = value

    @property
    def value(self) -> Any:
        """The value; Fault when there is none."""
        if not self.present:
            raise Fault("optional.none() dereference")
        return self._value


NONE: Final = Optional(False)


class DomainMap(dict[str, Any]):
    """Names by domain: a domain that is not there reads as an empty map, yet is no member."""

    def __missing__(self, key: str) -> Any:
        return EMPTY


_TYPES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    tuple: "list",
    dict: "map",
    DomainMap: "map",
    Quantity: "quantity",
    Version: "semver",
    Optional: "optional",
}
_NUMBERS: Final = frozenset((int, UInt, float))
_PLAIN: Final = frozenset((bool, int, UInt, float, str, bytes, Quantity, Version))


def type_of(value: object) -> str:
    """The CEL type of a value."""
    return _TYPES.get(type(value), "map" if isinstance(value, Mapping) else "device")


def no_overload(name: str, *args: object) -> Fault:
    """The error of a call whose arguments turn out to have the wrong types."""
    return Fault(f"no such overload: {name}({', '.join(type_of(arg) for arg in args)})")


def equal(left: Any, right: Any) -> bool:
    """`==`: numbers compare across types, other types differ, and a Quantity or Semver refuses all but its own."""
    kind, other = type(left), type(right)
    if kind is other and kind in _PLAIN:
        return bool(left == right)
    if kind is Quantity or kind is Version:
        raise no_overload("_==_", left, right)
    if kind in _NUMBERS:
        return other in _NUMBERS and bool(left == right)
    if kind is tuple:
        return other is tuple and len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return len(left) == len(right) and all(key in right and equal(left[key], right[key]) for key in left)
    if kind is Optional and other is Optional:
        if left.present and right.present:
            return equal(left.value, right.value)
        return bool(left.present == right.present)
    return kind is other and bool(left == right)


def differ(left: Any, right: Any) -> bool:
    """`!=`: true where `==` refuses to compare."""
    if type(left) is not type(right) and type(left) in (Quantity, Version):
        return True
    return not equal(left, right)


def contains(item: Any, collection: Any) -> bool:
    """`in`: an element of a list or a key of a map."""
    if type(collection) is tuple:
        fault: Fault | None = None
        for other in collection:
            try:
                if equal(item, other):
                    return True
            except Fault as error:
                fault = error
        if fault is not None:
            raise fault
        return False
    if isinstance(collection, Mapping):
        return _has(collection, item)
    raise no_overload("_in_", item, collection)


def _has(mapping: Mapping[Any, Any], key: Any) -> bool:
    kind = type(key)
    if kind is str:
        return key in mapping
    # Python takes True for the key 1; CEL does not.
    if kind is bool:
        return any(found is key for found in mapping)
    return kind in _NUMBERS and key in mapping and not any(type(k) is bool and k == key for k in mapping)


def lookup(container: Any, key: Any) -> Any:
    """`container[key]` and `container.key`."""
    if type(container) is tuple:
        if type(key) is float and key.is_integer():
            key = int(key)
        if type(key) not in (int, UInt):
            raise Fault("unsupported index type in list")
        if not 0 <= key < len(container):
            raise Fault(f"index out of bounds: {key}")
        return container[key]
    if type(container) is DomainMap and type(key) is str:
        return container[key]
    if isinstance(container, Mapping):
        if not _has(container, key):
            raise Fault(f"no such key: {key}")
        return container[key]
    if type(container) is Optional:
        return optional_lookup(container, key)
    raise no_overload("_[_]", container, key)


def optional_lookup(container: Any, key: Any) -> Optional:
    """`container[?key]` and `container.?key`."""
    if type(container) is Optional:
        return optional_lookup(container.value, key) if container.present else NONE
    if type(container) is tuple and type(key) is int:
        return Optional(True, container[key]) if 0 <= key < len(container) else NONE
    if isinstance(container, Mapping):
        return Optional(True, lookup(container, key)) if has_field(container, key) else NONE
    raise no_overload("_[?_]", container, key)


def has_field(container: Any, key: Any) -> bool:
    """`has(container.key)`: every domain is there."""
    if type(container) is DomainMap:
        return True
    if type(container) is Optional:
        return bool(container.present) and has_field(container.value, key)
    if isinstance(container, Mapping):
        return _has(container, key)
    raise no_overload("has", container)


def as_bool(value: Any) -> bool:
    """The operand of a logic operator."""
    if type(value) is not bool:
        raise Fault("no such overload: a bool is needed")
    return value


def conjunction(*operands: Callable[[], bool]) -> bool:
    """`&&`: one false makes it false, whatever fails beside it."""
    return _absorb(operands, False)


def disjunction(*operands: Callable[[], bool]) -> bool:
    """`||`: one true makes it true, whatever fails beside it."""
    return _absorb(operands, True)


def _absorb(operands: Iterable[Callable[[], bool]], decisive: bool) -> bool:
    fault: Fault | None = None
    for operand in operands:
        try:
            if operand() is decisive:
                return decisive
        except Fault as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return not decisive


class Budget:
    """What one evaluation may still cost; loops pay the size of their body for every round."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = COST_LIMIT

    def rounds(self, collection: Any, cost: int) -> Iterable[Any]:
        """The elements of a list or keys of a map, each paid for before it is handed out."""
        if type(collection) is not tuple and not isinstance(collection, Mapping):
            raise Fault(f"no such overload: a {type_of(collection)} has no elements")
        for element in collection:
            self.left -= cost
            if self.left < 0:
                raise LimitExceeded
            yield element


def sized(value: Any) -> Any:
    """The value itself, if it is not too long."""
    if len(value) > SIZE_LIMIT:
        raise LimitExceeded
    return value
