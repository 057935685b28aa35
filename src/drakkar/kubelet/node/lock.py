"""One agent a node: what only one may use is locked for the life of the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from drakkar.kubelet.errors import NodeTakenError


def take(root_dir: Path) -> int:
    """Lock a node's directory; the descriptor that holds the lock until it is closed. NodeTakenError if somebody else does.

    What we start does not inherit it, so a kill of this process gives the directory free although containers run on.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(root_dir / "lock", flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace") or "unknown"
        os.close(descriptor)
        raise NodeTakenError(
            f"--root-dir {root_dir}: process {holder} already serves this node; end it first, or name another directory"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def take_simulated(kubeconfig: Path) -> int:
    """Lock the access of simulated nodes, for two that keep them would undo each other's; as for `take`."""
    descriptor = os.open(kubeconfig, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(os.fstat(descriptor).st_ino)
        os.close(descriptor)
        raise NodeTakenError(
            f"--kubeconfig {kubeconfig}: process {holder} already keeps simulated nodes with it; end it first"
        ) from None
    return descriptor


def _holder(inode: int) -> str:
    """Who has a file locked, as the kernel tells: a kubeconfig is not ours to write into."""
    with open("/proc/locks") as file:
        for line in file:
            words = line.split()
            if words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
                return words[4]
    return "unknown"
