"""Device selectors: compiled once, then asked of one device after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES
from drakkar.cel.compiler.source import compiled
from drakkar.cel.cost.estimate import most_cost
from drakkar.cel.depth import deeply
from drakkar.cel.device import DeviceView
from drakkar.cel.environment.declarations import Environment, environment
from drakkar.cel.expression import Checked, made, planned
from drakkar.cel.outcome import CompileError, EvalError, Refusal, TooHard
from drakkar.cel.remembered import Remembered
from drakkar.cel.run.interpreter import Interpreter, Plan
from drakkar.cel.selectors.answer import ask
from drakkar.cel.selectors.projection import Path, Projection, paths, projection
from drakkar.cel.settle.constants import Constants
from drakkar.cel.values import COST_LIMIT, Optional, type_name

# Longer expressions are compiled to Python when they are first asked.
_LONG: Final = 2048
# How much longer a unit of cost takes where no Python was written for the expression.
_INTERPRETED: Final = 4


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
        checked = Checked(expression, environment_)
        tree = checked.tree
        if tree.type.kind != "bool" and tree.type != environment_.value:
            raise Refusal(f"must evaluate to bool or the unknown type, not {tree.type}", 0, "result")
        constants = Constants(tree)
        self.max_cost: int = most_cost(tree, environment_)
        self._kept: Plan | None = Plan(tree, constants)
        self.matches = self._exactly
        self.matches_all = self._all_exactly
        if self.max_cost > COST_LIMIT:
            return
        if len(expression) > _LONG:
            # Half of the time would go into what a server that only checks it never needs.
            self._kept = None
            self.matches, self.matches_all = self._first, self._first_all
        else:
            self._write(self._kept)

    def _write(self, plan: Plan) -> None:
        """Go over to the compiled form, if there is one."""
        try:
            self.matches, self.matches_all = compiled(plan.tree, plan.constants, self._exactly)
            self._kept = None
        except TooHard:
            self.matches, self.matches_all = self._exactly, self._all_exactly

    def _write_late(self) -> None:
        # Whoever kept the first `matches` comes here again.
        if self.matches != self._first:
            return
        try:
            deeply(lambda: self._write(self._plan()))
        except RecursionError:
            self.matches, self.matches_all = self._exactly, self._all_exactly

    def _first(self, device: DeviceView) -> bool | EvalError:
        self._write_late()
        return self.matches(device)

    def _first_all(self, devices: Iterable[DeviceView]) -> list[bool | EvalError]:
        self._write_late()
        return self.matches_all(devices)

    def _plan(self) -> Plan:
        if self._kept is None:
            self._kept = deeply(lambda: planned(self.expression, self._environment))
        return self._kept

    @property
    def effort(self) -> int:
        """What asking a device takes at most, in units of what a compiled expression costs."""
        interpreted = self.matches == self._exactly
        return min(self.max_cost, COST_LIMIT) * (_INTERPRETED if interpreted else 1)

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
        answer = ask(Interpreter(self._plan()), device)
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
        ask(interpreter, device)
        return interpreter.spent


_known: Remembered[Selector | CompileError] = Remembered()


def _selector(expression: str, multiple: bool, lists: bool) -> Selector | CompileError:
    return _known.get(
        expression, (multiple, lists), lambda: made(Selector, expression, environment(multiple, lists))
    )


def compile_selector(expression: str, features: Iterable[str] | None = None) -> Selector | CompileError:
    """Compile an expression, or say what is wrong with it.

    Without `features` the expression is taken as stored and everything is allowed; with them it is new, and what a gate
    that is off would bring is unknown (KEP 5075, KEP 5491).
    """
    if features is None:
        return _selector(expression, True, True)
    on = frozenset(features)
    return _selector(expression, CONSUMABLE_CAPACITY in on, LIST_ATTRIBUTES in on)
