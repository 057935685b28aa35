"""`drakkar demo` with kubectl and without: every step holds, and afterwards nothing is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drakkar.cluster.lab.steps import STEPS

from .test_readme import check_demo

pytestmark = pytest.mark.e2e
# What the lab's containers and the node itself call, kubectl not among it.
TOOLS = ("sh", "env", "cat", "ls", "sleep", "mount", "umount", "unshare")


def _path(directory: Path, with_kubectl: bool) -> str:
    directory.mkdir()
    for name in (*TOOLS, *(("kubectl",) if with_kubectl else ())):
        found = shutil.which(name)
        if found:
            (directory / name).symlink_to(found)
    return str(directory)


@pytest.mark.parametrize("with_kubectl", [True, False])
def test_the_demo_holds_and_leaves_nothing(tmp_path: Path, with_kubectl: bool) -> None:
    if with_kubectl and shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")
    work = tmp_path / "tmp"
    work.mkdir()
    environment = {**os.environ, "PATH": _path(tmp_path / "bin", with_kubectl), "TMPDIR": str(work)}
    done = subprocess.run(
        [sys.executable, "-m", "drakkar", "demo"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert f"all {len(STEPS)} steps" in done.stdout
    if with_kubectl:
        check_demo(done.stdout)
    assert ("stand-in of Drakkar's" in done.stdout) is not with_kubectl
    assert list(work.iterdir()) == []
    left = [
        words
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and str(work).encode() in (words := _command(entry))
    ]
    assert left == []


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
