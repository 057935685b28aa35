"""Finds the type of every part of an expression, and which overloads each call may mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from drakkar.cel import types
from drakkar.cel.check import hints
from drakkar.cel.check.effort import Effort, check_size
from drakkar.cel.check.ground import result_of
from drakkar.cel.check.unify import Bindings, apart, most_general
from drakkar.cel.environment.declarations import Environment, Overload, functions, overloads
from drakkar.cel.environment.patch_types import field_type, is_part, patch_type
from drakkar.cel.outcome import First, Refusal
from drakkar.cel.syntax.tree import (
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

_LITERALS: Final = {
    "bool": types.BOOL,
    "bytes": types.BYTES,
    "double": types.DOUBLE,
    "int": types.INT,
    "null": types.NULL,
    "string": types.STRING,
    "uint": types.UINT,
}


# The ids of the overloads that fit, and what they give.
_Choice = tuple[tuple[str, ...], Type]
# No name of a type or function has more parts.
_LONGEST_NAME: Final = 3


class _Checker:
    """One pass over one tree; goes on after an error, so that the first in the text is found."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._effort = Effort()
        self._bindings = Bindings(self._effort)
        self._locals: dict[str, list[Type]] = {}
        # Nodes of which more may come to be known.
        self._open: dict[Node, None] = {}
        self._lists: dict[Type, Type] = {}
        self._choices: dict[tuple[str, bool, tuple[Type, ...]], _Choice] = {}
        self._no_parts: set[Node] = set()
        self._first = First()
        self._hint: Callable[[], str] | None = None

    def whole(self, node: Node) -> None:
        self.check(node)
        known: dict[Type, Type] = {}
        for found in self._open:
            found.type = self._bindings.settled(found.type, known)
            check_size(found.type, found.at)
            if isinstance(found, Ident):
                # A variable that is a type is read as the type of the variable's name, as upstream does.
                found.names = found.name.removeprefix(".") if found.type.kind == "type" else ""
        if self._first.refusal is not None and self._hint is not None:
            self._first.refusal.hint = self._hint()
        self._first.tell()

    def _error(
        self, kind: str, at: int, message: Callable[[], str], hint: Callable[[], str] | None = None
    ) -> None:
        def made() -> Refusal:
            # What may have been meant takes time to find, and is asked for in the end.
            self._hint = hint
            return Refusal(message(), at, kind)

        self._first.note(at, made)

    def _mismatch(self, wanted: Type, found: Type, at: int) -> None:
        self._error("type", at, lambda: f"expected type '{wanted}' but found '{found}'")

    def _set(self, node: Node, type_: Type) -> Type:
        check_size(type_, node.at)
        node.type = type_
        if not type_.ground:
            self._open[node] = None
        return type_

    def check(self, node: Node) -> Type:
        """The type of a node, which is noted on it."""
        return _WAYS[type(node)](self, node)

    def _literal(self, node: Literal) -> Type:
        node.type = type_ = _LITERALS[node.kind]
        return type_

    # Names

    def _local(self, name: str) -> Type | None:
        found = self._locals.get(name)
        return found[-1] if found else None

    def _global(self, name: str) -> Type | None:
        found = self._environment.variables.get(name)
        return self._environment.type_named(name) if found is None else found

    def _ident(self, node: Ident) -> Type:
        found = None if node.name.startswith(".") else self._local(node.name)
        if found is None:
            found = self._global(node.name.removeprefix("."))
        if found is None:
            self._undeclared(node.name, node.at, self._names)
            found = ERROR
        node.names = node.name.removeprefix(".") if found.kind == "type" else ""
        return self._set(node, found)

    def _names(self) -> list[str]:
        variables = self._environment.variables
        return [
            *variables,
            *(name for name, scopes in self._locals.items() if scopes and name[0] not in "@#"),
        ]

    def _undeclared(self, name: str, at: int, known: Callable[[], Iterable[str]] | None = None) -> None:
        names: list[str] = []

        def message() -> str:
            # What is known here may be forgotten in the end.
            names.extend(known() if known else ())
            return f"undeclared reference to '{name}' (in container '')"

        self._error("undeclared", at, message, (lambda: hints.of_name(name, names)) if known else None)

    def qualified(self, node: Node) -> str | None:
        """`a.b.c` as one name, if it is one and its start is no variable of a macro."""
        name = self._prefix(node)
        if name is None or (not name.startswith(".") and self._local(name.partition(".")[0]) is not None):
            return None
        return name

    def _part_name(self, node: Node) -> str | None:
        """The name of a part of an object, which may have any number of parts itself."""
        if not self._environment.patches or node in self._no_parts:
            return None
        below: list[Select] = []
        while isinstance(node, Select) and not node.test:
            below.append(node)
            node = node.operand
        if isinstance(node, Ident) and is_part(node.name.removeprefix(".")):
            return ".".join((node.name, *(one.field for one in reversed(below))))
        # Of what begins with something else no part is looked at again.
        self._no_parts.update(below)
        return None

    # Fields

    def _select(self, node: Select) -> Type:
        name = None if node.test else self.qualified(node) or self._part_name(node)
        found = self._global(name.removeprefix(".")) if name is not None else None
        if found is not None and name is not None:
            node.names = name.removeprefix(".")
            return self._set(node, found)
        found = self._field(node, node.operand, node.field, False)
        return self._set(node, types.BOOL if node.test else self._bindings.resolved(found))

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
                self._error("type", node.at, lambda: f"type '{target}' does not support field selection")
            result = DYN
        return optional_of(result) if through or optional else result

    def _field_of(self, target: Type, field: str, at: int) -> Type:
        if target == types.DEVICE:
            known = self._environment.fields.get(field)
            if known is not None:
                return known.type
            fields = self._environment.fields
            self._undefined(field, at, lambda: hints.of_device_field(field, fields))
            return ERROR
        if self._environment.patches and patch_type(target.name) is not None:
            found = field_type(target, field)
            if found is None:
                self._error("field", at, lambda: f"undefined field '{field}'")
            return found or ERROR
        struct = self._environment.structs.get(target.name)
        if struct is None:
            self._error("type", at, lambda: f"unexpected failed resolution of '{target.name}'")
            return ERROR
        if field not in struct:
            self._undefined(field, at, lambda: hints.of_field(field, struct))
        return struct.get(field, ERROR)

    def _undefined(self, field: str, at: int, hint: Callable[[], str]) -> None:
        self._error("field", at, lambda: f"undefined field '{field}'", hint)

    # Calls

    def _call(self, node: Call) -> Type:
        if node.function == "_?._":
            operand, field = node.args
            self.check(field)
            assert isinstance(field, Literal)
            found = self._field(node, operand, str(field.value), True)
            node.overloads = ("select_optional_field",)
            return self._set(node, self._bindings.resolved(found))
        for arg in node.args:
            self.check(arg)
        if node.target is not None:
            prefix = self._prefix(node.target)
            name = "" if prefix is None else f"{prefix}.{node.function}".removeprefix(".")
            if name and self._environment.offers(name):
                node.function, node.target = name, None
            else:
                self.check(node.target)
        return self._set(node, self._resolve(node))

    @staticmethod
    def _prefix(node: Node) -> str | None:
        """`a.b.c` as one name, unless it has more parts than any that is known."""
        if isinstance(node, Ident):
            return node.name
        names: list[str] = []
        while isinstance(node, Select) and not node.test and len(names) < _LONGEST_NAME:
            names.append(node.field)
            node = node.operand
        return ".".join((node.name, *reversed(names))) if isinstance(node, Ident) else None

    def _resolve(self, node: Call) -> Type:
        name = node.function.removeprefix(".")
        if not self._environment.offers(name):
            self._undeclared(node.function, node.at, functions)
            return ERROR
        node.function = name
        if name in ("_&&_", "_||_"):
            return self._logic(node)
        given = tuple([part.type for part in node.operands])
        call = (name, node.target is not None, given)
        node.overloads, result = self._choices.get(call) or self._chosen(*call)
        if not node.overloads:
            self._error_of_call(node, given)
        return result

    def _logic(self, node: Call) -> Type:
        fine = True
        for arg in node.args:
            if not self._bindings.fits(arg.type, types.BOOL):
                self._mismatch(types.BOOL, arg.type, arg.at)
                fine = False
        node.overloads = ("logical_and" if node.function == "_&&_" else "logical_or",)
        return types.BOOL if fine else ERROR

    def _chosen(self, function: str, member: bool, given: tuple[Type, ...]) -> _Choice:
        """The overloads that fit, if any, and what they give; remembered where it will always be the same."""
        ground = all([type_.ground for type_ in given])
        result: Type | None = None
        chosen: list[str] = []
        for overload in overloads(function, member, len(given)):
            found = result_of(overload, given, self._effort) if ground else self._result_of(overload, given)
            if found is None:
                continue
            if ground and not found.ground:
                found = self._result_of(overload, given)
            chosen.append(overload.id)
            if result is None:
                result = found
            elif not is_dyn(result) and found != result:
                result = DYN
        choice = (tuple(chosen), result or ERROR)
        if ground and choice[1].ground:
            self._choices[function, member, given] = choice
        return choice

    def _result_of(self, overload: Overload, given: tuple[Type, ...]) -> Type | None:
        """What an overload gives for operands of which more may come to be known; None where it does not take them."""
        if any(map(apart, given, overload.params)):
            return None
        params, gives = self._bindings.instance(overload)
        return self._bindings.resolved(gives) if self._bindings.all_fit(given, params) else None

    def _error_of_call(self, node: Call, given: tuple[Type, ...]) -> None:
        settled: list[Type] = []

        def message() -> str:
            settled.extend(self._bindings.settled(type_, {}) for type_ in given)
            shown = list(map(str, settled))
            target = "" if node.target is None else f"{shown.pop(0)}."
            signature = f"{target}({', '.join(shown)})"
            return f"found no matching overload for '{node.function}' applied to '{signature}'"

        self._error("overload", node.at, message, lambda: hints.of_call(node.function, settled))

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
            self._error(
                "type", node.at, lambda: f"expected type '{optional_of(inside)}' but found '{inside}'"
            )
        return inside

    def _list(self, node: ListLiteral) -> Type:
        element: Type | None = None
        for index, item in enumerate(node.items):
            type_ = self.check(item)
            if index in node.optional:
                type_ = self._optional(item, type_)
            element = type_ if element is type_ else self._join(element, type_)
        element = element or self._bindings.fresh()
        return self._set(node, self._lists.get(element) or self._lists.setdefault(element, list_of(element)))

    def _map(self, node: MapLiteral) -> Type:
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
        return self._set(node, map_of(key, value))

    def _message(self, node: Message) -> Type:
        name = node.name.removeprefix(".")
        made = patch_type(name) if self._environment.patches else None
        if made is None:
            if self._environment.type_named(name) is None:
                self._undeclared(node.name, node.at)
            else:
                self._error("type", node.at, lambda: f"'{name}' is not a message type")
            made = ERROR
        for field, value, optional, at in node.fields:
            given = self.check(value)
            if optional:
                given = self._optional(value, given)
            if made is not ERROR:
                self._initialized(made, field, given, at)
        return self._set(node, made)

    def _initialized(self, made: Type, field: str, given: Type, at: int) -> None:
        wanted = field_type(made, field)
        if wanted is None:
            self._error("field", at, lambda: f"undefined field '{field}'")
        elif not self._bindings.fits(given, wanted):
            said = f"expected type of field '{field}' is '{wanted}' but provided type is"
            self._error("type", at, lambda: f"{said} '{self._bindings.resolved(given)}'")

    # Macros

    def _fold(self, node: Fold) -> Type:
        over = self.check(node.over)
        accu = self.check(node.start)
        over = self._bindings.resolved(over)
        first, second = self._elements(node, over)
        variables = [(node.accu, accu), (node.var, first)]
        if node.var2 is not None:
            variables.append((node.var2, second))
        for name, type_ in variables:
            self._locals.setdefault(name, []).append(type_)
        self._assert(node.condition, types.BOOL)
        self._assert(node.step, accu)
        for name, _ in variables[1:]:
            self._locals[name].pop()
        result = self.check(node.result)
        self._locals[node.accu].pop()
        return self._set(node, self._bindings.resolved(result))

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
        said = "cannot be range of a comprehension (must be list, map, or dynamic)"
        self._error("type", node.over.at, lambda: f"expression of type '{over}' {said}")
        return ERROR, ERROR

    def _assert(self, node: Node, type_: Type) -> None:
        found = self.check(node)
        if not self._bindings.fits(type_, found):
            self._mismatch(type_, found, node.at)


_WAYS: Final[Mapping[type[Node], Callable[[_Checker, Any], Type]]] = {
    Literal: _Checker._literal,
    Ident: _Checker._ident,
    Select: _Checker._select,
    Call: _Checker._call,
    ListLiteral: _Checker._list,
    MapLiteral: _Checker._map,
    Message: _Checker._message,
    Fold: _Checker._fold,
}


def check(node: Node, environment: Environment) -> None:
    """Note types and overloads on the tree; Refusal with the first error in the text."""
    _Checker(environment).whole(node)
