"""What a container's processes use, as the kernel counts it for each of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from drakkar.kubelet.runtime.container import ContainerUsage

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Fields of /proc/PID/stat after the name: times of the process and of its buried children in ticks, resident pages.
_TIMES, _RESIDENT = slice(11, 15), 21


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        # It has ended meanwhile.
        pass
    return found


def _below(pid: int) -> Iterator[int]:
    left = _children(pid)
    while left:
        child = left.pop()
        yield child
        left += _children(child)


def usage(shim: int) -> ContainerUsage:
    """Of all that lives under a container's shim, which is itself not counted; nor are commands run in it by exec.

    Memory that processes share counts for each of them.
    """
    ticks = pages = 0
    for pid in _below(shim):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(word) for word in fields[_TIMES])
        pages += int(fields[_RESIDENT])
    return ContainerUsage(time.time(), ticks / _TICKS, pages * _PAGE)
