"""What comes of holding a value to a schema: what is wrong with it, and how much of the schema it met."""

from __future__ import annotations

from typing import Any, NamedTuple

from drakkar.cel.library.number_text import shortest
from drakkar.validation.field_error import FieldError, Findings, compact_json, shown


class Problem(NamedTuple):
    """One thing that is wrong. `path` is empty for the whole value and starts with a dot below it; `text` tells it apart
    from others; a general one belongs to no field."""

    reason: str
    path: str
    text: str
    value: Any = ""
    general: bool = False


class Outcome:
    """All that is wrong, each once, and the number of checks that went well, by which the nearest of several schemas is
    chosen."""

    __slots__ = ("_known", "met", "problems")

    def __init__(self, *problems: Problem, met: int = 0) -> None:
        self.problems = list(problems)
        self.met = met
        self._known: set[str] | None = None

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(self, problem: Problem) -> None:
        """One more, unless it is told already."""
        if self._known is None:
            self._known = {one.text for one in self.problems}
        if problem.text not in self._known:
            self._known.add(problem.text)
            self.problems.append(problem)

    def take(self, other: Outcome | None) -> None:
        """Add all of another."""
        if other is None:
            return
        self.met += other.met
        for problem in other.problems:
            self.add(problem)


def told(problems: list[Problem], under: str) -> list[FieldError]:
    """The problems as causes; `under` is the field that stands for the whole value, empty for an object."""
    found = Findings()
    for problem in problems:
        path = problem.path.removeprefix(".")
        here = (f"{under}.{path}" if under and path else under or path) if not problem.general else under
        here = here or "<nil>"
        match problem.reason:
            case "required":
                found.required(here)
            case "enum":
                value, names = problem.value
                listed = ", ".join(shown(name) for name in names)
                said = f"Unsupported value: {as_text(value)}: supported values: {listed}"
                found.add(FieldError("FieldValueNotSupported", said, here))
            case "long":
                found.too_long(here, problem.value)
            case "many":
                found.too_many(here, *problem.value)
            case "type":
                said = f"Invalid value: {as_text(problem.value)}: {problem.text}"
                found.add(FieldError("FieldValueTypeInvalid", said, here))
            case _:
                found.add(FieldError.invalid(here, as_text(problem.value), problem.text))
    return found.listed()


def as_text(value: Any) -> str:
    """A value as messages show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    if value is None:
        return "null"
    if isinstance(value, dict):
        # As Go writes a map, its keys are in order.
        return shown(_ordered(value))
    return shown(value if not isinstance(value, list) else _ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


__all__ = ["Outcome", "Problem", "as_text", "compact_json", "told"]
