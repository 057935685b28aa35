"""CEL selectors of claims and classes: there, short enough, and such that they compile (dra-semantics 1.1.7)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.cel import CompileError
from drakkar.cel import compile as compile_selector
from drakkar.validation import formats
from drakkar.validation.field_error import Findings, Object
from drakkar.validation.parts import mapping, text, within

_MOST = 32
LONGEST = 10 * 1024
# What is said of an expression that compiles but has a type nobody can use.
WRONG_TYPE = "must evaluate to"


def selectors(
    found: Findings, path: str, given: list[Object], features: Features, *, stored: bool = False
) -> None:
    """A list of selectors; those that are `stored` compiled once and are not compiled again."""
    if not within(found, path, given, _MOST):
        return
    for at, selector in enumerate(given):
        here = f"{path}[{at}].cel"
        if selector.get("cel") is None:
            found.required(here)
        elif not stored:
            expression(found, f"{here}.expression", text(mapping(selector, "cel"), "expression"), features)


def expression(found: Findings, path: str, source: str, features: Features) -> None:
    """One new expression."""
    if formats.size(source) > LONGEST:
        found.too_long(path, LONGEST)
        return
    outcome = compile_selector(source, features)
    if isinstance(outcome, CompileError):
        wrong_type = outcome.message.startswith(WRONG_TYPE)
        said = outcome.message if wrong_type else f"compilation failed: {placed(source, outcome)}"
        found.invalid(path, source, said)


def placed(source: str, error: CompileError) -> str:
    """The compiler's complaint with its place, and the line with a mark under that place."""
    if not source:
        # Nothing has no line, hence no place in it.
        return f"ERROR: <input>:1:0: {error.message}"
    at = min(error.position, len(source))
    before = source[:at]
    line, column = before.count("\n") + 1, at - (before.rfind("\n") + 1)
    content = source.split("\n")[line - 1].replace("\t", " ")
    # A character that takes more than a byte may be wide, so that dots and mark are taken wide as well.
    dots = "".join("." if one.isascii() else "\uff0e" for one in content[:column])
    mark = "^" if content[column : column + 1].isascii() else "\uff3e"
    return f"ERROR: <input>:{line}:{column + 1}: {error.message}\n | {content}\n | {dots}{mark}"
