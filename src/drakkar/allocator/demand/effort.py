"""How much selectors may cost until somebody else is to have a turn."""

from __future__ import annotations

from drakkar.allocator.outcome import PausedError
from drakkar.cel import Selector


class Effort:
    """`left` is what they may still cost, in upstream's units; None: as much as it takes."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left: int | None = None

    def take(self, selector: Selector) -> None:
        """A device is about to be asked; PausedError where nothing is left for that. The last one may take more than is left,
        so that whoever comes again and again gets on.
        """
        if self.left is None:
            return
        if self.left <= 0:
            raise PausedError
        self.left -= selector.effort
