"""The expressions of one policy: its variables in their order, and what reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from drakkar.cel.environment.declarations import Environment, Structs
from drakkar.cel.objects.admission import Named, environment, kept
from drakkar.cel.objects.program import Program, compiled, program
from drakkar.cel.outcome import CompileError
from drakkar.cel.types import Type

Compiled = Program | CompileError


class Typed(NamedTuple):
    """What is known of the objects that a policy is about, and of its parameters; what is not known is anything."""

    object: Type | None
    params: Type | None
    structs: Structs

    def within(self, environment: Environment) -> Environment:
        """The environment with these types."""
        known = {"object": self.object, "oldObject": self.object, "params": self.params}
        variables = {name: known.get(name) or type_ for name, type_ in environment.variables.items()}
        return environment._replace(variables=variables, structs={**environment.structs, **self.structs})


class Composition:
    """Compiles what a policy says. A variable may be read by those that are added after it, and by all conditions."""

    def __init__(self, params: bool, composed: bool = True, typed: Typed | None = None) -> None:
        """With `params` there is something called so; what is not `composed` has no variables. `typed` says what is known
        of the objects, to be told what is wrong with expressions about them.
        """
        self._params = params
        self._typed = typed
        self._types: dict[str, Type] | None = {} if composed else None
        self.variables: dict[str, Compiled] = {}

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Composition:
        """That of a stored policy, with its variables."""
        made = cls(spec.get("paramKind") is not None)
        for variable in spec.get("variables") or ():
            made.add(variable["name"], variable["expression"])
        return made

    def add(self, name: str, expression: str) -> Compiled:
        """One more variable; of one that cannot be compiled nothing is known."""
        made = self.condition(expression)
        self.variables[name] = made
        if self._types is not None:
            self._types[name] = kept(made.type if isinstance(made, Program) else None)
        return made

    def condition(self, expression: str, wanted: Sequence[Type] = (), authorizer: bool = True) -> Compiled:
        """Anything else, whose value must have one of the wanted types, or any where none is."""
        found = environment(self._params, authorizer, self._named())
        if self._typed is None:
            return program(expression, found, wanted)
        return compiled(expression, self._typed.within(found), wanted)

    def change(self, expression: str, wanted: Type) -> Compiled:
        """What an object is to be changed to, or how; see `patch_types`."""
        return program(expression, environment(self._params, True, self._named(), True), (wanted,))

    def _named(self) -> Named | None:
        return None if self._types is None else tuple(self._types.items())


def said(error: CompileError) -> str:
    """Why an expression is refused, in upstream's words."""
    if error.kind in ("result", "constant"):
        return error.message
    return f"compilation failed: {error.pointed}"


def is_internal(error: CompileError) -> bool:
    """Whether upstream blames itself for the refusal."""
    return error.kind == "constant"
