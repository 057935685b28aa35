"""Device selectors: CEL expressions parsed, checked and compiled to Python."""

from drakkar.cel.device import DeviceView
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.cel.selectors.answer import evaluate
from drakkar.cel.selectors.derived import Derived, compile_derived
from drakkar.cel.selectors.projection import Projection
from drakkar.cel.selectors.selector import Selector
from drakkar.cel.selectors.selector import compile_selector as compile
from drakkar.cel.values import COST_LIMIT

__all__ = [
    "COST_LIMIT",
    "CompileError",
    "Derived",
    "DeviceView",
    "EvalError",
    "Projection",
    "Selector",
    "compile",
    "compile_derived",
    "evaluate",
]
