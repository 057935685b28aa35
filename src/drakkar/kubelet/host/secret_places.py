"""Tells whether an open path shows what no pod may have, whichever way it was reached: by a link, another mount, another name.

Nothing but the standard library is used, for the scripts beside a container import it too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from drakkar.kubelet.host.mount_table import Place, is_below, place_at, place_of

# What lies in the state directory of every cluster, also of those that this node has nothing to do with.
_OF_A_CLUSTER = ("cluster.json", "pki")


def _parents(path: str) -> Iterator[str]:
    """A path and all directories above it, but not the root."""
    while path != "/":
        yield path
        path = os.path.dirname(path)


def _is_state(directory: str) -> bool:
    return all(os.path.lexists(os.path.join(directory, name)) for name in _OF_A_CLUSTER)


class SecretPlaces:
    """Where the secret paths lie now; made anew for each look, for directories come, go and are moved."""

    def __init__(self, secret: Iterable[str]) -> None:
        self.paths = tuple(dict.fromkeys(os.path.realpath(path) for path in secret))
        self.places: tuple[Place, ...] = tuple(place_of(path) for path in self.paths)
        # Device and inode of files that have other names too; found when it is first asked for.
        self._shared: set[tuple[int, int]] | None = None

    def hold(self, descriptor: int) -> bool:
        """Is what is open here one of them, or in one, or a file of one by another name?"""
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if self.hold_path(path):
            return True
        place = place_at(descriptor)
        return any(place.is_in(secret) for secret in self.places) or self._linked(os.fstat(descriptor))

    def hold_path(self, path: str) -> bool:
        """The same of a path without links, by its name alone: it need not be there."""
        return any(is_below(path, secret) for secret in self.paths) or any(
            _is_state(directory) for directory in _parents(path)
        )

    def _linked(self, found: os.stat_result) -> bool:
        """Is it a file that has a name in a secret place too?"""
        if not stat.S_ISREG(found.st_mode) or found.st_nlink == 1:
            return False
        if self._shared is None:
            self._shared = set(self._with_other_names())
        return (found.st_dev, found.st_ino) in self._shared

    def _with_other_names(self) -> Iterator[tuple[int, int]]:
        for secret in self.paths:
            below = (
                os.path.join(directory, name) for directory, _, names in os.walk(secret) for name in names
            )
            for path in (secret, *below):
                try:
                    found = os.lstat(path)
                except OSError:
                    continue
                if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
                    yield found.st_dev, found.st_ino
