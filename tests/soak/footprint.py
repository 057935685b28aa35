"""What processes take of the machine, as the kernel counts it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    """`memory` is what a process holds in memory, in MB; `files` its open descriptors, `children` its child processes,
    `work` the seconds of a processor that it has taken so far.
    """

    memory: float
    files: int
    children: int
    work: float


def footprint(pid: int) -> Footprint:
    """Of one process, now."""
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    # Behind the name, which may have blanks; the fields are numbered from 1 in proc(5).
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    work = sum(map(int, numbers[11:13])) / os.sysconf("SC_CLK_TCK")
    return Footprint(
        int(fields["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), len(children), work
    )
