"""What was compiled before, as long as it is not too much in all: whoever sends expressions decides how long they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
MOST: Final = 4096
# A compiled expression takes some fifty times the letters of its text.
MOST_LETTERS: Final = 1_000_000


class Remembered(Generic[T]):
    """The least recently used go first, by number and by the letters of their texts. Threads may share one."""

    def __init__(self, most: int = MOST, most_letters: int = MOST_LETTERS) -> None:
        self._most, self._most_letters = most, most_letters
        self._known: OrderedDict[tuple[str, Hashable], T] = OrderedDict()
        self._letters = 0
        self._lock = threading.Lock()

    def get(self, text: str, how: Hashable, make: Callable[[], T]) -> T:
        """What `make` made of the text before, under the same conditions, or makes now."""
        key = text, how
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        # Nobody else waits while this is compiled; two at once come to the same.
        found = make()
        with self._lock:
            if key not in self._known:
                self._letters += len(text)
            self._known[key] = found
            while len(self._known) > 1 and (
                len(self._known) > self._most or self._letters > self._most_letters
            ):
                (old, _), _ = self._known.popitem(last=False)
                self._letters -= len(old)
        return found

    def __len__(self) -> int:
        return len(self._known)
