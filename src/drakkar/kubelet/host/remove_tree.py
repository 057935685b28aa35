"""Removes a directory that containers wrote in: no link is followed, and nothing goes that is only mounted there."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from drakkar.kubelet.host import syscalls
from drakkar.kubelet.host.mount_table import mounts

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove it with all in it; it is fine when it is not there. OSError, and nothing is lost, where a mount cannot be taken
    away.
    """
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    real = os.path.realpath(path)
    # The last ones lie on the others.
    for mount in reversed(mounts(real)):
        syscalls.detach(mount.point)
    if mounts(real):
        raise OSError(errno.EBUSY, "something is mounted there", real)
    try:
        top = os.open(real, _DIRECTORY)
    except FileNotFoundError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    os.rmdir(real)


def _empty(top: int) -> None:
    """Remove all in an open directory. However deep it is, neither the stack nor the open files grow: what is below a
    directory is moved to the top before that is removed.
    """
    mark, waiting = f".removed-{secrets.token_hex(8)}-", list[str]()
    moved = _clear(top, top, mark, 0, waiting)
    while waiting:
        name = waiting.pop()
        below = os.open(name, _DIRECTORY, dir_fd=top)
        try:
            moved = _clear(below, top, mark, moved, waiting)
        finally:
            os.close(below)
        os.rmdir(name, dir_fd=top)


def _clear(directory: int, top: int, mark: str, moved: int, waiting: list[str]) -> int:
    """Remove the files of a directory and move its directories to the top, where they wait; how many were moved so far."""
    with os.scandir(directory) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in found:
        if not is_directory:
            os.unlink(name, dir_fd=directory)
            continue
        _open_up(name, directory)
        os.rename(name, f"{mark}{moved}", src_dir_fd=directory, dst_dir_fd=top)
        waiting.append(f"{mark}{moved}")
        moved += 1
    return moved


def _open_up(name: str, directory: int) -> None:
    """Whoever made a directory may have kept its owner out of it, which is us where we are not root."""
    if os.geteuid() == 0:
        return
    below = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.chmod(f"/proc/self/fd/{below}", 0o700)
    finally:
        os.close(below)
