"""What the rules of a schema may cost at most, each and all together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from drakkar.validation.field_error import Findings

# Of one rule for all places where it is asked in the largest object, and of all rules of a version.
_RULE: Final = 10_000_000
_ALL: Final = 100_000_000
_MOST: Final = 2**64 - 1
_NAMED: Final = 4
_HINT: Final = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are "
    "declared)"
)
_PART: Final = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
_WHOLE: Final = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"


def times(cost: int, count: int) -> int:
    """A cost as often as it may be paid, or all that 64 bits hold."""
    return min(cost * count, _MOST)


@dataclass(slots=True)
class RuleCosts:
    """The sum so far, and what contributed the most."""

    total: int = 0
    dearest: list[tuple[int, str]] = field(default_factory=list)

    def note(self, found: Findings, cost: int, path: str, what: str) -> None:
        """The cost of a rule or of what words it; `what` is how messages call it."""
        if cost > _RULE:
            found.forbidden(path, _exceeds(what, cost, _RULE))
        self.total = min(self.total + cost, _MOST)
        if cost >= _ALL // 100:
            self.dearest = sorted([*self.dearest, (cost, path)], key=lambda one: -one[0])[:_NAMED]

    def check(self, found: Findings, path: str) -> None:
        """Whether all together is too much."""
        if self.total > _ALL:
            for _, where in self.dearest:
                found.forbidden(where, _PART)
            found.forbidden(path, _exceeds(_WHOLE, self.total, _ALL))


def _exceeds(what: str, cost: int, limit: int) -> str:
    factor = cost / limit
    # What is barely over is not called 1.0 times as much.
    shown = f"{factor:.6f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {'more than 100x' if factor > 100 else shown} {_HINT}"
