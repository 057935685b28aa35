"""How a write or a read of the store ends badly, and why it cannot be opened: all of it is a StorageError."""

from __future__ import annotations

from pathlib import Path

# What etcd takes in one request: more than that cannot be stored.
LARGEST = 1536 * 1024


class StorageError(Exception):
    """Any of them."""


class StoreConflictError(StorageError):
    """The object is not at the revision that the writer had read."""


class KeyExistsError(StorageError):
    """An object of that key is stored already."""


class HistoryGoneError(StorageError):
    """The revision asked for is older than the history kept."""


class MissingError(StorageError, KeyError):
    """The object to be changed is not there any more."""


class TooLargeError(StorageError):
    """The object is larger than what can be stored."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the object comes to {size} bytes, and {LARGEST} can be stored at most")


class StorageFailedError(StorageError):
    """The disk did not take a write; `full` says that it has no room."""

    def __init__(self, message: str, full: bool) -> None:
        super().__init__(message)
        self.full = full


class InUseError(StorageError):
    """Another server has the directory open."""


class DamagedError(StorageError):
    """The files do not hold what was written to them; the message names the file, the row and the way out."""

    def __init__(self, file: Path | str, what: str) -> None:
        super().__init__(
            f"{file}: {what}. Nothing has been changed. Put a good copy of the whole directory back, or have what "
            f"is sound kept and the rest dropped: drakkar apiserver --repair --data-dir {Path(file).parent}"
        )
