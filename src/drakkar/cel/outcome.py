"""How compiling or evaluating a selector can end badly: as a value, never as an exception."""

from __future__ import annotations

from typing import NamedTuple


class CompileError(NamedTuple):
    """The expression is refused; `position` counts characters from its start."""

    message: str
    position: int = 0

    def __str__(self) -> str:
        return self.message


class EvalError(NamedTuple):
    """The expression has no answer for this device."""

    message: str

    def __str__(self) -> str:
        return self.message


class Refusal(Exception):
    """Carries a CompileError out of the depths of the compiler; it never leaves this package."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.error = CompileError(message, position)


class Fault(Exception):
    """Carries an EvalError out of an expression; logic operators may absorb it."""


class LimitExceeded(Exception):
    """The expression costs too much; nothing absorbs this."""
