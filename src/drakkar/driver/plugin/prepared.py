"""Under which allocation each claim was prepared last, over restarts of the driver."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.errors import CorruptCheckpointError

_log = logging.getLogger(__name__)


class Prepared:
    """Fingerprints of allocations by the UID of their claim."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        self._by_claim: dict[str, str] = {}
        try:
            loaded = None if checkpoint is None else checkpoint.load()
        except CorruptCheckpointError as error:
            # Less is known then; that a driver answers devices of an earlier allocation is seen all the same.
            _log.error("%s; beginning anew", error)
            return
        if isinstance(loaded, dict):
            self._by_claim = {str(uid): str(print_) for uid, print_ in loaded.items()}

    def differs(self, uid: str, allocation: str) -> bool:
        """Was the claim prepared under another allocation than this, and not unprepared since?"""
        return self._by_claim.get(uid, allocation) != allocation

    def note(self, allocations: Mapping[str, str]) -> None:
        """They are about to be prepared: one that is cut short by a crash counts as prepared. OSError."""
        self._store({**self._by_claim, **allocations})

    def forget(self, uids: Iterable[str]) -> None:
        """They are unprepared. OSError."""
        gone = set(uids)
        self._store({uid: print_ for uid, print_ in self._by_claim.items() if uid not in gone})

    def _store(self, fresh: dict[str, str]) -> None:
        if fresh == self._by_claim:
            return
        if self._checkpoint is not None:
            self._checkpoint.store(fresh)
        self._by_claim = fresh
