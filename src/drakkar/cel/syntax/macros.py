"""Writes macros out as the tree that is checked, costed and run in their place.

The trees are those of upstream, down to which nodes are shared or copied, for the cost of an expression is counted on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from drakkar.cel.outcome import Refusal
from drakkar.cel.syntax.tree import (
    Call,
    Entry,
    Fold,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
    parts,
)

# The name of what a macro adds up; no expression can say it.
ACCU: Final = "@result"
UNUSED: Final = "#unused"
_OLD_ACCU: Final = "__result__"
# A macro that copies what it stands on doubles it; a chain of them must not grow without end.
_MOST_COPIED: Final = 2000

_Expander = Callable[["Macros", Node, Sequence[Node], int], "Node | None"]


class Macros:
    """The macros of one expression; counts what they copy."""

    def __init__(self, bindings: bool = True) -> None:
        """Without `bindings` there is no `cel.bind`."""
        self._copied = 0
        self._bindings = bindings

    def expand(self, function: str, target: Node | None, args: Sequence[Node], at: int) -> Node | None:
        """The tree in place of a call, or None where the call is no macro."""
        if target is None:
            return _has(args, at) if function == "has" and len(args) == 1 else None
        expander = _MEMBERS.get((function, len(args)))
        if expander is _bind and not self._bindings:
            return None
        return expander(self, target, args, at) if expander else None

    def copy(self, node: Node) -> Node:
        """The tree once more, of nodes of its own."""
        self._copied += 1
        if self._copied > _MOST_COPIED:
            raise Refusal("the expression becomes too large when its macros are written out", node.at)
        copy = self.copy
        match node:
            case Literal():
                return Literal(node.value, node.kind, node.at)
            case Ident():
                return Ident(node.name, node.at)
            case Select():
                return Select(copy(node.operand), node.field, node.at, node.test)
            case Call():
                target = None if node.target is None else copy(node.target)
                return Call(node.function, target, tuple(map(copy, node.args)), node.at)
            case ListLiteral():
                return ListLiteral(tuple(map(copy, node.items)), node.optional, node.at)
            case MapLiteral():
                entries = (Entry(copy(e.key), copy(e.value), e.optional, e.at) for e in node.entries)
                return MapLiteral(tuple(entries), node.at)
            case Message():
                fields = ((name, copy(value), optional, at) for name, value, optional, at in node.fields)
                return Message(node.name, tuple(fields), node.at)
            case Fold():
                over, start, condition, step, result = map(copy, parts(node))
                return Fold(
                    node.shape,
                    over,
                    (node.var, node.var2),
                    (node.accu, start),
                    (condition, step, result),
                    node.at,
                )
        raise AssertionError(node)


def _accu(at: int) -> Node:
    return Ident(ACCU, at)


def _true(at: int) -> Node:
    return Literal(True, "bool", at)


def _has(args: Sequence[Node], at: int) -> Node:
    (target,) = args
    # `has(a.?b)` is a call, no selection.
    if not isinstance(target, Select):
        raise Refusal("invalid argument to has() macro", target.at)
    return Select(target.operand, target.field, at, test=True)


def _name(node: Node, message: str) -> str:
    if not isinstance(node, Ident):
        raise Refusal(message, node.at)
    return node.name


def _variable(node: Node, message: str) -> str:
    name = _name(node, message)
    if name in (ACCU, _OLD_ACCU):
        raise Refusal("iteration variable overwrites accumulator variable", node.at)
    return name


def _pair(args: Sequence[Node]) -> tuple[str, str]:
    first, second = (_name(arg, "argument must be a simple name") for arg in args[:2])
    if first == second:
        raise Refusal(f"duplicate variable name: {first}", args[1].at)
    for arg in args[:2]:
        _variable(arg, "")
    return first, second


def _variables(args: Sequence[Node], two: bool) -> tuple[str, str | None]:
    return _pair(args) if two else (_variable(args[0], "argument must be a simple name"), None)


def _quantifier(shape: str, two: bool) -> _Expander:
    def expand(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
        names = _variables(args, two)
        holds = args[-1]
        if shape == "all":
            start = _true(at)
            condition: Node = Call("@not_strictly_false", None, (_accu(at),), at)
            step: Node = Call("_&&_", None, (_accu(at), holds), at)
            result = _accu(at)
        elif shape == "exists":
            start = Literal(False, "bool", at)
            condition = Call("@not_strictly_false", None, (Call("!_", None, (_accu(at),), at),), at)
            step = Call("_||_", None, (_accu(at), holds), at)
            result = _accu(at)
        else:
            start = Literal(0, "int", at)
            condition = _true(at)
            more = Call("_+_", None, (_accu(at), Literal(1, "int", at)), at)
            step = Call("_?_:_", None, (holds, more, _accu(at)), at)
            result = Call("_==_", None, (_accu(at), Literal(1, "int", at)), at)
        return Fold(shape, over, names, (ACCU, start), (condition, step, result), at)

    return expand


def _collect(
    shape: str,
    over: Node,
    names: tuple[str, str | None],
    grown: Node,
    chosen: Node | None,
    start: Node,
    at: int,
) -> Node:
    step = grown if chosen is None else Call("_?_:_", None, (chosen, grown, _accu(at)), at)
    return Fold(shape, over, names, (ACCU, start), (_true(at), step, _accu(at)), at)


def _appended(item: Node, at: int) -> Node:
    return Call("_+_", None, (_accu(at), ListLiteral((item,), frozenset(), at)), at)


def _map(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
    name = _variable(args[0], "argument is not an identifier")
    chosen = args[1] if len(args) == 3 else None
    return _collect(
        "map", over, (name, None), _appended(args[-1], at), chosen, ListLiteral((), frozenset(), at), at
    )


def _filter(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
    name = _variable(args[0], "argument is not an identifier")
    grown = _appended(args[0], at)
    return _collect("filter", over, (name, None), grown, args[1], ListLiteral((), frozenset(), at), at)


def _transform_list(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
    names = _pair(args)
    chosen = args[2] if len(args) == 4 else None
    return _collect("map", over, names, _appended(args[-1], at), chosen, ListLiteral((), frozenset(), at), at)


def _transform_map(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
    names = _pair(args)
    chosen = args[2] if len(args) == 4 else None
    grown = Call("cel.@mapInsert", None, (_accu(at), Ident(names[0], at), args[-1]), at)
    return _collect("transformMap", over, names, grown, chosen, MapLiteral((), at), at)


def _transform_entry(_: Macros, over: Node, args: Sequence[Node], at: int) -> Node:
    names = _pair(args)
    chosen = args[2] if len(args) == 4 else None
    grown = Call("cel.@mapInsert", None, (_accu(at), args[-1]), at)
    return _collect("transformMapEntry", over, names, grown, chosen, MapLiteral((), at), at)


def _named(name: str, value: Node, result: Node, at: int, still: Node | None = None) -> Node:
    """`result` with a name for a value in it."""
    loop = (Literal(False, "bool", at), still or Ident(name, at), result)
    return Fold("bind", ListLiteral((), frozenset(), at), (UNUSED, None), (name, value), loop, at)


def _bind(_: Macros, namespace: Node, args: Sequence[Node], at: int) -> Node | None:
    if not isinstance(namespace, Ident) or namespace.name != "cel":
        return None
    name = _name(args[0], "cel.bind() variable names must be simple identifiers")
    return _named(name, args[1], args[2], at)


def _optional_map(flat: bool) -> _Expander:
    macro = "optFlatMap" if flat else "optMap"

    def expand(macros: Macros, target: Node, args: Sequence[Node], at: int) -> Node:
        name = _name(args[0], f"{macro}() variable name must be a simple identifier")
        value = Call("value", macros.copy(target), (), at)
        found = _named(name, value, args[1], at)
        if not flat:
            found = Call("optional.of", None, (found,), at)
        none = Call("optional.none", None, (), at)
        return Call("_?_:_", None, (Call("hasValue", target, (), at), found, none), at)

    return expand


def _sort_by(macros: Macros, target: Node, args: Sequence[Node], at: int) -> Node:
    if isinstance(target, Literal | MapLiteral | Message):
        raise Refusal(
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
            target.at,
        )
    name = "@__sortBy_input__"
    keys = _map(macros, Ident(name, at), args, at)
    result = Call("@sortByAssociatedKeys", Ident(name, at), (keys,), at)
    return _named(name, target, result, at)


_MEMBERS: Final[dict[tuple[str, int], _Expander]] = {
    ("all", 2): _quantifier("all", False),
    ("all", 3): _quantifier("all", True),
    ("exists", 2): _quantifier("exists", False),
    ("exists", 3): _quantifier("exists", True),
    ("exists_one", 2): _quantifier("exists_one", False),
    ("exists_one", 3): _quantifier("exists_one", True),
    ("existsOne", 3): _quantifier("exists_one", True),
    ("filter", 2): _filter,
    ("map", 2): _map,
    ("map", 3): _map,
    ("optFlatMap", 2): _optional_map(True),
    ("optMap", 2): _optional_map(False),
    ("sortBy", 2): _sort_by,
    ("transformList", 3): _transform_list,
    ("transformList", 4): _transform_list,
    ("transformMap", 3): _transform_map,
    ("transformMap", 4): _transform_map,
    ("transformMapEntry", 3): _transform_entry,
    ("transformMapEntry", 4): _transform_entry,
    ("bind", 3): _bind,
}
