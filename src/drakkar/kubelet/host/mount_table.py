"""What is mounted in this process's namespace, and where in its file system an open path lies, however it was reached.

Nothing but the standard library is used, for the scripts beside a container import it too.
"""

from __future__ import annotations

import os
from typing import NamedTuple

# The shortest row has this many fields before those that differ from kernel to kernel.
_FIELDS = 5


def is_below(path: str, directory: str) -> bool:
    """Is a path, without links, this directory or in it?"""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


class Place(NamedTuple):
    """A path in a file system itself: the same one through each of its mounts."""

    device: str
    path: str

    def is_in(self, other: Place) -> bool:
        """Is it the other one or below it?"""
        return self.device == other.device and is_below(self.path, other.path)


class Mount(NamedTuple):
    """One row: `root` is the part of the file system on `device` that is seen at `point`."""

    number: int
    device: str
    root: str
    point: str

    def path_to(self, place: Place) -> str | None:
        """The path from `point` to a place, "" if that is the point or above it; None where it is not on this mount."""
        if self.device != place.device:
            return None
        if is_below(self.root, place.path):
            return ""
        return os.path.relpath(place.path, self.root) if is_below(place.path, self.root) else None


def _text(field: bytes) -> str:
    return os.fsdecode(field.decode("unicode_escape").encode("latin-1"))


def mounts(below: str = "/") -> list[Mount]:
    """What is mounted at a path or below it, in the kernel's order."""
    with open("/proc/self/mountinfo", "rb") as file:
        rows = [line.split(b" ") for line in file]
    table = (
        Mount(int(row[0]), row[2].decode(), _text(row[3]), _text(row[4]))
        for row in rows
        if len(row) >= _FIELDS
    )
    return [mount for mount in table if is_below(mount.point, below)]


def mount_points(below: str) -> list[str]:
    """Where something is mounted below a path, outer ones first."""
    return sorted({mount.point for mount in mounts(below)} - {below.rstrip("/") or "/"})


def _mount_number(descriptor: int) -> int:
    with open(f"/proc/self/fdinfo/{descriptor}") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("mnt_id:"))


def place_at(descriptor: int) -> Place:
    """Where an open path lies."""
    number = _mount_number(descriptor)
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    for mount in mounts():
        if mount.number == number:
            inner = os.path.relpath(path, mount.point)
            return Place(mount.device, os.path.normpath(os.path.join(mount.root, inner)))
    # The kernel lists no mount that begins outside our root; it is the same one for all that is on it.
    return Place(f"mount {number}", path)


def place_of(path: str) -> Place:
    """Where a path without links lies; of what is not there, where it would."""
    rest: list[str] = []
    while True:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            break
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            path, name = os.path.split(path)
            rest.insert(0, name)
    try:
        found = place_at(descriptor)
    finally:
        os.close(descriptor)
    return Place(found.device, os.path.join(found.path, *rest))
