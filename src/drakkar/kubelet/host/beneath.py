"""Opens and makes paths that must not lead out of a directory, whatever links somebody puts there meanwhile."""

from __future__ import annotations

import errno
import os
import stat

from drakkar.kubelet.host import syscalls

# The kernel may be too old for openat2, or we be kept from it.
_ABSENT = (errno.ENOSYS, errno.EPERM)


class LeadsOutError(OSError):
    """A path below a directory that leads out of it."""


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _open_without_links(directory: int, path: str) -> int:
    """Where there is no openat2: one component after the other, and no link at all."""
    at = os.dup(directory)
    try:
        for part in _parts(path):
            if part == "..":
                raise LeadsOutError(errno.EXDEV, "leads out of its directory", path)
            below = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
            if stat.S_ISLNK(os.fstat(at).st_mode):
                raise LeadsOutError(errno.ELOOP, f"{part} is a link", path)
        return at
    except BaseException:
        os.close(at)
        raise


def open_beneath(directory: int, path: str) -> int:
    """An O_PATH descriptor of a path below an open directory. Links are followed that stay inside; LeadsOutError for others."""
    inside = os.path.normpath(path) if ".." not in path.split("/") else path
    rules = syscalls.RESOLVE_BENEATH | syscalls.RESOLVE_NO_MAGICLINKS
    try:
        return syscalls.open_at(directory, inside, os.O_PATH, rules)
    except OSError as error:
        if error.errno in _ABSENT:
            return _open_without_links(directory, inside)
        if error.errno in (errno.EXDEV, errno.ELOOP):
            raise LeadsOutError(error.errno, "leads out of its directory", path) from None
        raise


def open_exactly(path: str) -> int:
    """An O_PATH descriptor of an absolute path without any link in it: a path that was resolved before, and still holds."""
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        return syscalls.open_at(root, path.lstrip("/") or ".", os.O_PATH, syscalls.RESOLVE_NO_SYMLINKS)
    except OSError as error:
        if error.errno in _ABSENT:
            return _open_without_links(root, path)
        if error.errno == errno.ELOOP:
            raise LeadsOutError(error.errno, "has become a link", path) from None
        raise
    finally:
        os.close(root)


def make_directories(directory: int, path: str, mode: int) -> None:
    """Make what is missing of a path below an open directory, with this mode; LeadsOutError as for open_beneath."""
    parts = _parts(path)
    if ".." in parts:
        raise LeadsOutError(errno.EXDEV, "leads out of its directory", path)
    at = os.dup(directory)
    try:
        for number in range(1, len(parts) + 1):
            below = "/".join(parts[:number])
            try:
                following = open_beneath(directory, below)
            except FileNotFoundError:
                made = _make(at, parts[number - 1])
                following = open_beneath(directory, below)
                if made:
                    # Through the descriptor: what stands at the path may be another thing by now.
                    os.chmod(f"/proc/self/fd/{following}", mode)
            os.close(at)
            at = following
    finally:
        os.close(at)


def _make(directory: int, name: str) -> bool:
    try:
        os.mkdir(name, 0o700, dir_fd=directory)
    except FileExistsError:
        # A link that leads nowhere is there, or somebody was faster.
        return False
    return True
