"""What comes of holding a value to a schema: what is wrong with it, and how much of the schema it met."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from drakkar.apiserver.custom.where import Where
from drakkar.cel.library.number_text import shortest
from drakkar.validation.field_error import MOST_TOLD, FieldError, Findings, compact_json, shown


class Problem(NamedTuple):
    """One thing that is wrong. `where` is the root for the whole value and starts with a dot below it; `before` and `after`
    are what is said around that; a general one belongs to no field."""

    reason: str
    where: Where
    after: str
    value: Any = ""
    general: bool = False
    before: str = ""

    @property
    def text(self) -> str:
        """What tells it apart from others."""
        return f"{self.before}{self.where}{self.after}"


class Outcome:
    """What is wrong, each once, as far as it is told, and the number of checks that went well, by which the nearest of several
    schemas is chosen."""

    __slots__ = ("_known", "met", "more", "problems")

    def __init__(self, *problems: Problem, met: int = 0) -> None:
        self.problems = list(problems)
        # How many others there are, by their reasons.
        self.more: dict[str, int] | None = None
        self.met = met
        self._known: set[str] | None = None

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(self, problem: Problem) -> None:
        """One more, unless it is told already."""
        if len(self.problems) >= MOST_TOLD:
            self._count(problem.reason, 1)
            return
        # Most values have one problem at most, whose text nobody needs.
        if self.problems:
            if self._known is None:
                self._known = {one.text for one in self.problems}
            if problem.text in self._known:
                return
            self._known.add(problem.text)
        self.problems.append(problem)

    def take(self, other: Outcome | None) -> None:
        """Add all of another."""
        if other is None:
            return
        self.met += other.met
        if not other.problems:
            return
        for problem in other.problems:
            self.add(problem)
        for reason, count in (other.more or {}).items():
            self._count(reason, count)

    def _count(self, reason: str, count: int) -> None:
        self.more = self.more or {}
        self.more[reason] = self.more.get(reason, 0) + count


_REASONS: Final = {
    "required": "FieldValueRequired",
    "enum": "FieldValueNotSupported",
    "long": "FieldValueTooLong",
    "many": "FieldValueTooMany",
    "type": "FieldValueTypeInvalid",
}


def told(outcome: Outcome, under: str | Where) -> list[FieldError]:
    """The problems as causes; `under` is the field that stands for the whole value, empty for an object."""
    found, above = Findings(bounded=True), str(under)
    for problem in outcome.problems:
        path = str(problem.where).removeprefix(".")
        here = (f"{above}.{path}" if above and path else above or path) if not problem.general else above
        here = here or "<nil>"
        match problem.reason:
            case "required":
                found.required(here)
            case "enum":
                value, listed = problem.value
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
    untold = [
        FieldError.untold(_REASONS.get(reason, "FieldValueInvalid"))
        for reason, count in (outcome.more or {}).items()
        for _ in range(count)
    ]
    return [*found.listed(), *untold]


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
