"""Files that hold keys, tokens or other secrets: written and read so that nobody else's file or link in their place gains
anything.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

_OTHERS_WRITE = stat.S_IWOTH
_OTHERS_ANY = stat.S_IRWXG | stat.S_IRWXO


class UnsafeFileError(Exception):
    """A file or directory that somebody else could have put there or change; the message says how to mend it."""


def check_directory(path: Path, shared: bool = False) -> None:
    """UnsafeFileError unless the directory is ours and nobody else may write into it.

    With `shared` it may also be root's, for root a user's, and one like /tmp, where nobody can replace another's files.
    """
    found = os.stat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFileError(f"{path}: not a directory")
    me = os.geteuid()
    sticky = shared and found.st_mode & stat.S_ISVTX
    if found.st_uid != me and not (shared and 0 in (found.st_uid, me)):
        raise UnsafeFileError(
            f"{path}: belongs to user id {found.st_uid}, not to {me}; name another directory"
        )
    if found.st_mode & _OTHERS_WRITE and not sticky:
        raise UnsafeFileError(
            f"{path}: everybody may write there; mend it with `chmod o-w {path}` or name another one"
        )


def make_directory(path: Path, mode: int = 0o700) -> None:
    """Make a directory of ours, parents too; UnsafeFileError when one is there that is not."""
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    check_directory(path)


def write(path: Path, data: bytes, shared: bool = False, durable: bool = True) -> None:
    """Write `data` so that only the owner can read it, whole or not at all; what stood at the path is replaced, never followed.

    `shared` as for check_directory; what is not `durable` need not outlive the machine's power.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_directory(path.parent, shared)
    # A name that nobody can guess, and a file that was not there before.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: Path) -> bytes:
    """A secret file's content; UnsafeFileError if it is a link, somebody else's or open to others. FileNotFoundError as usual."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise UnsafeFileError(f"{path}: a link, where a file is to be; remove it") from None
        raise error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UnsafeFileError(f"{path}: not a file; remove it")
        if found.st_uid != os.geteuid():
            raise UnsafeFileError(
                f"{path}: belongs to user id {found.st_uid}, not to {os.geteuid()}; remove it"
            )
        if found.st_mode & _OTHERS_ANY:
            raise UnsafeFileError(
                f"{path}: others may read or write it; mend it with `chmod 600 {path}` if its content is yours"
            )
        return file.read()
