"""Checks of a typed expression that look at its literals: times, patterns, format texts, lists and maps of one type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drakkar.cel.library.formatting import interpolate, refusal
from drakkar.cel.library.regex import check_pattern
from drakkar.cel.outcome import Fault, First, Refusal
from drakkar.cel.settle.constants import constant
from drakkar.cel.settle.dispatch import code_of
from drakkar.cel.syntax.tree import Call, Ident, ListLiteral, Literal, MapLiteral, Node, parts
from drakkar.cel.types import Type, equivalent

# The kinds of types that each clause of a format text takes.
_CLAUSES: Final = {
    "d": ("int", "uint"),
    "o": ("int", "uint"),
    "f": ("double", "string"),
    "e": ("double", "string"),
    "b": ("int", "uint", "bool"),
    "x": ("int", "uint", "string", "bytes"),
    "X": ("int", "uint", "string", "bytes"),
    "s": (
        *("list", "map", "int", "uint", "double", "bool", "string"),
        *("timestamp", "bytes", "duration", "type", "null"),
    ),
}


# Functions whose literal argument is tried at once.
_CHECKED: Final = frozenset(("duration", "timestamp", "matches"))


class _Misplaced(Exception):
    """An argument that its clause does not take."""

    def __init__(self, node: Node, fault: Fault) -> None:
        super().__init__(str(fault))
        self.node = node


def check_literals(tree: Node) -> None:
    """Refuse what cannot be meant, with the first error in the text."""
    first = First()
    pending: list[tuple[Node, bool]] = [(tree, False)]
    while pending:
        node, formatted = pending.pop()
        kind = type(node)
        if kind is Literal or kind is Ident:
            continue
        if isinstance(node, Call):
            if node.function in _CHECKED:
                _check_argument(node, first)
            elif node.function == "format":
                _check_format(node, first)
                formatted = True
        # What is formatted may be of several types.
        elif isinstance(node, ListLiteral):
            if not formatted:
                _check_list(node, first)
        elif isinstance(node, MapLiteral) and not formatted:
            _check_map(node, first)
        for part in reversed(parts(node)):
            pending.append((part, formatted))
    first.tell()


def _check_argument(node: Call, first: First) -> None:
    literal = node.args[0]
    if not isinstance(literal, Literal):
        return
    try:
        if node.function == "matches":
            # The first argument, which in `matches(text, pattern)` is the text: upstream looks no further.
            check_pattern(str(literal.value))
        else:
            code_of(node.function, node.overloads, [literal.type])(constant(literal))
    except Fault:
        said = f"invalid {node.function} argument"
        first.note(literal.at, lambda: Refusal(said, literal.at, "literal"))


def _check_format(node: Call, first: First) -> None:
    if node.target is None or len(node.args) != 1:
        return
    text, items = node.target, node.args[0]
    if not isinstance(text, Literal) or not isinstance(items, ListLiteral):
        return
    used = 0

    def clause(index: int, verb: str, precision: int) -> str:
        nonlocal used
        used += 1
        _check_clause(items.items[index], verb)
        return ""

    try:
        interpolate(str(text.value), len(items.items), clause)
    except _Misplaced as misplaced:
        refused = Refusal(str(misplaced), misplaced.node.at, "literal")
        first.note(refused.position, lambda: refused)
    except Fault as fault:
        said = str(fault)
        first.note(node.at, lambda: Refusal(said, node.at, "literal"))
    else:
        if len(items.items) > used:
            said = f"too many arguments supplied to string.format (expected {used}, got {len(items.items)})"
            first.note(node.at, lambda: Refusal(said, node.at, "literal"))


def _check_clause(node: Node, verb: str) -> None:
    if node.type.kind != "dyn" and node.type.kind not in _CLAUSES[verb]:
        raise _Misplaced(node, refusal(verb, node.type.name))
    if verb == "s" and isinstance(node, ListLiteral | MapLiteral):
        for part in parts(node):
            _check_clause(part, verb)


def _mismatch(node: Node, wanted: Type, found: Type, first: First) -> None:
    first.note(node.at, lambda: Refusal(f"expected type '{wanted}' but found '{found}'", node.at, "type"))


def _inside(type_: Type, optional: bool) -> Type:
    return type_.params[0] if optional and type_.params else type_


def _check_list(node: ListLiteral, first: First) -> None:
    if len(node.items) < 2:
        return
    types = [_inside(item.type, index in node.optional) for index, item in enumerate(node.items)]
    for item, type_ in zip(node.items[1:], types[1:], strict=True):
        if not equivalent(types[0], type_):
            _mismatch(item, types[0], type_, first)
            return


def _check_map(node: MapLiteral, first: First) -> None:
    _check_entries([entry.key for entry in node.entries], [entry.key.type for entry in node.entries], first)
    values = [_inside(entry.value.type, entry.optional) for entry in node.entries]
    _check_entries([entry.value for entry in node.entries], values, first)


def _check_entries(nodes: Sequence[Node], types: Sequence[Type], first: First) -> None:
    for node, type_ in zip(nodes[1:], types[1:], strict=True):
        if not equivalent(types[0], type_):
            _mismatch(node, types[0], type_, first)
