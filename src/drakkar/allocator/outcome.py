"""What a call of the allocator comes to: devices for every claim, no solution, or a failure in the input."""

from __future__ import annotations

from dataclasses import dataclass

from drakkar.api.resource import AllocationResult


@dataclass(frozen=True, slots=True)
class Allocated:
    """One result a claim, in the claims' order; `steps` is how many states the search entered."""

    results: tuple[AllocationResult, ...]
    steps: int


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


class Refused(Exception):
    """Ends a call with a Failure, from wherever the fault was found."""

    def __init__(self, message: str, on_node: bool = False, hint: str = "") -> None:
        super().__init__(message)
        self.failure = Failure(message, on_node, hint)
