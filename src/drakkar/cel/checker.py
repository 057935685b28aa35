"""Finds the type of every part of an expression, and which overloads each call may mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from drakkar.cel import hints, types
from drakkar.cel.declarations import TYPE_NAMES, Environment, Overload, functions
from drakkar.cel.outcome import Refusal
from drakkar.cel.syntax import (
    Call,
    Fold,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
)
from drakkar.cel.types import DYN, ERROR, Type, is_dyn, list_of, map_of, optional_of, unwrapped
from drakkar.cel.unify import Bindings, most_general

_LITERALS: Final = {
    "bool": types.BOOL,
    "bytes": types.BYTES,
    "double": types.DOUBLE,
    "int": types.INT,
    "null": types.NULL,
    "string": types.STRING,
    "uint": types.UINT,
}


class _Checker:
    """One pass over one tree; goes on after an error, so that the first in the text is found."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._bindings = Bindings()
        self._scopes: list[dict[str, Type]] = []
        self._nodes: dict[Node, None] = {}
        self.errors: list[Refusal] = []

    def whole(self, node: Node) -> None:
        self.check(node)
        known: dict[Type, Type] = {}
        for found in self._nodes:
            found.type = self._bindings.settled(found.type, known)
            if isinstance(found, Ident):
                # A variable that is a type is read as the type of the variable's name, as upstream does.
                found.names = found.name.removeprefix(".") if found.type.kind == "type" else ""

    def _error(self, kind: str, message: str, at: int, hint: str = "") -> None:
        self.errors.append(Refusal(message, at, kind, hint))

    def _set(self, node: Node, type_: Type) -> None:
        node.type = type_
        self._nodes[node] = None

    def check(self, node: Node) -> Type:
        """The type of a node, which is noted on it."""
        match node:
            case Literal():
                self._set(node, _LITERALS[node.kind])
            case Ident():
                self._ident(node)
            case Select():
                self._select(node)
            case Call():
                self._call(node)
            case ListLiteral():
                self._list(node)
            case MapLiteral():
                self._map(node)
            case Message():
                self._message(node)
            case Fold():
                self._fold(node)
        return node.type

    # Names

    def _local(self, name: str) -> Type | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def _global(self, name: str) -> Type | None:
        return types.DEVICE if name == "device" else TYPE_NAMES.get(name)

    def _ident(self, node: Ident) -> None:
        found = None if node.name.startswith(".") else self._local(node.name)
        if found is None:
            found = self._global(node.name.removeprefix("."))
        if found is None:
            self._undeclared(node.name, node.at, ("device", *self._names()))
            found = ERROR
        self._set(node, found)

    def _names(self) -> set[str]:
        return {name for scope in self._scopes for name in scope if name[0] not in "@#"}

    def _undeclared(self, name: str, at: int, known: Iterable[str]) -> None:
        message = f"undeclared reference to '{name}' (in container '')"
        self._error("undeclared", message, at, hints.of_name(name, known))

    def qualified(self, node: Node) -> str | None:
        """`a.b.c` as one name, if it is one and its start is no variable of a macro."""
        name = self._prefix(node)
        if name is None or (not name.startswith(".") and self._local(name.partition(".")[0]) is not None):
            return None
        return name

    # Fields

    def _select(self, node: Select) -> None:
        name = None if node.test else self.qualified(node)
        found = self._global(name.removeprefix(".")) if name is not None else None
        if found is not None:
            node.names = name.removeprefix(".") if name is not None and found.kind == "type" else ""
            self._set(node, found)
            return
        found = self._field(node, node.operand, node.field, False)
        self._set(node, types.BOOL if node.test else self._bindings.resolved(found))

    def _field(self, node: Node, operand: Node, field: str, optional: bool) -> Type:
        target, through = unwrapped(self._bindings.resolved(self.check(operand)))
        result = ERROR
        if target.kind == "map":
            result = target.params[1]
        elif target.kind == "struct":
            result = self._field_of(target, field, node.at)
        elif target.kind == "param":
            self._bindings.fits(DYN, target)
            result = DYN
        else:
            if not is_dyn(target) and target.kind != "error":
                self._error("type", f"type '{target}' does not support field selection", node.at)
            result = DYN
        return optional_of(result) if through or optional else result

    def _field_of(self, target: Type, field: str, at: int) -> Type:
        if target == types.DEVICE:
            known = self._environment.fields.get(field)
            if known is not None:
                return known.type
        else:
            self._error("type", f"unexpected failed resolution of '{target.name}'", at)
            return ERROR
        hint = hints.of_field(field, self._environment.fields)
        self._error("field", f"undefined field '{field}'", at, hint)
        return ERROR

    # Calls

    def _call(self, node: Call) -> None:
        if node.function == "_?._":
            operand, field = node.args
            self.check(field)
            assert isinstance(field, Literal)
            found = self._field(node, operand, str(field.value), True)
            self._set(node, self._bindings.resolved(found))
            node.overloads = ("select_optional_field",)
            return
        for arg in node.args:
            self.check(arg)
        if node.target is not None:
            prefix = self._prefix(node.target)
            name = f"{prefix}.{node.function}" if prefix is not None else ""
            if name.removeprefix(".") in functions():
                node.function, node.target = name.removeprefix("."), None
                self._resolve(node)
                return
            self.check(node.target)
        self._resolve(node)

    @staticmethod
    def _prefix(node: Node) -> str | None:
        names: list[str] = []
        while isinstance(node, Select) and not node.test:
            names.append(node.field)
            node = node.operand
        return ".".join((node.name, *reversed(names))) if isinstance(node, Ident) else None

    def _resolve(self, node: Call) -> None:
        name = node.function.removeprefix(".")
        overloads = functions().get(name)
        if overloads is None or name in self._environment.hidden:
            self._undeclared(node.function, node.at, functions())
            self._set(node, ERROR)
            return
        node.function = name
        if name in ("_&&_", "_||_"):
            self._logic(node, overloads[0])
            return
        self._overloads(node, overloads)

    def _logic(self, node: Call, overload: Overload) -> None:
        fine = True
        for arg in node.args:
            if not self._bindings.fits(arg.type, types.BOOL):
                self._error("type", f"expected type 'bool' but found '{arg.type}'", arg.at)
                fine = False
        node.overloads = (overload.id,)
        self._set(node, types.BOOL if fine else ERROR)

    def _overloads(self, node: Call, overloads: tuple[Overload, ...]) -> None:
        given = tuple(part.type for part in node.operands)
        result: Type | None = None
        chosen: list[str] = []
        for overload in overloads:
            if overload.member is (node.target is None):
                continue
            params, gives = self._bindings.instance(overload)
            if not self._bindings.all_fit(given, params):
                continue
            chosen.append(overload.id)
            found = self._bindings.resolved(gives)
            if result is None:
                result = found
            elif not is_dyn(result) and found != result:
                result = DYN
        if result is None:
            settled = [self._bindings.settled(type_, {}) for type_ in given]
            shown = list(map(str, settled))
            target = "" if node.target is None else f"{shown.pop(0)}."
            signature = f"{target}({', '.join(shown)})"
            message = f"found no matching overload for '{node.function}' applied to '{signature}'"
            self._error("overload", message, node.at, hints.of_call(node.function, settled))
            self._set(node, ERROR)
            return
        node.overloads = tuple(chosen)
        self._set(node, result)

    # Literals of several parts

    def _join(self, before: Type | None, now: Type) -> Type:
        if before is None:
            return now
        if self._bindings.fits(before, now):
            return most_general(before, now)
        # Lists and maps of several types are refused later, when what may not be refused is known.
        return DYN

    def _optional(self, node: Node, type_: Type) -> Type:
        inside, was = unwrapped(type_)
        if not was and not is_dyn(inside):
            self._error("type", f"expected type '{optional_of(inside)}' but found '{inside}'", node.at)
        return inside

    def _list(self, node: ListLiteral) -> None:
        element: Type | None = None
        for index, item in enumerate(node.items):
            type_ = self.check(item)
            if index in node.optional:
                type_ = self._optional(item, type_)
            element = self._join(element, type_)
        self._set(node, list_of(element or self._bindings.fresh()))

    def _map(self, node: MapLiteral) -> None:
        key: Type | None = None
        value: Type | None = None
        for entry in node.entries:
            key = self._join(key, self.check(entry.key))
            type_ = self.check(entry.value)
            if entry.optional:
                type_ = self._optional(entry.value, type_)
            value = self._join(value, type_)
        if key is None or value is None:
            key, value = self._bindings.fresh(), self._bindings.fresh()
        self._set(node, map_of(key, value))

    def _message(self, node: Message) -> None:
        # No message type has a use in a selector: what is known by name is a type, and no message.
        name = node.name.removeprefix(".")
        if self._global(name) is None:
            self._error("undeclared", f"undeclared reference to '{node.name}' (in container '')", node.at)
        else:
            self._error("type", f"'{name}' is not a message type", node.at)
        for _, value, _, _ in node.fields:
            self.check(value)
        self._set(node, ERROR)

    # Macros

    def _fold(self, node: Fold) -> None:
        over = self.check(node.over)
        accu = self.check(node.start)
        over = self._bindings.resolved(over)
        first, second = self._elements(node, over)
        self._scopes.append({node.accu: accu})
        loop = {node.var: first}
        if node.var2 is not None:
            loop = {node.var: first, node.var2: second}
        self._scopes.append(loop)
        self._assert(node.condition, types.BOOL)
        self._assert(node.step, accu)
        self._scopes.pop()
        self.check(node.result)
        self._scopes.pop()
        self._set(node, self._bindings.resolved(node.result.type))

    def _elements(self, node: Fold, over: Type) -> tuple[Type, Type]:
        """The types of one or two variables of a loop."""
        if over.kind == "list":
            element = over.params[0]
            return (element, DYN) if node.var2 is None else (types.INT, element)
        if over.kind == "map":
            return over.params[0], over.params[1]
        if over.kind in ("dyn", "error", "param"):
            self._bindings.fits(DYN, over)
            return DYN, DYN
        self._error(
            "type",
            f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)",
            node.over.at,
        )
        return ERROR, ERROR

    def _assert(self, node: Node, type_: Type) -> None:
        self.check(node)
        if not self._bindings.fits(type_, node.type):
            self._error("type", f"expected type '{type_}' but found '{node.type}'", node.at)


def check(node: Node, environment: Environment) -> None:
    """Note types and overloads on the tree; Refusal with the first error in the text."""
    checker = _Checker(environment)
    checker.whole(node)
    if checker.errors:
        raise min(checker.errors, key=lambda error: error.position)
