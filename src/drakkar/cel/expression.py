"""An expression from its text to what can be run, whatever it is about and whatever type its value has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from drakkar.cel.check.checker import check
from drakkar.cel.depth import deeply, roomily
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.outcome import CompileError, Refusal
from drakkar.cel.run.interpreter import Plan
from drakkar.cel.settle.certainty import settle
from drakkar.cel.settle.constants import Constants
from drakkar.cel.settle.literals import check_literals
from drakkar.cel.syntax.parser import parse
from drakkar.cel.syntax.tree import Node

# With fewer brackets no expression nests too deep for Python's own limit.
_NESTED: Final = 40
Given = TypeVar("Given")


class Checked:
    """An expression with its types."""

    def __init__(self, expression: str, environment_: Environment) -> None:
        self.tree: Node = parse(expression, environment_.longest, environment_.bindings)
        check(self.tree, environment_)
        check_literals(self.tree)
        settle(self.tree)


def planned(expression: str, environment_: Environment) -> Plan:
    """What the interpreter needs to run an expression; Refusal for one that is none."""
    tree = Checked(expression, environment_).tree
    return Plan(tree, Constants(tree))


def made(
    make: Callable[[str, Environment], Given], expression: str, environment_: Environment
) -> Given | CompileError:
    """What is made of an expression, however deep it is nested, or why it cannot be."""
    nested = sum(map(expression.count, "([{")) > _NESTED
    try:
        return deeply(lambda: roomily(lambda: make(expression, environment_)), nested)
    except Refusal as refusal:
        # Its traceback holds all that was made of the expression, and would in turn be held by it.
        refusal.__traceback__ = None
        return refusal.error(expression)
    except RecursionError:
        return CompileError("the expression is nested too deeply")
