"""What a call of the allocator comes to: devices for every claim, no solution, or a failure in the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drakkar.api.resource import AllocationResult


class Allocated:
    """Devices for every claim; `steps` is how many states the search entered.

    Most outcomes are looked at only to see that there is one: the results are written out when somebody asks for them.
    `once` says that they are for one set of claims only, because of their share ids.
    """

    __slots__ = ("_results", "_what", "_write", "once", "steps")
    __match_args__ = ("results", "steps")

    def __init__(
        self, write: Callable[[Any], tuple[AllocationResult, ...]], what: Any, steps: int, once: bool = False
    ) -> None:
        self._write: Callable[[Any], tuple[AllocationResult, ...]] | None = write
        self._what = what
        self._results: tuple[AllocationResult, ...] = ()
        self.steps = steps
        self.once = once

    @property
    def results(self) -> tuple[AllocationResult, ...]:
        """One result a claim, in the claims' order."""
        if self._write is not None:
            self._results = self._write(self._what)
            self._write = self._what = None
        return self._results


@dataclass(frozen=True, slots=True)
class NoSolution:
    """Nothing fits. With `limit_reached` the bound on steps ended the search, so something might."""

    steps: int
    limit_reached: bool = False
    # How many devices the furthest state had chosen: how far the search came.
    deepest: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Something in the input is at fault. `on_node` limits it to this node; otherwise no node can help."""

    message: str
    on_node: bool = False
    # What may help, beyond what upstream says.
    hint: str = ""

    @property
    def told(self) -> str:
        """The message for a person."""
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message


Outcome = Allocated | NoSolution | Failure


class PausedError(Exception):
    """Selectors have cost what they may for now. What they said is remembered: the same call made again gets further."""


class RefusedError(Exception):
    """Ends a call with a Failure, from wherever the fault was found."""

    def __init__(self, message: str, on_node: bool = False, hint: str = "") -> None:
        super().__init__(message)
        self.failure = Failure(message, on_node, hint)
