"""Removes a directory that containers wrote in: no link is followed, and nothing goes that is only mounted there."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from drakkar.kubelet.host import syscalls
from drakkar.kubelet.host.mount_table import mounts


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
        shutil.rmtree(real)
    except FileNotFoundError:
        return
