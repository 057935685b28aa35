"""Device selectors: CEL expressions parsed, checked and compiled to Python."""

from drakkar.cel.device import DeviceView
from drakkar.cel.outcome import CompileError, EvalError
from drakkar.cel.selector import Selector
from drakkar.cel.selector import compile_selector as compile

__all__ = ["CompileError", "DeviceView", "EvalError", "Selector", "compile"]
