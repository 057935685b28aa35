"""The expressions of one policy: its variables in their order, and what reads them."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.cel.objects.admission import environment, kept
from drakkar.cel.objects.program import Program, program
from drakkar.cel.outcome import CompileError
from drakkar.cel.types import Type

Compiled = Program | CompileError


class Composition:
    """Compiles what a policy says. A variable may be read by those that are added after it, and by all conditions."""

    def __init__(self, params: bool, composed: bool = True) -> None:
        """With `params` there is something called so; what is not `composed` has no variables."""
        self._params = params
        self._types: dict[str, Type] | None = {} if composed else None
        self.variables: dict[str, Compiled] = {}

    def add(self, name: str, expression: str) -> Compiled:
        """One more variable; of one that cannot be compiled nothing is known."""
        made = self.condition(expression)
        self.variables[name] = made
        if self._types is not None:
            self._types[name] = kept(made.type if isinstance(made, Program) else None)
        return made

    def condition(self, expression: str, wanted: Sequence[Type] = (), authorizer: bool = True) -> Compiled:
        """Anything else, whose value must have one of the wanted types, or any where none is."""
        named = None if self._types is None else tuple(self._types.items())
        return program(expression, environment(self._params, authorizer, named), wanted)


def said(error: CompileError) -> str:
    """Why an expression is refused, in upstream's words."""
    if error.kind in ("result", "constant"):
        return error.message
    return f"compilation failed: {error.pointed}"


def is_internal(error: CompileError) -> bool:
    """Whether upstream blames itself for the refusal."""
    return error.kind == "constant"
