"""A whole cluster for a test, up before it and gone after it, in a directory of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drakkar.cluster.lab.kubectl import Kubectl
from drakkar.cluster.lab.stage import Stage


@dataclass
class Cluster:
    state: Path
    home: Path

    def drakkar(self, *arguments: str, limit: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `drakkar` for this cluster."""
        command = [sys.executable, "-m", "drakkar", *arguments, f"--state={self.state}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)

    def up(self, *options: str) -> None:
        done = self.drakkar("up", "--detach", *options)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()

    def down(self) -> None:
        done = self.drakkar("down")
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.state / "kubeconfig", self.home)

    def stage(self, manifests: Path) -> Stage:
        return Stage(self.kubectl, manifests, self.state, print)

    def logs(self, lines: int = 30) -> str:
        """The end of every part's log, for the message of a test that fails."""
        text = ""
        for path in sorted((self.state / "logs").glob("*.log")):
            text += f"\n--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        return text


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    made: list[Cluster] = []

    def make(name: str = "state") -> Cluster:
        cluster = Cluster(tmp_path / name, tmp_path / f"{name}-home")
        cluster.home.mkdir()
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.drakkar("down")
