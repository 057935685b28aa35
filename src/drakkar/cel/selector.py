"""Device selectors: compiled once, then asked of one device after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES
from drakkar.cel.certainty import settle
from drakkar.cel.checker import check
from drakkar.cel.compiler import compiled
from drakkar.cel.constants import Constants
from drakkar.cel.cost import most_cost
from drakkar.cel.declarations import Environment, environment
from drakkar.cel.depth import deeply, roomily
from drakkar.cel.device import DeviceView
from drakkar.cel.hints import of_missing
from drakkar.cel.interpreter import Interpreter, Plan
from drakkar.cel.literals import check_literals
from drakkar.cel.outcome import CompileError, EvalError, Fault, LimitExceeded, Panic, Refusal, TooHard
from drakkar.cel.parser import parse
from drakkar.cel.projection import Path, Projection, paths, projection
from drakkar.cel.syntax import Node
from drakkar.cel.values import COST_LIMIT, Optional, type_name

_KEPT: Final = 4096
# With fewer brackets no expression nests too deep for Python's own limit.
_NESTED: Final = 40
_Given = TypeVar("_Given")


class _Checked:
    """An expression with its types."""

    def __init__(self, expression: str, environment_: Environment) -> None:
        self.tree: Node = parse(expression)
        check(self.tree, environment_)
        check_literals(self.tree)
        settle(self.tree)


class Selector:
    """A compiled expression; asking it changes nothing that shows.

    `max_cost` is the most it may cost on any device, in upstream's units. Where that is within the limit nothing is counted
    when a device is asked, else everything is. The tree of an expression is only kept while it is needed: a process may know
    thousands of selectors, few of which ever have to be run exactly.
    """

    __slots__ = (
        *("_environment", "_kept", "_paths", "_projection"),
        *("expression", "matches", "matches_all", "max_cost"),
    )

    matches: Callable[[DeviceView], bool | EvalError]
    matches_all: Callable[[Iterable[DeviceView]], list[bool | EvalError]]

    def __init__(self, expression: str, environment_: Environment) -> None:
        self.expression = expression
        self._environment = environment_
        self._paths: tuple[Path, ...] | None = None
        self._projection: Projection | None = None
        checked = _Checked(expression, environment_)
        tree = checked.tree
        if tree.type.kind != "bool" and tree.type != environment_.value:
            raise Refusal(f"must evaluate to bool or the unknown type, not {tree.type}", 0, "result")
        constants = Constants(tree)
        self.max_cost: int = most_cost(tree, environment_)
        self._kept: Plan | None = Plan(tree, constants)
        self.matches = self._exactly
        self.matches_all = self._all_exactly
        if self.max_cost <= COST_LIMIT:
            try:
                self.matches, self.matches_all = compiled(tree, constants, self._exactly)
                self._kept = None
            except TooHard:
                pass

    def _plan(self) -> Plan:
        if self._kept is None:
            self._kept = deeply(lambda: _planned(self.expression, self._environment))
        return self._kept

    @property
    def paths(self) -> tuple[Path, ...]:
        """The ways from the device that the expression takes, such as `("attributes", "gpu.example.com", "model")`."""
        if self._paths is None:
            self._paths = deeply(lambda: paths(self._plan().tree))
        return self._paths

    @property
    def projection(self) -> Projection:
        """What of a device decides the answer: two devices with the same of it are answered the same."""
        if self._projection is None:
            self._projection = deeply(lambda: projection(self._plan().tree))
        return self._projection

    def _all_exactly(self, devices: Iterable[DeviceView]) -> list[bool | EvalError]:
        return list(map(self._exactly, devices))

    def _exactly(self, device: DeviceView) -> bool | EvalError:
        """Whether the device is selected, or why that has no answer."""
        answer = _run(Interpreter(self._plan()), device)
        # Upstream looks into an optional for the answer.
        while type(answer) is Optional and answer.present:
            answer = answer.value
        if answer is True or answer is False or isinstance(answer, EvalError):
            return answer
        said = f"CEL result of type {type_name(answer)} could not be converted to bool"
        return EvalError(f"{said}: optional.none() dereference" if type(answer) is Optional else said)

    def cost(self, device: DeviceView) -> int:
        """What asking this device costs, as far as it gets, in upstream's units."""
        interpreter = Interpreter(self._plan())
        _run(interpreter, device)
        return interpreter.spent


def _planned(expression: str, environment_: Environment) -> Plan:
    tree = _Checked(expression, environment_).tree
    return Plan(tree, Constants(tree))


def _run(interpreter: Interpreter, device: DeviceView) -> Any:
    if device.broken is not None:
        return EvalError(device.broken)
    try:
        return deeply(lambda: interpreter.run(device))
    except (Fault, Panic) as fault:
        return EvalError(str(fault), of_missing(str(fault), device))
    except LimitExceeded:
        return EvalError("operation cancelled: actual cost limit exceeded")


def _environment(features: Iterable[str] | None) -> Environment:
    if features is None:
        return environment()
    on = frozenset(features)
    return environment(CONSUMABLE_CAPACITY in on, LIST_ATTRIBUTES in on)


def _made(
    make: Callable[[str, Environment], _Given], expression: str, environment_: Environment
) -> _Given | CompileError:
    nested = sum(map(expression.count, "([{")) > _NESTED
    try:
        return deeply(lambda: roomily(lambda: make(expression, environment_)), nested)
    except Refusal as refusal:
        # Its traceback holds all that was made of the expression, and would in turn be held by it.
        refusal.__traceback__ = None
        return refusal.error(expression)
    except RecursionError:
        return CompileError("the expression is nested too deeply")


@functools.lru_cache(maxsize=_KEPT)
def _selector(expression: str, multiple: bool, lists: bool) -> Selector | CompileError:
    return _made(Selector, expression, environment(multiple, lists))


def compile_selector(expression: str, features: Iterable[str] | None = None) -> Selector | CompileError:
    """Compile an expression, or say what is wrong with it.

    Without `features` the expression is taken as stored and everything is allowed; with them it is new, and what a gate
    that is off would bring is unknown (KEP 5075, KEP 5491).
    """
    if features is None:
        return _selector(expression, True, True)
    on = frozenset(features)
    return _selector(expression, CONSUMABLE_CAPACITY in on, LIST_ATTRIBUTES in on)


def evaluate(expression: str, view: DeviceView, features: Iterable[str] | None = None) -> Any:
    """The value of an expression of any type for one device, an EvalError, or a CompileError."""
    checked = _made(_Checked, expression, _environment(features))
    if isinstance(checked, CompileError):
        return checked
    try:
        constants = Constants(checked.tree)
    except Refusal as refusal:
        return refusal.error(expression)
    return _run(Interpreter(Plan(checked.tree, constants)), view)
