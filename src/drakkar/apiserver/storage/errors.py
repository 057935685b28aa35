"""How a write or a read of the store ends badly."""

from __future__ import annotations

# What etcd takes in one request: more than that cannot be stored.
LARGEST = 1536 * 1024


class StoreConflictError(Exception):
    """The object is not at the revision that the writer had read."""


class KeyExistsError(Exception):
    """An object of that key is stored already."""


class HistoryGoneError(Exception):
    """The revision asked for is older than the history kept."""


class MissingError(KeyError):
    """The object to be changed is not there any more."""


class TooLargeError(Exception):
    """The object is larger than what can be stored."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the object comes to {size} bytes, and {LARGEST} can be stored at most")


class StorageFailedError(Exception):
    """The disk did not take a write; `full` says that it has no room."""

    def __init__(self, message: str, full: bool) -> None:
        super().__init__(message)
        self.full = full
