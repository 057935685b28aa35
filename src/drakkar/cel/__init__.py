"""Device selectors: CEL expressions parsed, checked and compiled to Python."""

from drakkar.cel.derived import Derived, compile_derived
from drakkar.cel.device import DeviceView
from drakkar.cel.evaluation import evaluate
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.cel.projection import Projection
from drakkar.cel.selector import Selector
from drakkar.cel.selector import compile_selector as compile
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
