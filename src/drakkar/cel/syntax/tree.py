"""The tree of an expression after its macros are written out; the checker notes on each node what it found.

Two nodes are the same node only if they are the same object: the cost of an expression is counted by node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.types import DYN, Type


class Node:
    """A part of an expression.

    `at` counts characters from its start; the checker finds its `type`, and the name of what it stands for, if that is a
    type, or a variable with a dot in its name; `known` is the type as far as it is certain at run time.

    Classes of which an expression may have thousands set all of this themselves.
    """

    __slots__ = ("at", "known", "names", "type")

    def __init__(self, at: int) -> None:
        self.at = at
        self.type: Type = DYN
        self.known: Type = DYN
        self.names = ""


class Literal(Node):
    """A constant, with the name of its type."""

    __slots__ = ("kind", "value")

    def __init__(self, value: object, kind: str, at: int) -> None:
        self.at = at
        self.type = self.known = DYN
        self.names = ""
        self.value = value
        self.kind = kind


class Ident(Node):
    """A variable, or the name of a type."""

    __slots__ = ("name",)

    def __init__(self, name: str, at: int) -> None:
        self.at = at
        self.type = self.known = DYN
        self.names = ""
        self.name = name


class Select(Node):
    """`operand.field`; with `test` it is `has(operand.field)`."""

    __slots__ = ("field", "operand", "test")

    def __init__(self, operand: Node, field: str, at: int, test: bool = False) -> None:
        self.at = at
        self.type = self.known = DYN
        self.names = ""
        self.operand = operand
        self.field = field
        self.test = test


class Call(Node):
    """A function, a member function or an operator; `overloads` are the ids that the checker found to fit."""

    __slots__ = ("args", "function", "overloads", "target")

    def __init__(self, function: str, target: Node | None, args: tuple[Node, ...], at: int) -> None:
        self.at = at
        self.type = self.known = DYN
        self.names = ""
        self.function = function
        self.target = target
        self.args = args
        self.overloads: tuple[str, ...] = ()

    @property
    def operands(self) -> tuple[Node, ...]:
        """The target, if there is one, and the arguments."""
        return self.args if self.target is None else (self.target, *self.args)


class ListLiteral(Node):
    """`[a, ?b]`; `optional` are the places that may stay away."""

    __slots__ = ("items", "optional")

    def __init__(self, items: tuple[Node, ...], optional: frozenset[int], at: int) -> None:
        super().__init__(at)
        self.items = items
        self.optional = optional


class Entry:
    """`key: value` in a map, or `?key: value`."""

    __slots__ = ("at", "key", "optional", "value")

    def __init__(self, key: Node, value: Node, optional: bool, at: int) -> None:
        self.key = key
        self.value = value
        self.optional = optional
        self.at = at


class MapLiteral(Node):
    """`{k: v}`."""

    __slots__ = ("entries",)

    def __init__(self, entries: tuple[Entry, ...], at: int) -> None:
        super().__init__(at)
        self.entries = entries


class Message(Node):
    """`name{field: value}`."""

    __slots__ = ("fields", "name")

    def __init__(self, name: str, fields: tuple[tuple[str, Node, bool, int], ...], at: int) -> None:
        super().__init__(at)
        self.name = name
        self.fields = fields


class Fold(Node):
    """What macros over lists and maps become: a step for each element, from a start to a result.

    `shape` names the macro, for those who can do the same in a shorter way.
    """

    __slots__ = ("accu", "condition", "over", "result", "shape", "start", "step", "var", "var2")

    def __init__(
        self,
        shape: str,
        over: Node,
        variables: tuple[str, str | None],
        accu: tuple[str, Node],
        loop: tuple[Node, Node, Node],
        at: int,
    ) -> None:
        super().__init__(at)
        self.shape = shape
        self.over = over
        self.var, self.var2 = variables
        self.accu, self.start = accu
        self.condition, self.step, self.result = loop

    @property
    def binds(self) -> bool:
        """Whether it only gives a name to a value."""
        return self.shape == "bind"


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below, in the order of the text where it has one."""
    below = _PARTS.get(type(node))
    return below(node) if below else ()


_PARTS: Final[Mapping[type[Node], Callable[[Any], tuple[Node, ...]]]] = {
    Select: lambda node: (node.operand,),
    Call: lambda node: node.args if node.target is None else (node.target, *node.args),
    ListLiteral: lambda node: node.items,
    MapLiteral: lambda node: tuple([part for entry in node.entries for part in (entry.key, entry.value)]),
    Message: lambda node: tuple([value for _, value, _, _ in node.fields]),
    Fold: lambda node: (node.over, node.start, node.condition, node.step, node.result),
}
