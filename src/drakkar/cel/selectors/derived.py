"""Derived attributes: expressions whose value is that of an attribute (dra-semantics 3.15.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from drakkar.api.features import LIST_ATTRIBUTES
from drakkar.cel.cost.estimate import most_cost
from drakkar.cel.device import DeviceView
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.expression import Checked, made
from drakkar.cel.outcome import CompileError, Refusal
from drakkar.cel.remembered import Remembered
from drakkar.cel.run.interpreter import Interpreter, Plan
from drakkar.cel.selectors.answer import ask, environment_of
from drakkar.cel.settle.constants import Constants
from drakkar.cel.types import Type

_SCALARS: Final = frozenset(("bool", "int", "string", "dyn", "google.protobuf.Any", "kubernetes.Semver"))


def _allowed(type_: Type, lists: bool) -> bool:
    if type_.kind == "list" and lists:
        type_ = type_.params[0]
    return not type_.params and type_.name in _SCALARS


class Derived:
    """A compiled expression; `max_cost` is the most it may cost on any device, in upstream's units."""

    __slots__ = ("_plan", "expression", "max_cost")

    def __init__(self, expression: str, environment_: Environment, lists: bool) -> None:
        self.expression = expression
        tree = Checked(expression, environment_).tree
        if not _allowed(tree.type, lists):
            wanted = "must evaluate to a primitive scalar (string, integer, boolean, semver)"
            wanted += " or a list of these scalars" if lists else ""
            raise Refusal(f"{wanted}, not {tree.type}", 0, "result")
        self.max_cost: int = most_cost(tree, environment_)
        self._plan = Plan(tree, Constants(tree))

    def value(self, device: DeviceView) -> Any:
        """The value for a device, of whatever type it has at run time, or an EvalError."""
        return ask(Interpreter(self._plan), device)


_known: Remembered[Derived | CompileError] = Remembered()


def _derived(expression: str, features: frozenset[str] | None) -> Derived | CompileError:
    # In a stored expression lists are always allowed, so that an object stays good when the gate goes off.
    lists = features is None or LIST_ATTRIBUTES in features
    return _known.get(
        expression,
        features,
        lambda: made(
            lambda text, environment_: Derived(text, environment_, lists),
            expression,
            environment_of(features),
        ),
    )


def compile_derived(expression: str, features: Iterable[str] | None = None) -> Derived | CompileError:
    """Compile an expression, or say what is wrong with it; `features` are as for a selector."""
    return _derived(expression, None if features is None else frozenset(features))
