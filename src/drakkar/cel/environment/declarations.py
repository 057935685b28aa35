"""What an expression may name: the functions with their overloads, the types, and the fields of a device."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from drakkar.cel import types
from drakkar.cel.environment import patch_types
from drakkar.cel.environment.operators import OPERATORS
from drakkar.cel.environment.signatures import SIGNATURES
from drakkar.cel.types import Type, list_of, map_of, optional_of, type_of

_NAMES: Final[Mapping[str, Type]] = {
    "bool": types.BOOL,
    "bytes": types.BYTES,
    "double": types.DOUBLE,
    "duration": types.DURATION,
    "dyn": types.DYN,
    "int": types.INT,
    "string": types.STRING,
    "timestamp": types.TIMESTAMP,
    "uint": types.UINT,
    "IP": Type("opaque", "net.IP"),
    "CIDR": Type("opaque", "net.CIDR"),
    "Quantity": types.QUANTITY,
}
_MAKERS: Final[Mapping[str, Callable[..., Type]]] = {
    "list": list_of,
    "map": map_of,
    "optional": optional_of,
    "type": type_of,
}
_TOKEN: Final = re.compile(r"[A-Za-z.]+|[(),]")


class Overload:
    """One signature of a function; `generic` are the type parameters in it."""

    __slots__ = ("generic", "id", "member", "params", "result")

    def __init__(self, name: str, member: bool, params: tuple[Type, ...], result: Type) -> None:
        self.id = name
        self.member = member
        self.params = params
        self.result = result
        self.generic: frozenset[Type] = frozenset().union(*map(_params_in, (*params, result)))


def _read(tokens: list[str], at: int) -> tuple[Type, int]:
    name = tokens[at]
    if at + 1 < len(tokens) and tokens[at + 1] == "(":
        inside: list[Type] = []
        at += 1
        while tokens[at] != ")":
            found, at = _read(tokens, at + 1)
            inside.append(found)
        return _MAKERS[name](*inside), at + 1
    if len(name) == 1:
        return Type("param", name), at + 1
    return _NAMES.get(name) or Type(
        "struct", f"kubernetes.{name.replace('authz.', 'authorization.')}"
    ), at + 1


def _params_in(type_: Type) -> frozenset[Type]:
    if type_.kind == "param":
        return frozenset((type_,))
    return frozenset().union(*map(_params_in, type_.params)) if type_.params else frozenset()


def _overload(line: str) -> Overload:
    name, _, rest = line.strip().partition(" ")
    tokens = _TOKEN.findall(rest)
    params: list[Type] = []
    at = 1
    while tokens[at] != ")":
        if tokens[at] == ",":
            at += 1
        found, at = _read(tokens, at)
        params.append(found)
    result, _ = _read(tokens, at + 1)
    return Overload(name.removeprefix("."), name.startswith("."), tuple(params), result)


@functools.cache
def functions() -> Mapping[str, tuple[Overload, ...]]:
    """Every function of the environment, its overloads in the order in which they are tried."""
    found: dict[str, list[Overload]] = {}
    name = ""
    for line in (OPERATORS + SIGNATURES).splitlines():
        if line.startswith(" "):
            found[name].append(_overload(line))
        else:
            name = line
            found[name] = []
    return {name: tuple(overloads) for name, overloads in found.items()}


@functools.lru_cache(maxsize=2048)
def overloads(name: str, member: bool, count: int) -> tuple[Overload, ...]:
    """The overloads of a function that are called so, with so many operands, in the same order."""
    return tuple(
        overload
        for overload in functions()[name]
        if overload.member is member and len(overload.params) == count
    )


# Names that stand for a type wherever a value may stand.
TYPE_NAMES: Final[Mapping[str, Type]] = {
    **{
        type_.name: type_of(type_)
        for type_ in (
            types.BOOL,
            types.BYTES,
            types.DOUBLE,
            types.DURATION,
            types.INT,
            types.NULL,
            types.STRING,
            types.TIMESTAMP,
            types.UINT,
            list_of(types.DYN),
            map_of(types.DYN, types.DYN),
            Type("opaque", "net.IP"),
            Type("opaque", "net.CIDR"),
        )
    },
    "type": type_of(Type("type", "type")),
    "optional_type": type_of(optional_of(Type("param", "T"))),
    # These may be written, and then there is no such type.
    "duration": type_of(types.DURATION),
    "timestamp": type_of(types.TIMESTAMP),
    "kubernetes.DRADevice": type_of(types.DEVICE),
}
UNDEFINED: Final = frozenset(("duration", "timestamp", "kubernetes.DRADevice"))

_DOMAINS: Final = 32


class Field(NamedTuple):
    """A field of `device`: its type, the attribute of a view it is, and how large it may be."""

    type: Type
    view: str
    most: int


# Fields by the name of the type that has them.
Structs = Mapping[str, Mapping[str, Type]]
_NO_STRUCTS: Final[Structs] = {}
_DEVICE_ALONE: Final[Mapping[str, Type]] = {"device": types.DEVICE}
# Of a device selector, in bytes.
LONGEST_SELECTOR: Final = 10 * 1024


# How large the part of a variable is, by the way to it; None where that is not known.
Sizes = Callable[[tuple[str, ...]], tuple[int, int] | None]


class Environment(NamedTuple):
    """What differs between expressions: the fields of `device`, and the functions nobody may call; which variables there
    are, the fields of their types, how long an expression may be, in bytes, and whether there is `cel.bind`; how large
    what is no device may be; whether changes of objects can be written (`patch_types`).

    A variable's name may have a dot in it.
    """

    fields: Mapping[str, Field]
    hidden: frozenset[str]
    value: Type
    variables: Mapping[str, Type] = _DEVICE_ALONE
    structs: Structs = _NO_STRUCTS
    longest: int = LONGEST_SELECTOR
    bindings: bool = True
    sizes: Sizes | None = None
    patches: bool = False

    def offers(self, function: str) -> bool:
        """Whether there is a function of this name."""
        if function not in functions() or function in self.hidden:
            return False
        return self.patches or function not in patch_types.FUNCTIONS

    def type_named(self, name: str) -> Type | None:
        """The type that a name stands for, as the type of a value that is a type."""
        found = TYPE_NAMES.get(name)
        if found is not None or not self.patches:
            return found
        made = patch_types.patch_type(name)
        return None if made is None else type_of(made)


@functools.cache
def environment(multiple: bool = True, lists: bool = True) -> Environment:
    """The environment with or without multiple allocations (KEP 5075) and attributes that are lists (KEP 5491)."""
    value = types.DYN if lists else types.ANY
    fields = {
        "driver": Field(types.STRING, "driver", 63),
        "attributes": Field(map_of(types.STRING, map_of(types.STRING, value)), "attributes", _DOMAINS),
        "capacity": Field(map_of(types.STRING, map_of(types.STRING, types.QUANTITY)), "capacity", _DOMAINS),
    }
    if multiple:
        fields["allowMultipleAllocations"] = Field(types.BOOL, "allow_multiple_allocations", 1)
    return Environment(fields, frozenset() if lists else frozenset(("includes",)), value)
