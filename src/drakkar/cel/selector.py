"""Device selectors: compiled once, then asked of one device after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, Final

from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES
from drakkar.cel.compiler import Compiler
from drakkar.cel.device import DeviceView
from drakkar.cel.outcome import CompileError, EvalError, Fault, LimitExceeded, Refusal
from drakkar.cel.parser import parse
from drakkar.cel.syntax import Node
from drakkar.cel.values import Budget

_KEPT: Final = 4096
_Function = Callable[[DeviceView, Budget], Any]


class Selector:
    """A compiled expression; asking it changes nothing that shows."""

    __slots__ = ("_careful", "_fast", "_hidden", "_tree", "expression")

    def __init__(self, expression: str, hidden: frozenset[str]) -> None:
        self.expression = expression
        self._tree = parse(expression)
        self._hidden = hidden
        self._fast = _compiled(self._tree, hidden, careful=False)
        self._careful: _Function | None = None

    def matches(self, device: DeviceView) -> bool | EvalError:
        """Whether the device is selected, or why that has no answer."""
        if device.broken is not None:
            return EvalError(device.broken)
        try:
            try:
                answer = self._fast(device, Budget())
            except (Fault, KeyError):
                if self._careful is None:
                    self._careful = _compiled(self._tree, self._hidden, careful=True)
                answer = self._careful(device, Budget())
        except Fault as fault:
            return EvalError(str(fault))
        except LimitExceeded:
            return EvalError("actual cost limit exceeded")
        except (RecursionError, MemoryError, SyntaxError):
            # The careful form is deeper than the fast one, and may be too deep where that was not.
            return EvalError("the expression is nested too deeply")
        if answer is True or answer is False:
            return answer
        return EvalError("CEL expression did not evaluate to a boolean")


def _compiled(tree: Node, hidden: frozenset[str], careful: bool) -> _Function:
    compiler = Compiler(careful, hidden)
    source = compiler.expression(tree)
    code: CodeType = compile(f"lambda device, budget: {source}", "<selector>", "eval")
    function: _Function = eval(code, {"__builtins__": {}, **compiler.names})
    return function


@functools.lru_cache(maxsize=_KEPT)
def _selector(expression: str, hidden: frozenset[str]) -> Selector | CompileError:
    try:
        return Selector(expression, hidden)
    except Refusal as refusal:
        return refusal.error


def compile_selector(expression: str, features: Iterable[str] | None = None) -> Selector | CompileError:
    """Compile an expression, or say what is wrong with it.

    Without `features` the expression is taken as stored and everything is allowed; with them it is new, and what a gate
    that is off would bring is unknown (KEP 5075, KEP 5491).
    """
    hidden: frozenset[str] = frozenset()
    if features is not None:
        on = frozenset(features)
        off = (("allowMultipleAllocations", CONSUMABLE_CAPACITY), ("includes", LIST_ATTRIBUTES))
        hidden = frozenset(name for name, feature in off if feature not in on)
    try:
        return _selector(expression, hidden)
    except (RecursionError, MemoryError, SyntaxError):
        # Python's parser stops at some depth of brackets, its stack at one that depends on the caller: not remembered.
        return CompileError("the expression is nested too deeply")
