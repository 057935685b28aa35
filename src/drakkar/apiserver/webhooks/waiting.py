"""How many requests wait for one webhook: one that does not answer keeps its own from being served, and nobody else's."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Final

from drakkar.apiserver import errors

# Of all requests twice as many writes, and four times as many reads, are served at a time.
MOST: Final = 100


class Waiting:
    """Those of one server. To be asked on the event loop."""

    def __init__(self) -> None:
        self._now: Counter[Hashable] = Counter()

    @contextlib.contextmanager
    def one(self, webhook: Hashable) -> Iterator[None]:
        """Wait for a webhook; StatusError 429 where too many do, which no policy of failures lets pass."""
        if self._now[webhook] >= MOST:
            raise errors.too_many_requests("Too many requests wait for a webhook, please try again later.", 1)
        self._now[webhook] += 1
        try:
            yield
        finally:
            self._now[webhook] -= 1
            if not self._now[webhook]:
                del self._now[webhook]
