"""What can be worked out before any device is seen, and what is refused because it never will be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from drakkar.api.semver import Version
from drakkar.cel.declarations import TYPE_NAMES, UNDEFINED
from drakkar.cel.dispatch import code_of
from drakkar.cel.library.names import NamedFormat
from drakkar.cel.library.regex import check_pattern
from drakkar.cel.library.type_values import TypeValue
from drakkar.cel.outcome import Fault, LimitExceeded, Panic, Refusal
from drakkar.cel.syntax import Call, Ident, ListLiteral, Literal, MapLiteral, Node, Select, parts
from drakkar.cel.values import Optional, UInt, shown, type_name

_CONVERSIONS: Final = frozenset(
    ["bool", "bytes", "double", "dyn", "duration", "int", "string", "timestamp", "type", "uint"]
)
_PATTERNS: Final = {
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
_UNHASHABLE: Final = frozenset((bytes, Version, NamedFormat))


def walk(node: Node) -> list[Node]:
    """All nodes of a tree, a node before its parts; a node that stands at two places comes twice."""
    found: list[Node] = []
    pending = [node]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(reversed(parts(node)))
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
        self._planned: dict[Node, Any] = {}
        self._more: dict[Node, Any] = {}
        for node in reversed(walk(tree)):
            self._plan(node)

    def known(self, node: Node) -> bool:
        """Whether the value is the same for every device."""
        return node in self._planned or node in self._more

    def planned(self, node: Node) -> bool:
        """Whether upstream knows the value as well, so that nothing is paid for it."""
        return node in self._planned

    def value(self, node: Node) -> Any:
        """The value of a node that is known."""
        return self._planned[node] if node in self._planned else self._more[node]

    def set_of(self, node: Call) -> frozenset[Any] | None:
        """The elements of the list of an `in`, where upstream looks a value up instead of comparing it with each."""
        container = node.args[1]
        if node.overloads != ("in_list",) or container not in self._planned:
            return None
        value = self._planned[container]
        if type(value) is not tuple or not all(type(item) in _PRIMITIVE for item in value):
            return None
        return frozenset((type(item) is bool, item) for item in value)

    def _plan(self, node: Node) -> None:
        if node in self._planned:
            return
        match node:
            case Literal():
                self._planned[node] = constant(node)
            case Ident() | Select() if node.names:
                if node.names not in TYPE_NAMES or node.names in UNDEFINED:
                    raise Refusal(
                        f"program instantiation failed: reference to undefined type: {node.names}",
                        node.at,
                        "constant",
                    )
                self._planned[node] = TypeValue(node.names)
            case ListLiteral() if not node.optional and all(item in self._planned for item in node.items):
                self._planned[node] = tuple(self._planned[item] for item in node.items)
            case MapLiteral():
                self._map(node)
            case Call():
                self._call(node)

    def _map(self, node: MapLiteral) -> None:
        planned = self._planned
        if any(entry.key not in planned or entry.value not in planned for entry in node.entries):
            return
        try:
            planned[node] = make_map((planned[e.key], planned[e.value], e.optional) for e in node.entries)
        except (Fault, Panic):
            return

    def _call(self, node: Call) -> None:
        if node.target is None and node.function in _CONVERSIONS and len(node.args) == 1:
            if node.args[0] in self._planned:
                self._planned[node] = self._convert(node)
            return
        if node.function in ("_[_]", "_[?_]") and node.args[1] in self._planned:
            key = self._planned[node.args[1]]
            if type(key) not in _PRIMITIVE:
                said = f"program instantiation failed: invalid qualifier type: {type_name(key)}"
                raise Refusal(said, node.at, "constant")
        pattern = _PATTERNS.get(node.overloads[0]) if node.overloads else None
        if pattern is not None and len(node.overloads) == 1:
            self._check_pattern(node.operands[pattern])
        if (
            node.function == "@in"
            and node.overloads == ("in_list",)
            and self._planned.get(node.args[1]) == ()
        ):
            self._planned[node] = False
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
        if node in self._planned and type(self._planned[node]) is str:
            try:
                check_pattern(self._planned[node])
            except Fault as fault:
                raise Refusal(f"program instantiation failed: {fault}", node.at, "constant") from None


def make_map(entries: Iterable[tuple[Any, Any, bool]]) -> dict[Any, Any]:
    """A map of keys, values and whether the value may be absent; of two equal keys the later one wins."""
    made: dict[Any, Any] = {}
    for key, value, optional in entries:
        if type(key) in _UNHASHABLE:
            raise Panic(f"internal error: hash of unhashable type {type_name(key)}")
        if isinstance(key, tuple | dict):
            raise Fault(f"a {type_name(key)} cannot be the key of a map")
        if key in made and (type(key) is bool) is not any(type(k) is bool and k == key for k in made):
            raise Fault("a bool cannot be the key of a map beside the number that Python takes it for")
        if optional:
            if type(value) is not Optional:
                raise Fault(f"cannot initialize optional entry '{shown(key)}' from non-optional value")
            if not value.present:
                made.pop(key, None)
                continue
            value = value.value
        made[key] = value
    return made
