"""Writes the files of a volume that is the kubelet's to write, so that whoever reads them sees all change in one step."""

from __future__ import annotations

import os
import secrets as random
import shutil
import time
from itertools import pairwise
from pathlib import Path

from drakkar.kubelet.pods.host_volume import VolumeError

# Files of one volume: path relative to it -> content and mode.
Files = dict[str, tuple[bytes, int]]
_DATA = "..data"
_DATA_NEXT = "..data_tmp"
# No path that anybody means is as deep; each directory costs a call of the system for each file.
_DEEPEST = 128
_SHOWN = 80


def check_relative(path: str) -> str:
    """A path that stays inside its volume, or VolumeError."""
    if not path or path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise VolumeError(f"path {path!r} leads out of its volume")
    return path


def check_file(path: str) -> str:
    """The path of a file that we write: not one of the names that publishing uses itself either."""
    if check_relative(path).startswith(".."):
        raise VolumeError(f"path {path!r} must not start with '..'")
    if path.count("/") > _DEEPEST:
        raise VolumeError(f"path {path[:_SHOWN]!r}... has more than {_DEEPEST} directories")
    return path


def _check_apart(files: Files) -> None:
    """VolumeError where one file would have to be another one's directory."""
    paths = sorted(path.split("/") for path in files)
    # What lies below a path comes right after it.
    for upper, lower in pairwise(paths):
        if lower[: len(upper)] == upper:
            file, below = "/".join(upper), "/".join(lower)
            raise VolumeError(f'path "{below}" conflicts with "{file}", which is a file')


def publish(place: Path, files: Files, group: int | None = None) -> None:
    """Make a directory show exactly these files, all changing in one step; `group` is whose they become.

    They lie in a hidden directory that the link `..data` names; what users see are links through it. VolumeError says what
    could not be written; what was there before then stays, and nothing else.
    """
    files = {os.path.normpath(path): content for path, content in files.items()}
    _check_apart(files)
    place.mkdir(parents=True, exist_ok=True)
    current = place / _DATA
    if not (current.exists() and _same(current, files)):
        _replace(place, files, group)
    _show(place, {path.split("/")[0] for path in files})
    _clear(place)


def _replace(place: Path, files: Files, group: int | None) -> None:
    fresh = place / f"..{time.strftime('%Y_%m_%d_%H_%M_%S')}.{random.randbelow(10**9)}"
    fresh.mkdir(mode=0o755)
    writing = ""
    try:
        for path, (content, mode) in files.items():
            writing = path
            _write(fresh / path, content, mode, group)
        writing = _DATA
        link = place / _DATA_NEXT
        link.unlink(missing_ok=True)
        link.symlink_to(fresh.name)
        link.rename(place / _DATA)
    except BaseException as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(error, OSError):
            # Its own words name the directory that was new, and another one each time.
            raise VolumeError(f'file "{writing}" cannot be written: {error.strerror}') from None
        raise


def _write(target: Path, content: bytes, mode: int, group: int | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if group is not None:
            os.fchown(descriptor, -1, group)
        os.fchmod(descriptor, mode)


def _show(place: Path, heads: set[str]) -> None:
    """Links through the current data, and none to what is no more."""
    for entry in place.iterdir():
        # A directory is not ours: somebody asked for a path below the volume that it does not have.
        if entry.is_symlink() and not entry.name.startswith("..") and entry.name not in heads:
            entry.unlink()
    for head in sorted(heads):
        link = place / head
        if link.is_symlink():
            continue
        try:
            if link.is_dir():
                link.rmdir()
            link.symlink_to(f"{_DATA}/{head}")
        except OSError as error:
            raise VolumeError(f'file "{head}" cannot be shown: {error.strerror}') from None


def _clear(place: Path) -> None:
    """Take away what an earlier data directory, or a life that ended while it wrote one, has left."""
    current = os.readlink(place / _DATA)
    for entry in place.glob("..*"):
        if entry.name in (_DATA, current):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _same(current: Path, files: Files) -> bool:
    found = {str(p.relative_to(current)): p for p in current.rglob("*") if p.is_file()}
    return found.keys() == files.keys() and all(
        found[path].read_bytes() == content and (found[path].stat().st_mode & 0o777) == mode
        for path, (content, mode) in files.items()
    )
