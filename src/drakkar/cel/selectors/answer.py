"""What an expression comes to for a device, run exactly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES
from drakkar.cel.depth import deeply
from drakkar.cel.device import DeviceView
from drakkar.cel.environment.declarations import Environment, environment
from drakkar.cel.expression import Checked, made
from drakkar.cel.outcome import CompileError, EvalError, Fault, LimitExceeded, Panic, Refusal
from drakkar.cel.run.interpreter import Interpreter, Plan, Variables
from drakkar.cel.selectors.missing import hint_of_missing
from drakkar.cel.settle.constants import Constants
from drakkar.cel.values import DeviceMap, DomainMap


def _as_map(device: DeviceView) -> dict[str, Any]:
    return {
        "driver": device.driver,
        "attributes": DomainMap(device.attributes),
        "capacity": DomainMap(device.capacity),
        "allowMultipleAllocations": device.allow_multiple_allocations,
    }


def _variables(device: DeviceView) -> Variables:
    fields = _as_map(device)
    # Each reading makes another map.
    return lambda _: DeviceMap(fields)


def ask(interpreter: Interpreter, device: DeviceView) -> Any:
    """The value for a device, or the EvalError that it ends in."""
    if device.broken is not None:
        return EvalError(device.broken)
    try:
        return deeply(lambda: interpreter.run(_variables(device)))
    except (Fault, Panic) as fault:
        return EvalError(str(fault), hint_of_missing(str(fault), device))
    except LimitExceeded:
        return EvalError("operation cancelled: actual cost limit exceeded")


def environment_of(features: Iterable[str] | None) -> Environment:
    """What an expression may name: everything if it is stored, else what the gates allow."""
    if features is None:
        return environment()
    on = frozenset(features)
    return environment(CONSUMABLE_CAPACITY in on, LIST_ATTRIBUTES in on)


def evaluate(expression: str, view: DeviceView, features: Iterable[str] | None = None) -> Any:
    """The value of an expression of any type for one device, an EvalError, or a CompileError."""
    checked = made(Checked, expression, environment_of(features))
    if isinstance(checked, CompileError):
        return checked
    try:
        constants = Constants(checked.tree)
    except Refusal as refusal:
        return refusal.error(expression)
    return ask(Interpreter(Plan(checked.tree, constants)), view)
