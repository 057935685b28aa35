"""A whole cluster for a test, up before it and gone after it, in a directory of its own."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import drakkar
from drakkar.cluster.lab.own_cluster import OwnCluster

NOBODY = 65534
PYTHON = "/usr/bin/python3"


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., OwnCluster]]:
    made: list[OwnCluster] = []

    def make(name: str = "state") -> OwnCluster:
        cluster = OwnCluster(tmp_path / name, tmp_path / f"{name}-home")
        cluster.home.mkdir()
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.drakkar("down")


def _python(home: Path) -> Path:
    """An interpreter that an ordinary user may run, with what this one has installed: containers start it too."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", home / "venv"], check=True, timeout=60)
    packages = next(path for path in site.getsitepackages() if (Path(path) / "msgspec").exists())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = home / "venv" / "lib" / version / "site-packages" / "here.pth"
    paths.write_text(f"{Path(drakkar.__file__).parents[1]}\n{packages}\n")
    return home / "venv" / "bin" / "python"


@pytest.fixture
def nobodys() -> Iterator[OwnCluster]:
    """A cluster of a user without any rights; skipped where this is no root who could become that user."""
    if os.geteuid() != 0:
        pytest.skip("all tests run as an ordinary user already")
    home = Path(tempfile.mkdtemp(prefix="dk"))
    home.chmod(0o755)
    mine = home / "mine"
    mine.mkdir()
    os.chown(mine, NOBODY, NOBODY)
    try:
        command = (
            *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
            *("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={mine}", "PYTHONDONTWRITEBYTECODE=1"),
            *(str(_python(home)), "-m", "drakkar"),
        )
        able = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no interpreter for an ordinary user: {error}")
    if able.returncode != 0:
        pytest.skip(f"an ordinary user cannot run it: {able.stderr.strip()[-200:]}")
    cluster = OwnCluster(mine / "s", home, command)
    yield cluster
    cluster.drakkar("down")
    shutil.rmtree(home)
