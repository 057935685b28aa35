"""The tree of an expression; operators are calls with names such as `_+_`."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Literal(NamedTuple):
    """A constant of CEL type `type`."""

    value: object
    type: str
    at: int


class Ident(NamedTuple):
    """A variable, or the namespace of a function."""

    name: str
    at: int


class Select(NamedTuple):
    """`operand.field`, or `operand.?field`."""

    operand: Node
    field: str
    optional: bool
    at: int


class Index(NamedTuple):
    """`operand[key]`, or `operand[?key]`."""

    operand: Node
    key: Node
    optional: bool
    at: int


class Call(NamedTuple):
    """A function, a member function, an operator or a macro."""

    receiver: Node | None
    name: str
    args: tuple[Node, ...]
    at: int


class ListLiteral(NamedTuple):
    """`[a, b]`."""

    items: tuple[Node, ...]
    at: int


class MapLiteral(NamedTuple):
    """`{k: v}`."""

    entries: tuple[tuple[Node, Node], ...]
    at: int


Node: TypeAlias = Literal | Ident | Select | Index | Call | ListLiteral | MapLiteral
