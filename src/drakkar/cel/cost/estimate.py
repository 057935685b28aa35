"""The most that an expression may cost on any device, as upstream counts it (design: refused there is refused here)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from drakkar.cel.cost.calls import LIST, MAP, MESSAGE, Estimate, basic_cost, known_cost
from drakkar.cel.cost.ranges import EMPTY, NOTHING, ONE, UNKNOWN, Range, exactly
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.syntax.macros import ACCU
from drakkar.cel.syntax.tree import Call, Fold, Ident, ListLiteral, Literal, MapLiteral, Message, Node, Select
from drakkar.cel.types import Type

# How large domains, identifiers and values of attributes may be (KEP 4381's limits on slices).
_DOMAIN: Final = 63
_IDENTIFIER: Final = 32
_VALUE: Final = 64
# Upstream takes both for the sum of a loop, the second of which a user may write.
_ACCUS: Final = (ACCU, "__result__")
_SCALAR: Final = frozenset(("bool", "double", "duration", "int", "timestamp", "uint"))


class _Entries(NamedTuple):
    """Of a list or map that the expression makes: how large its keys and values are."""

    kind: str
    key: Range
    value: Range


class _Path:
    """The way from a variable to a part of it, grown as Go's `append` grows a slice.

    Upstream appends to one way from several places. Where the slice has room left, the later step also takes the place of
    the earlier one: in `map.all(k, v, …)` a key may be held to be as large as a value.
    """

    __slots__ = ("_cells", "_length")

    def __init__(self, cells: list[str], length: int) -> None:
        self._cells = cells
        self._length = length

    @staticmethod
    def of(*steps: str) -> _Path:
        return _Path(list(steps), len(steps))

    def and_then(self, step: str) -> _Path:
        cells, length = self._cells, self._length
        if length == len(cells):
            cells = [*cells, *[""] * max(1, length)]
        cells[length] = step
        return _Path(cells, length + 1)

    def first(self) -> str:
        """The variable, or the first step where there is none."""
        return self._cells[0] if self._length else ""

    def steps(self) -> tuple[str, ...]:
        """The steps as they are by now."""
        return tuple(self._cells[: self._length])


class _Local(NamedTuple):
    path: _Path | None
    size: Range | None
    entries: _Entries | None


class _Sized:
    """What the rules of calls may ask of an operand."""

    __slots__ = ("_coster", "_path", "computed", "node", "type")

    def __init__(self, coster: _Coster, node: Node) -> None:
        self.node = node
        self.type = node.type
        path = coster.path(node)
        self._path = None if path is None or path.first() in _ACCUS else path
        self._coster = coster
        self.computed = coster.size(node)

    @property
    def size(self) -> Range | None:
        return self.computed or self._coster.declared(self._path)

    def element_type(self) -> Type | None:
        return self.type.params[0] if self.type.params else None

    def elements(self) -> Range | None:
        if self._path is None:
            return None
        return self._coster.declared(self._path.and_then("@items"))


class _Coster:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._paths: dict[Node, _Path] = {}
        self._declared: dict[tuple[str, ...], Range | None] = {}
        self._sizes: dict[Node, Range] = {}
        self._entries: dict[Node, _Entries] = {}
        self._locals: dict[str, list[_Local]] = {}

    # What is known of sizes

    def declared(self, path: _Path | None) -> Range | None:
        """How large a part of the device, or of another variable, may be."""
        if path is None:
            return None
        if path.first() != "device":
            return self._part(path.steps())
        steps = path.steps()
        if steps not in self._declared:
            self._declared[steps] = self._declaration(steps)
        return self._declared[steps]

    def _part(self, path: tuple[str, ...]) -> Range | None:
        sizes = self._environment.sizes
        found = None if sizes is None or not path else sizes(path)
        return None if found is None else Range(*found)

    def _declaration(self, path: tuple[str, ...]) -> Range | None:
        if len(path) == 1:
            return NOTHING
        field = self._environment.fields.get(path[1])
        if field is None:
            return None
        if field.type.kind != "map":
            return Range(0, field.most) if len(path) == 2 else None
        level, attributes = 0, path[1] == "attributes"
        for step in path[2:]:
            if step in ("@items", "@values") and level < 2:
                level += 1
            elif step == "@keys" and level < 2:
                level += 10
            elif level == 1 and attributes and not step.startswith("@"):
                level += 1
            else:
                return None
        most = {0: field.most, 1: field.most, 2: _VALUE if attributes else 0, 10: _DOMAIN, 11: _IDENTIFIER}
        return Range(0, most[level])

    def path(self, node: Node) -> _Path | None:
        """The way from the device to a node, if it is a part of the device."""
        if isinstance(node, Ident) and (local := self._local(node.name)) is not None:
            return local.path
        return self._paths.get(node)

    def size(self, node: Node) -> Range | None:
        found = self._sizes.get(node)
        if found is not None:
            return found
        shown = _WITH_SIZE.get(type(node))
        if shown is not None:
            return shown(node)
        local = self._local(node.name) if isinstance(node, Ident) else None
        path = self._paths.get(node) if local is None else local.path
        found = self.declared(path) if path else None
        if found is not None:
            self._sizes[node] = found
            return found
        if _scalar(node.type):
            return ONE
        return None if local is None else local.size

    def entries(self, node: Node) -> _Entries | None:
        found = self._entries.get(node)
        if found is None and isinstance(node, Ident) and (local := self._local(node.name)) is not None:
            return local.entries
        return found

    def _local(self, name: str) -> _Local | None:
        stack = self._locals.get(name)
        return stack[-1] if stack else None

    def _push(self, name: str, local: _Local) -> None:
        self._locals.setdefault(name, []).append(local)

    def _copy_sizes(self, node: Node, source: Node) -> None:
        size, entries = self.size(source), self.entries(source)
        if size is not None:
            self._sizes[node] = size
        if entries is not None:
            self._entries[node] = entries

    # The walk

    def cost(self, node: Node) -> Range:
        return _WAYS[type(node)](self, node)

    def _literal(self, _: Literal) -> Range:
        return NOTHING

    def _ident(self, node: Ident) -> Range:
        local = self._local(node.name)
        path = _Path.of(node.name) if local is None else local.path
        if path is not None:
            self._paths[node] = path
        return ONE

    def _message(self, node: Message) -> Range:
        return self._sum([value for _, value, _, _ in node.fields]).add(MESSAGE)

    def _sum(self, nodes: Sequence[Node]) -> Range:
        total = NOTHING
        for node in nodes:
            total = total.add(self.cost(node))
        return total

    def _select(self, node: Select) -> Range:
        total = self.cost(node.operand)
        if node.test:
            return total
        self._paths[node] = (self.path(node.operand) or _Path.of()).and_then(node.field)
        return total.add(ONE) if node.operand.type.kind in ("map", "struct", "param") else total

    def _call(self, node: Call) -> Range:
        if node.function == "dyn":
            total = self.cost(node.args[0]).add(ONE)
            self._copy_sizes(node, node.args[0])
            return total
        if node.function in ("_&&_", "_||_"):
            # The right side may never be reached.
            left, right = map(self.cost, node.args)
            return Range(left.least, left.add(right).most)
        costs = [self.cost(arg) for arg in node.args]
        spent = NOTHING
        for cost in costs:
            spent = spent.add(cost)
        args = [_Sized(self, arg) for arg in node.args]
        total = NOTHING
        operands = args
        if node.target is not None:
            total = self.cost(node.target)
            operands = [_Sized(self, node.target), *args]
        cost, size = EMPTY, None
        for overload in node.overloads:
            estimate = self._overload(node, overload, operands, costs, spent)
            cost = cost.union(estimate.cost)
            if estimate.size is not None:
                size = estimate.size if size is None else size.union(estimate.size)
            if overload in ("index_list", "index_map"):
                entries = self.entries(node.args[0])
                size = entries.value if entries else None
                step = "@items" if overload == "index_list" else "@values"
                self._paths[node] = (self.path(node.args[0]) or _Path.of()).and_then(step)
            if size is None:
                size = self.size(node)
        if size is not None:
            self._sizes[node] = size
        return total.add(cost)

    def _overload(
        self, node: Call, overload: str, operands: Sequence[_Sized], costs: Sequence[Range], spent: Range
    ) -> Estimate:
        """One that may be meant; its arguments cost `costs`, together `spent`."""
        known = known_cost(node.function, overload, operands)
        if known is not None:
            return Estimate(known.cost.add(spent), known.size)
        if overload == "conditional":
            _, yes, no = node.args
            size = (self.size(yes) or UNKNOWN).union(self.size(no) or UNKNOWN)
            self._note_entries(node, self.entries(yes), self.entries(no))
            return Estimate(costs[0].add(costs[1].union(costs[2])), size)
        if overload in ("add_list", "add_string", "add_bytes"):
            left, right = node.args
            self._note_entries(node, self.entries(left), self.entries(right))
        estimate = basic_cost(overload, operands)
        return Estimate(estimate.cost.add(spent), estimate.size)

    def _note_entries(self, node: Node, left: _Entries | None, right: _Entries | None) -> None:
        if left is not None and right is not None:
            key, value = left.key.union(right.key), left.value.union(right.value)
            self._entries[node] = _Entries(left.kind, key, value)

    def _list(self, node: ListLiteral) -> Range:
        total, sizes = LIST, EMPTY if node.items else NOTHING
        for item in node.items:
            if not isinstance(item, Literal):
                total = total.add(self.cost(item))
            size = self.size(item) or UNKNOWN
            if size is not sizes:
                sizes = sizes.union(size)
        self._entries[node] = _Entries("list", ONE, sizes)
        return total

    def _map(self, node: MapLiteral) -> Range:
        total, keys, values = NOTHING, EMPTY, EMPTY
        for entry in node.entries:
            total = total.add(self.cost(entry.key)).add(self.cost(entry.value))
            keys = keys.union(self.size(entry.key) or UNKNOWN)
            values = values.union(self.size(entry.value) or UNKNOWN)
        if not node.entries:
            keys = values = NOTHING
        self._entries[node] = _Entries("map", keys, values)
        return total.add(MAP)

    def _fold(self, node: Fold) -> Range:
        if node.binds and node.accu not in _ACCUS:
            return self._bind(node)
        total = self.cost(node.over).add(self.cost(node.start))
        self._push(node.accu, _Local(self.path(node.start), self.size(node.start), self.entries(node.start)))
        entries = self.entries(node.over)
        kind = entries.kind if entries else node.over.type.kind
        path = self.path(node.over) or _Path.of()
        key = entries.key if entries else None
        value = entries.value if entries else None
        names = [node.var]
        if node.var2 is not None:
            self._push(node.var, _Local(path.and_then("@indices" if kind == "list" else "@keys"), key, None))
            self._push(
                node.var2, _Local(path.and_then("@items" if kind == "list" else "@values"), value, None)
            )
            names.append(node.var2)
        elif kind == "list":
            self._push(node.var, _Local(path.and_then("@items"), value, None))
        else:
            self._push(node.var, _Local(path.and_then("@keys"), key, None))
        condition = self.cost(node.condition)
        step = self.cost(node.step)
        for name in names:
            self._locals[name].pop()
        total = total.add(self.cost(node.result))
        self._locals[node.accu].pop()
        rounds = self.size(node.over) or UNKNOWN
        total = total.add(rounds.multiply(step.add(condition)))
        if isinstance(node.start, Literal):
            self._sizes[node] = self.size(node.start) or ONE
        elif isinstance(node.start, ListLiteral | MapLiteral):
            self._sizes[node] = rounds
            grown = self.entries(node.step)
            if grown is not None:
                self._entries[node] = grown
        return total

    def _bind(self, node: Fold) -> Range:
        total = self.cost(node.over).add(self.cost(node.start))
        self._push(node.accu, _Local(self.path(node.start), self.size(node.start), self.entries(node.start)))
        total = total.add(self.cost(node.result))
        self._locals[node.accu].pop()
        self._copy_sizes(node, node.result)
        return total


def _scalar(type_: Type) -> bool:
    if type_.kind == "opaque" and type_.name == "optional_type":
        return _scalar(type_.params[0])
    return type_.kind in _SCALAR


def _literal_size(node: Literal) -> Range:
    return exactly(len(node.value)) if isinstance(node.value, str | bytes) else ONE


# What shows its size.
_WITH_SIZE: Final[Mapping[type[Node], Callable[[Any], Range]]] = {
    Literal: _literal_size,
    ListLiteral: lambda node: exactly(len(node.items)),
    MapLiteral: lambda node: exactly(len(node.entries)),
}
_WAYS: Final[Mapping[type[Node], Callable[[_Coster, Any], Range]]] = {
    Literal: _Coster._literal,
    Ident: _Coster._ident,
    Select: _Coster._select,
    Call: _Coster._call,
    ListLiteral: _Coster._list,
    MapLiteral: _Coster._map,
    Message: _Coster._message,
    Fold: _Coster._fold,
}


def most_cost(node: Node, environment: Environment) -> int:
    """The worst case of a checked expression, in upstream's units."""
    return _Coster(environment).cost(node).most
