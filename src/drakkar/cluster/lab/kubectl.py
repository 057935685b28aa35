"""Runs kubectl, or what stands in for it where there is none, against one cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.cluster.errors import CommandError
from drakkar.cluster.lab import standin

_LIMIT = 90.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str


class Kubectl:
    """Commands against the cluster of one kubeconfig; caches go into `home`, never into the user's own.

    `command` is the kubectl to run; without one it is that on PATH, else the stand-in, which needs nothing but Python.
    """

    def __init__(self, kubeconfig: Path, home: Path, command: str | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._command = command or shutil.which("kubectl")
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": str(home)}

    @property
    def real(self) -> bool:
        """Whether this is kubectl itself."""
        return self._command is not None

    def ask(self, *arguments: str, limit: float = _LIMIT) -> Answer:
        """Run one command, whatever comes of it."""
        shown = "kubectl " + " ".join(arguments)
        if self._command is None:
            return Answer(shown, *standin.run(arguments, self._kubeconfig))
        try:
            done = subprocess.run(
                [self._command, *arguments],
                env=self._environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise CommandError(f"{shown}: no answer within {limit:g} s") from None
        return Answer(shown, done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str, limit: float = _LIMIT) -> Answer:
        """Run one command that must succeed."""
        answer = self.ask(*arguments, limit=limit)
        if answer.code != 0:
            raise CommandError(f"{answer.command}\n{answer.out}{answer.err}".rstrip())
        return answer

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object, or a list of them, as JSON."""
        loaded: dict[str, Any] = json.loads(self.run("get", *arguments, "-o", "json").out)
        return loaded
