"""Where a hostPath volume leads: below the node's own directories, or elsewhere on the machine, but not into the cluster's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from drakkar.api.run_pod import HostPathSource
from drakkar.kubelet.host import beneath
from drakkar.kubelet.host.paths import HostPaths

_TYPES = {
    "Directory": (stat.S_ISDIR, "directory"),
    "DirectoryOrCreate": (stat.S_ISDIR, "directory"),
    "File": (stat.S_ISREG, "file"),
    "FileOrCreate": (stat.S_ISREG, "file"),
    "Socket": (stat.S_ISSOCK, "socket"),
    "CharDevice": (stat.S_ISCHR, "character device"),
    "BlockDevice": (stat.S_ISBLK, "block device"),
}
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class VolumeError(Exception):
    """A volume that cannot be had (yet); the caller retries."""


def host_volume(host_paths: HostPaths, source: HostPathSource) -> Path:
    """The place that a hostPath means, links followed once and for all; made where its type says so."""
    path, kind = source.path, source.type
    own = host_paths.resolve(path)
    if own is None:
        return _foreign(host_paths, Path(os.path.realpath(path)), kind)
    base, below = own
    base.mkdir(parents=True, exist_ok=True)
    root = os.open(base, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = _open_or_make(root, below, kind)
    finally:
        os.close(root)
    try:
        _check_type(path, kind, os.fstat(found).st_mode)
        return Path(os.readlink(f"/proc/self/fd/{found}"))
    finally:
        os.close(found)


def _foreign(host_paths: HostPaths, path: Path, kind: str) -> Path:
    if host_paths.seclusion.holds(path):
        raise VolumeError(f"hostPath {path} holds the cluster's own files, which no pod may mount")
    if kind == "DirectoryOrCreate":
        path.mkdir(parents=True, exist_ok=True)
    elif kind == "FileOrCreate" and not path.exists():
        os.close(os.open(path, _NEW_FILE, 0o644))
    try:
        _check_type(str(path), kind, path.lstat().st_mode)
    except FileNotFoundError:
        raise VolumeError(f"hostPath {path} does not exist") from None
    return path


def _open_or_make(root: int, below: str, kind: str) -> int:
    """What is meant below one of the node's directories, where containers may have put links."""
    try:
        return beneath.open_beneath(root, below)
    except FileNotFoundError:
        if kind in ("", "Directory", "DirectoryOrCreate"):
            beneath.make_directories(root, below, 0o755)
        elif kind == "FileOrCreate":
            parent, name = os.path.split(below)
            directory = beneath.open_beneath(root, parent or ".")
            try:
                os.close(os.open(name, _NEW_FILE, 0o644, dir_fd=directory))
            finally:
                os.close(directory)
        return beneath.open_beneath(root, below)


def _check_type(path: str, kind: str, mode: int) -> None:
    wanted, called = _TYPES.get(kind, (None, ""))
    if wanted is not None and not wanted(mode):
        raise VolumeError(f"hostPath type check failed: {path} is not a {called}")
