"""Runs a checked expression node by node: the exact and slow way, for what the compiled one leaves open.

Errors are absorbed in either order, names are bound when they are first read, and everything is paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drakkar.cel import values
from drakkar.cel.cost.spent import spent
from drakkar.cel.environment.patch_types import JSON_PATCH
from drakkar.cel.library.maps import make_map
from drakkar.cel.messages import MessageValue
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.run.folds import Folds
from drakkar.cel.run.scope import Late, Scope
from drakkar.cel.settle.constants import Constants
from drakkar.cel.settle.dispatch import Code, code_of
from drakkar.cel.syntax.chains import CHAIN, before, is_chain
from drakkar.cel.syntax.tree import Call, Fold, Ident, ListLiteral, MapLiteral, Message, Node, Select
from drakkar.cel.values import COST_LIMIT, NONE, Optional, as_bool, no_overload, type_name

# Functions of two operands with an implementation for each overload, rather than one for all.
_DISPATCHED: Final = frozenset(
    (
        *("add", "sub", "compareTo", "isGreaterThan", "isLessThan"),
        *("containsCIDR", "containsIP", "indexOf", "lastIndexOf"),
    )
)
_SEARCHES: Final = frozenset(("matches", "find", "findAll"))


# The value of a variable, by its name; Fault where it has none.
Variables = Callable[[str], Any]


def _no_variable(name: str) -> Any:
    raise Fault(f"no such attribute(s): {name}")


class Plan:
    """An expression ready to be run, by several at once."""

    def __init__(self, tree: Node, constants: Constants) -> None:
        self.tree = tree
        self.constants = constants
        self.codes: dict[Node, Code] = {}


class Interpreter:
    """One run of an expression; `spent` is what it cost so far."""

    def __init__(self, plan: Plan, limit: int = COST_LIMIT) -> None:
        self._plan = plan
        self._constants = plan.constants
        self._limit = limit
        self._variable: Variables = _no_variable
        self._planned = plan.constants.planned
        self._folds = Folds(self._value, self._pay, self._planned)
        self._ways: dict[type, Callable[[Any, Scope | None], Any]] = {
            Ident: self._ident,
            Select: self._select,
            Call: self._call,
            ListLiteral: self._list,
            MapLiteral: self._map,
            Message: self._message,
            Fold: self._fold,
        }
        self.spent = 0

    def run(self, variable: Variables) -> Any:
        """The value with these variables; Fault where there is none, LimitExceeded where it costs too much."""
        # A run that went too deep for Python is begun again.
        self.spent = 0
        self._variable = variable
        return self._value(self._plan.tree, None)

    def _pay(self, cost: int) -> None:
        self.spent += cost
        if self.spent > self._limit:
            raise LimitExceeded

    def _value(self, node: Node, scope: Scope | None) -> Any:
        if node in self._planned:
            return self._planned[node]
        return self._ways[type(node)](node, scope)

    def _ident(self, node: Ident, scope: Scope | None) -> Any:
        self.spent += 1
        if self.spent > self._limit:
            raise LimitExceeded
        return self._read(node.name, scope)

    def _select(self, node: Select, scope: Scope | None) -> Any:
        if node.names:
            self._pay(1)
            return self._variable(node.names)
        return self._test(node, scope) if node.test else self._chain(node, scope)

    def _read(self, name: str, scope: Scope | None) -> Any:
        while scope is not None:
            if scope[0] == name:
                return scope[1].read() if type(scope[1]) is Late else scope[1]
            scope = scope[2]
        return self._variable(name.removeprefix("."))

    # Selections

    def _chain(self, node: Node, scope: Scope | None) -> Any:
        return self._reached(node, scope)[0]

    def _reached(self, node: Node, scope: Scope | None) -> tuple[Any, bool]:
        """What a run of selections leads to, and whether it is optional.

        The run is one step: after an optional one all that follow are optional. An optional that it came upon is a value
        that nothing is selected from.
        """
        steps: list[tuple[str | Node, bool]] = []
        while node not in self._planned:
            if isinstance(node, Select) and not node.test and not node.names:
                steps.append((node.field, False))
                node = node.operand
            elif isinstance(node, Call) and node.function in CHAIN:
                steps.append((node.args[1], node.function != "_[_]"))
                node = node.args[0]
            else:
                break
        if not isinstance(node, Ident) and not node.names and not _is_choice(node):
            self._pay(1)
        found = self._value(node, scope)
        optional = type(found) is Optional
        if optional:
            if not found.present:
                return found, True
            found = found.value
        for key, may_miss in reversed(steps):
            key_value = key if isinstance(key, str) else self._key(key, scope, optional or may_miss)
            if not optional and not may_miss:
                self._pay(1)
                found = values.lookup(found, key_value)
                continue
            if not optional and type(found) is Optional:
                return NONE, True
            optional = True
            reached = values.optional_lookup(found, key_value)
            if not reached.present:
                return NONE, True
            self._pay(1)
            found = reached.value
        return (Optional(True, found), True) if optional else (found, False)

    def _key(self, node: Node, scope: Scope | None, may_miss: bool) -> Any:
        try:
            return self._joined(node, scope)
        except Fault:
            # The step is taken, and paid for, with a key that is an error; an optional one is not.
            if not may_miss:
                self._pay(1)
            raise

    def _test(self, node: Select, scope: Scope | None) -> bool:
        operand = node.operand
        # Of a way into a variable the test is one more step; upstream takes back what the way itself costs.
        way = _is_attribute(operand)
        try:
            if is_chain(operand) and operand not in self._planned:
                found, optional = self._reached(operand, scope)
                if type(found) is Optional and not optional:
                    return False
            else:
                found = self._value(operand, scope)
                optional = type(found) is Optional
        except Fault:
            if way:
                self.spent -= 1
            raise
        if not way:
            self._pay(1)
        there = False
        try:
            there = values.has_field(found, node.field)
        finally:
            if optional and not there:
                self.spent -= 1
        return there

    # Calls

    def _call(self, node: Call, scope: Scope | None) -> Any:
        match node.function:
            case "_&&_":
                return self._logic(node, scope, False)
            case "_||_":
                return self._logic(node, scope, True)
            case "_?_:_":
                return self._choose(node, scope)
            case "_[_]" | "_[?_]" | "_?._":
                return self._chain(node, scope)
            case "or" | "orValue":
                return self._otherwise(node, scope)
            case "@not_strictly_false":
                return self._not_strictly_false(node, scope)
        overload = node.overloads[0] if len(node.overloads) == 1 else ""
        args = self._operands(node, overload, scope)
        if node.function == "@in" and (members := self._constants.set_of(node)) is not None:
            return values.in_set(args[0], members)
        try:
            result = self._result(node, args)
        except Fault:
            self._pay_failed(node, overload, args)
            raise
        except (TypeError, AttributeError):
            # What a schema declares may be null all the same, and no type says so.
            if None not in args:
                raise
            self._pay_failed(node, overload, args)
            raise no_overload(node.function, *args) from None
        self._pay(spent(node.function, overload, args, result))
        return values.EmptyList() if type(result) is tuple and not result else result

    def _result(self, node: Call, args: Sequence[Any]) -> Any:
        if node.function == "_==_":
            return values.equal(*args)
        if node.function == "_!=_":
            return values.differ(*args)
        code = self._plan.codes.get(node)
        if code is None:
            code = code_of(node.function, node.overloads, [part.known for part in node.operands])
            self._plan.codes[node] = code
        return code(*args)

    def _operands(self, node: Call, overload: str, scope: Scope | None) -> tuple[Any, ...]:
        """The values of all operands; of one or two, both are worked out and the call is paid for even if one fails.

        Of more, or where only the values tell which overload is called, or the pattern was compiled before, none is looked
        at after one that failed.
        """
        operands = node.operands
        together = (
            len(operands) <= 2
            and (len(node.overloads) == 1 or node.function not in _DISPATCHED)
            and not (node.function in _SEARCHES and operands[1] in self._planned)
        )
        found: list[Any] = []
        fault: Fault | None = None
        for part in operands:
            try:
                found.append(self._value(part, scope))
            except Fault as error:
                if not together and part is not operands[-1]:
                    raise
                found.append(error)
                fault = fault or error
        if fault is not None:
            self._pay_failed(node, overload, found)
            raise fault
        return tuple(found)

    def _pay_failed(self, node: Call, overload: str, args: Sequence[Any]) -> None:
        """A call that fails is paid for as any other, with what its rule can make of the operands."""
        try:
            cost = spent(node.function, overload, args, None)
        except (TypeError, AttributeError):
            cost = 1
        self._pay(cost)

    def _logic(self, node: Call, scope: Scope | None, decisive: bool) -> bool:
        fault: Fault | None = None
        for arg in node.args:
            try:
                if as_bool(self._value(arg, scope)) is decisive:
                    return decisive
            except Fault as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return not decisive

    def _choose(self, node: Call, scope: Scope | None) -> Any:
        condition, yes, no = node.args
        return self._joined(yes if as_bool(self._value(condition, scope)) else no, scope)

    def _joined(self, node: Node, scope: Scope | None) -> Any:
        """A node within a choice or as a key; a way into a variable becomes a part of that and costs one less."""
        try:
            return self._value(node, scope)
        finally:
            test = isinstance(node, Select) and node.test
            if node not in self._planned and _is_attribute(node) and not test and not self._from_choice(node):
                self.spent -= 1

    def _from_choice(self, node: Node) -> bool:
        """Whether a way begins with a choice, which costs nothing itself."""
        while node not in self._planned and is_chain(node):
            node = before(node)
        return _is_choice(node)

    def _otherwise(self, node: Call, scope: Scope | None) -> Any:
        assert node.target is not None
        found = self._value(node.target, scope)
        if type(found) is not Optional:
            raise no_overload(node.function, found)
        if found.present:
            return found if node.function == "or" else found.value
        # Upstream does not look at what it is.
        return self._value(node.args[0], scope)

    def _not_strictly_false(self, node: Call, scope: Scope | None) -> bool:
        try:
            return self._value(node.args[0], scope) is not False
        except Fault:
            return True
        finally:
            self._pay(1)

    # Literals of several parts

    def _list(self, node: ListLiteral, scope: Scope | None) -> tuple[Any, ...]:
        self._pay(10)
        made: list[Any] = []
        for index, item in enumerate(node.items):
            value = self._value(item, scope)
            if index in node.optional:
                if type(value) is not Optional:
                    raise Fault(
                        f"cannot initialize optional list element from non-optional value {type_name(value)}"
                    )
                if not value.present:
                    continue
                value = value.value
            made.append(value)
        return values.new_list(made)

    def _map(self, node: MapLiteral, scope: Scope | None) -> Mapping[Any, Any]:
        entries = (
            (self._value(entry.key, scope), self._value(entry.value, scope), entry.optional)
            for entry in node.entries
        )
        self._pay(30)
        return make_map(entries)

    def _message(self, node: Message, scope: Scope | None) -> MessageValue:
        self._pay(40)
        fields: dict[str, Any] = {}
        for name, part, optional, _ in node.fields:
            value = self._value(part, scope)
            if optional:
                if type(value) is not Optional:
                    said = f"cannot initialize optional entry '{name}' from non-optional value"
                    raise Fault(f"{said} {values.shown(value)}")
                if not value.present:
                    fields.pop(name, None)
                    continue
                value = value.value
            fields[name] = value
        return _made(node.name.removeprefix("."), fields)

    # Macros

    def _fold(self, node: Fold, scope: Scope | None) -> Any:
        if node.binds:
            late = Late(lambda: values.bound(self._value(node.start, scope)))
            return self._value(node.result, (node.accu, late, scope))
        return self._folds.value(node, self._value(node.over, scope), scope)


# Go's names for what values are held in.
_NATIVE: Final = {bool: "bool", int: "int64", values.UInt: "uint64", float: "float64", bytes: "[]uint8"}
_UNSET: Final = dict.fromkeys(("op", "path", "from"), "")


def _made(name: str, fields: Mapping[str, Any]) -> MessageValue:
    if name != JSON_PATCH.name:
        return MessageValue(name, fields)
    for field, value in fields.items():
        if field in _UNSET and type(value) is not str:
            named = _NATIVE.get(type(value)) or type_name(value)
            raise Fault(f"unexpected type {named} for JSONPatchType '{field}' field")
    return MessageValue(name, fields, _UNSET)


def _is_attribute(node: Node) -> bool:
    """Whether upstream takes a node for a way into a variable, which a selection continues at no cost of its own."""
    return isinstance(node, Ident | Select) or (isinstance(node, Call) and node.function in (*CHAIN, "_?_:_"))


def _is_choice(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "_?_:_"
