"""Ends the containers that outlived a node's agent, for those who take a whole node down and not only restart it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from drakkar.kubelet.runtime.process import container_files as files

_POLL_SECONDS = 0.02
_KILL_SECONDS = 5.0


def _running(directory: Path) -> int | None:
    """The pid of a container that still runs."""
    state = files.read(directory / files.STATE)
    if state is not None and files.alive(state["pid"], state["pid_start"]):
        return int(state["pid"])
    return None


def _signal(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def end_containers(root_dir: Path, grace_seconds: float) -> int:
    """End every container of a node that no agent serves any more; returns how many there were.

    SIGTERM first, SIGKILL after the grace. Their exit codes stay on disk, where the next agent finds them.
    """
    directory = root_dir / "containers"
    containers = [path for path in directory.iterdir() if path.is_dir()] if directory.is_dir() else []
    left = {path: pid for path in containers if (pid := _running(path)) is not None}
    count = len(left)
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, _KILL_SECONDS)):
        for pid in left.values():
            _signal(pid, number)
        end = time.monotonic() + seconds
        while left and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            left = {path: pid for path, pid in left.items() if _running(path) == pid}
    return count
