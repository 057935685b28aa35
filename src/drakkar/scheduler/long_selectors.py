"""Selectors that take so long to compile that everybody else would wait: they are compiled in a thread, one claim after
the other, before the pod that needs them is tried.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from drakkar.api.object import Object
from drakkar.cel import Selector, compile

# Compiling takes about 50 ms for 10,000 letters; what is shorter than this is not worth the way to a thread.
_LONG = 5_000
_REMEMBERED = 2_048


def selectors_of(claim: Object) -> Iterator[str]:
    """The expressions of a claim's requests and of their alternatives."""
    for request in ((claim.get("spec") or {}).get("devices") or {}).get("requests") or []:
        for part in (request.get("exactly") or {}, *(request.get("firstAvailable") or [])):
            for selector in part.get("selectors") or []:
                expression = (selector.get("cel") or {}).get("expression")
                if isinstance(expression, str):
                    yield expression


class LongSelectors:
    """Knows which expressions were compiled already."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[int, None] = OrderedDict()

    def unprepared(self, claims: Iterable[Object]) -> list[str]:
        """What of the claims must be compiled first; nothing where that takes no time worth a thread."""
        new = [
            expression
            for expression in dict.fromkeys(one for claim in claims for one in selectors_of(claim))
            if hash(expression) not in self._compiled
        ]
        return new if sum(map(len, new)) > _LONG else []

    def prepare(self, expressions: Iterable[str]) -> None:
        """Compile them; to be called in a thread."""
        for expression in expressions:
            found = compile(expression)
            if isinstance(found, Selector):
                # This makes the plan, which is most of the work, and what the allocator asks for first.
                _ = found.projection
            self._compiled[hash(expression)] = None
        while len(self._compiled) > _REMEMBERED:
            self._compiled.popitem(last=False)
