"""Originals as processes beside a cluster of ours."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from drakkar.cluster.lab.own_cluster import OwnCluster

_END_S = 20


@contextlib.contextmanager
def beside(cluster: OwnCluster, command: list[str], **environment: str) -> Iterator[Path]:
    """An original in place of the part that the cluster is without; its log file."""
    log = cluster.home / f"{Path(command[0]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_END_S)
