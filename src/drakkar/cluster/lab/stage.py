"""What the steps play on: commands that are shown as they run, and checks that are told one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from drakkar.cluster.errors import StepError
from drakkar.cluster.lab.kubectl import Answer, Kubectl

NAMESPACE = "dra-tutorial"
T = TypeVar("T")
_PAUSE = 0.1


class Stage:
    """One run of the lab. `tell` gets every line of the transcript."""

    def __init__(self, kubectl: Kubectl, manifests: Path, state: Path, tell: Callable[[str], None]) -> None:
        self.kubectl = kubectl
        self.manifests = manifests
        self.state = state
        self._tell = tell
        self.checks = 0

    def say(self, text: str) -> None:
        """One line, or several, of the transcript."""
        for line in text.rstrip("\n").split("\n"):
            self._tell(line)

    def show(self, *arguments: str, lines: int = 30, limit: float = 90.0) -> Answer:
        """Run a command that must succeed and show what it printed, cut after `lines`."""
        answer = self.kubectl.run(*arguments, limit=limit)
        self.say(f"$ {answer.command}")
        printed = answer.out.rstrip("\n").split("\n")
        for line in printed[:lines]:
            self.say(f"  {line}")
        if len(printed) > lines:
            self.say(f"  ... {len(printed) - lines} more lines")
        return answer

    def apply(self, *names: str) -> str:
        """Apply manifests of the lab by file name."""
        out = ""
        for name in names:
            out += self.show("apply", "-f", str(self.manifests / name)).out
        return out

    def get(self, *arguments: str) -> dict[str, Any]:
        """Objects of the lab's namespace as JSON, not shown."""
        return self.kubectl.get("-n", NAMESPACE, *arguments)

    def check(self, holds: bool, what: str) -> None:
        """Tell that something holds; StepError if it does not."""
        if not holds:
            raise StepError(what)
        self.checks += 1
        self.say(f"  ok: {what}")

    def await_(self, what: str, look: Callable[[], T | None], seconds: float = 30.0) -> T:
        """Look until there is something; StepError names what did not come."""
        end = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise StepError(f"{what}: not within {seconds:g} s")
            time.sleep(_PAUSE)
