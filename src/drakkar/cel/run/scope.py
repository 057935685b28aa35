"""The names of an expression while it runs, innermost first: a name, what it stands for, and the names around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.cel.outcome import Fault


class Late:
    """A named value, worked out when it is first read."""

    __slots__ = ("_fault", "_make", "_value")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make: Callable[[], Any] | None = make
        self._value: Any = None
        self._fault: Fault | None = None

    def read(self) -> Any:
        if self._make is not None:
            make, self._make = self._make, None
            try:
                self._value = make()
            except Fault as fault:
                self._fault = fault
        if self._fault is not None:
            raise self._fault
        return self._value


Scope = tuple[str, Any, "Scope | None"]
