"""Tries whether a container's namespaces and file tree can be made here, as a script: `main MODE OWN_PROCESSES STAGE`."""

from __future__ import annotations

import os
import signal
import sys

from drakkar.kubelet.runtime.process import shim


def main() -> int:
    """0 where they can; else the reason is printed."""
    mode, own_processes, stage = sys.argv[1:]
    plan = {
        "mode": mode,
        "own_processes": own_processes == "1",
        "user": 0,
        "group": 0,
        "mounts": [],
        "hidden": {"/tmp": 0o1777},
        "secret": [],
        "kept": [],
        "stage": os.path.realpath(stage),
        "read_only_root": False,
        "host_devices": False,
        "unmasked": False,
    }
    try:
        holder = shim.start_holder(plan)
    except (shim.ContainerStartError, OSError) as error:
        print(error)
        return 1
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    return 0
