"""A cluster of an ordinary user beside one of root's, both at work at once."""

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
from drakkar.cluster.lab import steps
from drakkar.cluster.lab.own_cluster import OwnCluster

EXAMPLES = Path(__file__).parents[2] / "examples" / "lab"
NOBODY = 65534
PYTHON = "/usr/bin/python3"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
    pytest.mark.skipif(os.geteuid() != 0, reason="all tests run as an ordinary user already"),
]


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


def test_a_user_without_any_rights_runs_the_lab_beside_root(
    make_cluster: Callable[..., OwnCluster], nobodys: OwnCluster
) -> None:
    roots = make_cluster()
    stages = []
    for cluster in (nobodys, roots):
        cluster.up("--without=driver")
        stages.append(cluster.stage(EXAMPLES))
    for step in (steps.namespace, steps.prerequisites, steps.driver, steps.slices, steps.claim, steps.pod):
        for stage in stages:
            step(stage)
    for step in (
        steps.driver_log,
        steps.environment,
        steps.service,
        steps.template,
        steps.job,
        steps.job_end,
    ):
        step(stages[0])
    steps.environment(stages[1])
    foreign = [path for path in nobodys.state.rglob("*") if path.lstat().st_uid != NOBODY]
    assert foreign == []
