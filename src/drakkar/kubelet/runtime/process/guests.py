"""What an exec left running in a container's mount namespace ends with the container, as it would in any other runtime."""

from __future__ import annotations

import os
import signal

_MAX_ROUNDS = 10


def open_namespace(pid: int) -> int | None:
    """A descriptor of a process's mount namespace; None where it has none of its own (yet), or has ended.

    While it is open, the kernel gives the namespace's number to no other.
    """
    try:
        descriptor = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    if os.path.samestat(os.fstat(descriptor), os.stat("/proc/self/ns/mnt")):
        os.close(descriptor)
        return None
    return descriptor


def _members(descriptor: int) -> list[int]:
    namespace = os.fstat(descriptor)
    found = []
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            if os.path.samestat(os.stat(f"/proc/{name}/ns/mnt"), namespace):
                found.append(int(name))
        except OSError:
            # It has ended, or is somebody else's.
            continue
    return found


def end_members(descriptor: int) -> int:
    """Kill every process of a namespace, also those that are born meanwhile; how many there were."""
    killed: set[int] = set()
    for _ in range(_MAX_ROUNDS):
        members = set(_members(descriptor)) - killed
        if not members:
            break
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        killed |= members
    return len(killed)
