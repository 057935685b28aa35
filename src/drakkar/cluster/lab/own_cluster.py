"""A cluster of one's own for a demo or a test: up in a directory, asked through kubectl, down again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drakkar.cluster.errors import NotUpError
from drakkar.cluster.lab.kubectl import Kubectl
from drakkar.cluster.lab.stage import Stage

_LIMIT = 150.0


@dataclass(frozen=True, slots=True)
class OwnCluster:
    """`state` is the cluster's directory, `home` that of kubectl's caches, `command` what runs `drakkar`."""

    state: Path
    home: Path
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "drakkar")

    def drakkar(self, *arguments: str, limit: float = _LIMIT) -> subprocess.CompletedProcess[str]:
        """Run `drakkar` for this cluster."""
        command = [*self.command, *arguments, f"--state={self.state}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)

    def up(self, *options: str) -> str:
        """Bring it up; what `up` printed."""
        done = self.drakkar("up", "--detach", *options)
        if done.returncode != 0:
            raise NotUpError(done.stdout + done.stderr + self.logs())
        return done.stdout

    def down(self) -> None:
        """End it; what it held stays."""
        done = self.drakkar("down")
        if done.returncode != 0:
            raise NotUpError(done.stdout + done.stderr)

    def kubectl(self, command: str | None = None) -> Kubectl:
        """Commands against it, by the given kubectl or that on PATH."""
        return Kubectl(self.state / "kubeconfig", self.home, command)

    def stage(
        self, manifests: Path, tell: Callable[[str], None] = print, command: str | None = None
    ) -> Stage:
        """The lab's stage on it."""
        return Stage(self.kubectl(command), manifests, self.state, tell)

    def logs(self, lines: int = 30) -> str:
        """The end of every part's log."""
        text = ""
        for path in sorted((self.state / "logs").glob("*.log")):
            text += f"\n--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        return text
