"""What can be worked out before any device is seen, and what is refused because it never will be."""

from __future__ import annotations

from typing import Any, Final

from drakkar.cel.environment.declarations import TYPE_NAMES, UNDEFINED
from drakkar.cel.library.maps import make_map
from drakkar.cel.library.regex import check_pattern
from drakkar.cel.library.type_values import TypeValue
from drakkar.cel.outcome import Fault, LimitExceeded, Panic, Refusal
from drakkar.cel.settle.dispatch import code_of
from drakkar.cel.syntax.tree import Call, Ident, ListLiteral, Literal, MapLiteral, Node, parts
from drakkar.cel.values import LISTS, UInt, new_list, type_name

_CONVERSIONS: Final = frozenset(
    ["bool", "bytes", "double", "dyn", "duration", "int", "string", "timestamp", "type", "uint"]
)
PATTERNS: Final = {
    "matches": 1,
    "matches_string": 1,
    "string_find_string": 1,
    "string_find_all_string": 1,
    "string_find_all_string_int": 1,
}
# Calls without a choice in them that are the same for every device; they are worked out where that does not fail.
_READERS: Final = frozenset(
    ["quantity", "semver", "url", "ip", "cidr", "isQuantity", "isSemver", "isURL", "isIP", "isCIDR"]
)
_PRIMITIVE: Final = frozenset((bool, int, UInt, float, str))


def walk(node: Node) -> list[Node]:
    """All nodes of a tree, a node before its parts; a node that stands at two places comes twice."""
    found: list[Node] = []
    pending = [node]
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, Literal | Ident):
            pending.extend(parts(node)[::-1])
    return found


def constant(node: Literal) -> Any:
    """The value of a literal as it is at run time."""
    return UInt(node.value) if node.kind == "uint" else node.value  # type: ignore[call-overload]


class Constants:
    """The values of the parts of one expression that every device has the same of.

    Upstream works conversions out when it plans an expression, and refuses the expression when one of them fails, whether
    or not it would ever have been reached.
    """

    def __init__(self, tree: Node) -> None:
        # What upstream knows as well, so that nothing is paid for it.
        self.planned: dict[Node, Any] = {}
        self._more: dict[Node, Any] = {}
        self._sets: dict[Call, frozenset[Any] | None] = {}
        for node in reversed(walk(tree)):
            self._plan(node)

    def known(self, node: Node) -> bool:
        """Whether the value is the same for every device."""
        return node in self.planned or node in self._more

    def value(self, node: Node) -> Any:
        """The value of a node that is known."""
        return self.planned[node] if node in self.planned else self._more[node]

    def set_of(self, node: Call) -> frozenset[Any] | None:
        """The elements of the list of an `in`, where upstream looks a value up instead of comparing it with each."""
        if node not in self._sets:
            self._sets[node] = self._set_of(node)
        return self._sets[node]

    def _set_of(self, node: Call) -> frozenset[Any] | None:
        container = node.args[1]
        if node.overloads != ("in_list",) or container not in self.planned:
            return None
        value = self.planned[container]
        if type(value) not in LISTS or not all(type(item) in _PRIMITIVE for item in value):
            return None
        return frozenset((type(item) is bool, item) for item in value)

    def _plan(self, node: Node) -> None:
        if isinstance(node, Literal):
            self.planned[node] = constant(node)
        elif node in self.planned:
            return
        elif isinstance(node, Call):
            self._call(node)
        elif isinstance(node, ListLiteral):
            self._list(node)
        elif isinstance(node, MapLiteral):
            self._map(node)
        elif node.names and node.type.kind == "type":
            self._type(node)

    def _type(self, node: Node) -> None:
        if node.names not in TYPE_NAMES or node.names in UNDEFINED:
            said = f"program instantiation failed: reference to undefined type: {node.names}"
            raise Refusal(said, node.at, "constant")
        self.planned[node] = TypeValue(node.names)

    def _list(self, node: ListLiteral) -> None:
        if not node.optional:
            try:
                self.planned[node] = new_list(self.planned[item] for item in node.items)
            except KeyError:
                return

    def _map(self, node: MapLiteral) -> None:
        planned = self.planned
        if any(entry.key not in planned or entry.value not in planned for entry in node.entries):
            return
        try:
            planned[node] = make_map((planned[e.key], planned[e.value], e.optional) for e in node.entries)
        except (Fault, Panic):
            return

    def _call(self, node: Call) -> None:
        if node.target is None and node.function in _CONVERSIONS and len(node.args) == 1:
            if node.args[0] in self.planned:
                self.planned[node] = self._convert(node)
            return
        if node.function in ("_[_]", "_[?_]") and node.args[1] in self.planned:
            key = self.planned[node.args[1]]
            if type(key) not in _PRIMITIVE:
                said = f"program instantiation failed: invalid qualifier type: {type_name(key)}"
                raise Refusal(said, node.at, "constant")
        pattern = PATTERNS.get(node.overloads[0]) if node.overloads else None
        if pattern is not None and len(node.overloads) == 1:
            self._check_pattern(node.operands[pattern])
        if node.function == "@in" and node.overloads == ("in_list",) and self.planned.get(node.args[1]) == ():
            self.planned[node] = False
        if node.function in _READERS and node.target is None and all(map(self.known, node.args)):
            try:
                self._more[node] = self._run(node)
            except (Fault, LimitExceeded):
                return

    def _run(self, node: Call) -> Any:
        code = code_of(node.function, node.overloads, [part.known for part in node.operands])
        return code(*map(self.value, node.operands))

    def _convert(self, node: Call) -> Any:
        try:
            return self._run(node)
        except Fault as fault:
            raise Refusal(f"program instantiation failed: {fault}", node.at, "constant") from None

    def _check_pattern(self, node: Node) -> None:
        if node in self.planned and type(self.planned[node]) is str:
            try:
                check_pattern(self.planned[node])
            except Fault as fault:
                raise Refusal(f"program instantiation failed: {fault}", node.at, "constant") from None
