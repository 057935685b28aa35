"""Decides, once a node, how containers come to see files at the paths they expect, and what a host path leads to.

With mount namespaces every volume is bound to its mountPath, in the container only. Without them the paths in a
container's environment and arguments are rewritten to where the files are; the node says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drakkar.kubelet import enter
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.runtime import BindMount

_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Isolation:
    """`mode` is "mount" (we may mount), "user" (in a user namespace we may) or "none"."""

    mode: str
    reason: str = ""

    @property
    def message(self) -> str:
        """What a user should know of it, for the node's annotation."""
        lacks = "no CPU or memory limits, no network, user or process isolation"
        if self.mode == "none":
            return f"processes without mount namespaces ({self.reason}): paths are rewritten in env and args; {lacks}"
        where = "mount namespaces" if self.mode == "mount" else "user and mount namespaces"
        return f"processes in {where}: volumes are mounted where containers expect them; {lacks}"


def obstacle(mode: str) -> str:
    """Why a mode does not work here, tried in a process of its own; "" when it does."""
    paths = f"import sys; sys.path.insert(0, {str(Path(enter.__file__).parent)!r}); "
    code = f"import enter; enter.unshare({mode!r}); enter._mount('tmpfs', '/tmp', 'tmpfs', 0)"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", paths + code],
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    return (done.stderr.decode(errors="replace").strip().splitlines() or ["failed"])[-1]


def probe() -> Isolation:
    """The best mode that works here."""
    reason = ""
    for mode in ("mount", "user"):
        reason = obstacle(mode)
        if not reason:
            return Isolation(mode)
    return Isolation("none", reason)


@dataclass(frozen=True, slots=True)
class HostPaths:
    """Where a hostPath leads. Several nodes share one machine, so each has a kubelet's directories of its own."""

    prefixes: tuple[tuple[str, Path], ...]

    @classmethod
    def of(cls, config: KubeletConfig) -> HostPaths:
        etc, run = config.cdi_dirs
        return cls(
            (
                ("/var/lib/kubelet", config.kubelet_dir),
                ("/etc/cdi", etc),
                ("/var/run/cdi", run),
                ("/run/cdi", run),
                ("/var/run/secrets", config.root_dir / "secrets"),
                ("/run/secrets", config.root_dir / "secrets"),
            )
        )

    def resolve(self, path: str) -> Path:
        """The real place of a path that is meant on the node."""
        # Without the parts "." and "..", which would lead out of the node's own directories.
        clean = PurePosixPath(os.path.normpath(path))
        for prefix, real in self.prefixes:
            if clean.is_relative_to(prefix):
                return real / clean.relative_to(prefix)
        return Path(clean)


def _rewrite(text: str, moved: Sequence[tuple[str, str]]) -> str:
    for target, source in moved:
        if text == target or text.startswith(target + "/"):
            return source + text[len(target) :]
    return text


def rewrite(
    argv: Iterable[str], env: Mapping[str, str], mounts: Iterable[BindMount]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Lead arguments and variables that are, or lie below, a mount's target to its source.

    An argument may also name its path after an equals sign (`--dir=/data`).
    """
    # The longest first: /data/inner before /data.
    moved = sorted(((m.target.rstrip("/"), m.source) for m in mounts), key=lambda pair: -len(pair[0]))
    words: list[str] = []
    for word in argv:
        name, equals, value = word.partition("=")
        if equals and name.startswith("-"):
            words.append(name + equals + _rewrite(value, moved))
        else:
            words.append(_rewrite(word, moved))
    return tuple(words), {name: _rewrite(value, moved) for name, value in env.items()}
