"""How an expression ends badly: as a value, never as an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class CompileError(NamedTuple):
    """The expression is refused.

    `kind` is one of syntax, undeclared, field, overload, type, literal, result, constant, cost; `position` counts
    characters from the start, `line` and `column` from 1; `hint` says what may have been meant, where that is known.
    """

    message: str
    position: int = 0
    kind: str = "syntax"
    line: int = 1
    column: int = 1
    source: str = ""
    hint: str = ""

    def __str__(self) -> str:
        return self.message

    @property
    def pointed(self) -> str:
        """The message with its place, the line it is about, and a mark under the place, as upstream shows it."""
        if not self.source and self.line == 1:
            # Nothing has no line, hence no place in it.
            return f"ERROR: <input>:1:0: {self.message}"
        content = self.source.replace("\t", " ")
        before, under = content[: self.column - 1], content[self.column - 1 : self.column]
        # A character that takes more than a byte may be wide, so that dots and mark are taken wide as well.
        dots = "".join("." if one.isascii() else "\uff0e" for one in before)
        mark = "^" if under.isascii() else "\uff3e"
        return f"ERROR: <input>:{self.line}:{self.column}: {self.message}\n | {content}\n | {dots}{mark}"

    @property
    def placed(self) -> str:
        """What a user is told: upstream's words, and what may have been meant."""
        typed = self.kind not in ("result", "constant")
        said = f"compilation failed: {self.pointed}" if typed else self.message
        return f"{said}\nhint: {self.hint}" if self.hint else said


class EvalError(NamedTuple):
    """The expression has no answer for this device; `hint` says what may help, where that is known."""

    message: str
    hint: str = ""

    def __str__(self) -> str:
        return self.message


class Refusal(Exception):
    """Carries a CompileError out of the depths of the compiler; it never leaves this package."""

    def __init__(self, message: str, position: int, kind: str = "syntax", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.kind = kind
        self.hint = hint

    def error(self, text: str) -> CompileError:
        """The error with its place in the text."""
        before = text[: self.position]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        lines = text.split("\n")
        source = lines[line - 1] if line <= len(lines) else ""
        return CompileError(self.message, self.position, self.kind, line, column, source, self.hint)


class First:
    """Of several refusals the one that is told: the first in the text. No other is worth its words."""

    __slots__ = ("refusal",)

    def __init__(self) -> None:
        self.refusal: Refusal | None = None

    def note(self, at: int, made: Callable[[], Refusal]) -> None:
        """Make a refusal of what is at a place, if it is the first so far."""
        if self.refusal is None or at < self.refusal.position:
            self.refusal = made()

    def tell(self) -> None:
        """Raise it, if there is one."""
        if self.refusal is not None:
            raise self.refusal


class Fault(Exception):
    """Carries an EvalError out of an expression; logic operators may absorb it."""


class LimitExceeded(Exception):
    """The expression costs too much; nothing absorbs this."""


class Panic(Exception):
    """Where upstream breaks off in the middle of an expression; nothing absorbs this either."""


class TooHard(Exception):
    """The expression has no quick form; the interpreter runs it."""
