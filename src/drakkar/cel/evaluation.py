"""An expression from its text to a value, for any type of value: checked, then run exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES
from drakkar.cel.check.checker import check
from drakkar.cel.check.hints import of_missing
from drakkar.cel.depth import deeply, roomily
from drakkar.cel.device import DeviceView
from drakkar.cel.environment.declarations import Environment, environment
from drakkar.cel.outcome import CompileError, EvalError, Fault, LimitExceeded, Panic, Refusal
from drakkar.cel.run.interpreter import Interpreter, Plan
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
        self.tree: Node = parse(expression)
        check(self.tree, environment_)
        check_literals(self.tree)
        settle(self.tree)


def planned(expression: str, environment_: Environment) -> Plan:
    """What the interpreter needs to run an expression; Refusal for one that is none."""
    tree = Checked(expression, environment_).tree
    return Plan(tree, Constants(tree))


def run(interpreter: Interpreter, device: DeviceView) -> Any:
    """The value for a device, or the EvalError that it ends in."""
    if device.broken is not None:
        return EvalError(device.broken)
    try:
        return deeply(lambda: interpreter.run(device))
    except (Fault, Panic) as fault:
        return EvalError(str(fault), of_missing(str(fault), device))
    except LimitExceeded:
        return EvalError("operation cancelled: actual cost limit exceeded")


def environment_of(features: Iterable[str] | None) -> Environment:
    """What an expression may name: everything if it is stored, else what the gates allow."""
    if features is None:
        return environment()
    on = frozenset(features)
    return environment(CONSUMABLE_CAPACITY in on, LIST_ATTRIBUTES in on)


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


def evaluate(expression: str, view: DeviceView, features: Iterable[str] | None = None) -> Any:
    """The value of an expression of any type for one device, an EvalError, or a CompileError."""
    checked = made(Checked, expression, environment_of(features))
    if isinstance(checked, CompileError):
        return checked
    try:
        constants = Constants(checked.tree)
    except Refusal as refusal:
        return refusal.error(expression)
    return run(Interpreter(Plan(checked.tree, constants)), view)
