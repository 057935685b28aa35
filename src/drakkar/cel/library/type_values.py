"""Types as values: what `type(x)` gives, and what a type's name in an expression stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.values import LISTS, Optional, UInt


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type; at run time two types are equal when their names are, whatever their parameters."""

    cel_type: ClassVar[str] = "type"

    name: str
    params: tuple[TypeValue, ...] = field(default=(), compare=False)


_BUILT_IN: Final[Mapping[type, TypeValue]] = {
    bool: TypeValue("bool"),
    int: TypeValue("int"),
    UInt: TypeValue("uint"),
    float: TypeValue("double"),
    str: TypeValue("string"),
    bytes: TypeValue("bytes"),
    type(None): TypeValue("null_type"),
    **dict.fromkeys(LISTS, TypeValue("list")),
    dict: TypeValue("map"),
    Optional: TypeValue("optional_type"),
    Quantity: TypeValue("kubernetes.Quantity"),
    Version: TypeValue("kubernetes.Semver"),
}
_MAP: Final = TypeValue("map")


def type_of_value(value: object) -> TypeValue:
    """The type of a value as upstream names it; a class of its own says so by `cel_type`, all else is a map."""
    kind = type(value)
    found = _BUILT_IN.get(kind)
    if found is not None:
        return found
    name = getattr(value, "cel_type", None)
    return TypeValue(name) if isinstance(name, str) else _MAP
