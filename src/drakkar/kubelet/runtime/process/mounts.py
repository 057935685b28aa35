"""Decides, once a node, how containers come to see files at the paths they expect.

With mount namespaces every volume is bound to its mountPath, in the container only. Without them the paths in a
container's environment and arguments are rewritten to where the files are; the node says so.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from drakkar.kubelet.runtime.container import BindMount, ContainerSpec
from drakkar.kubelet.runtime.process import script

_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Isolation:
    """`mode` is "mount" (we may mount), "user" (in a user namespace we may) or "none"."""

    mode: str
    reason: str = ""
    # Can containers have process ids, and so a /proc, of their own?
    own_processes: bool = False

    @property
    def message(self) -> str:
        """What a user should know of it, for the node's annotation."""
        lacks = "no CPU or memory limits, no network isolation"
        if self.mode == "none":
            return (
                f"processes without mount namespaces ({self.reason}): paths are rewritten in env and args, the"
                f" host's files and processes are open to containers; {lacks}"
            )
        kinds = ["user"] if self.mode == "user" else []
        kinds += ["mount", "process"] if self.own_processes else ["mount"]
        also = "" if self.own_processes else ", the host's processes are seen"
        return (
            f"processes in namespaces ({', '.join(kinds)}): volumes are mounted where containers expect them,"
            f" the cluster's own files are hidden; {lacks}{also}"
        )


def _try(mode: str, own_processes: bool) -> str:
    """Why a container's tree cannot be made so here, tried in a process of its own; "" when it can."""
    with tempfile.TemporaryDirectory(prefix="drakkar-probe-") as stage:
        flags = ("1" if own_processes else "0", stage)
        try:
            done = subprocess.run(
                script.command("namespace_probe", mode, *flags),
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
                env=script.ENVIRONMENT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    if done.returncode == 0:
        return ""
    return (done.stdout.decode(errors="replace").strip().splitlines() or ["failed"])[-1]


def obstacle(mode: str, own_processes: bool = False) -> str:
    """Why a mode does not work here; "" when it does. As an ordinary user only user namespaces can be tried."""
    return _try(mode, own_processes)


def probe() -> Isolation:
    """The best that works here."""
    reason = ""
    modes = ("mount", "user") if os.geteuid() == 0 else ("user",)
    for mode in modes:
        for own_processes in (True, False):
            reason = obstacle(mode, own_processes)
            if not reason:
                return Isolation(mode, own_processes=own_processes)
    return Isolation("none", reason)


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
    moved = sorted(((m.target.rstrip("/"), m.path) for m in mounts), key=lambda pair: -len(pair[0]))
    words: list[str] = []
    for word in argv:
        name, equals, value = word.partition("=")
        if equals and name.startswith("-"):
            words.append(name + equals + _rewrite(value, moved))
        else:
            words.append(_rewrite(word, moved))
    return tuple(words), {name: _rewrite(value, moved) for name, value in env.items()}


def fitted(spec: ContainerSpec, isolation: Isolation) -> ContainerSpec:
    """A spec as it runs here: its devices among the mounts, or all paths rewritten where nothing can be mounted."""
    # Where the container sees the host's /dev only nodes under another name are missing. Read-only keeps their mode and
    # owner, which are the host's; they take writes all the same.
    own_devices = isolation.mode != "none" and not spec.restrictions.host_devices
    nodes = [
        BindMount(os.path.realpath(device.host_path), device.path, read_only=True)
        for device in spec.devices
        if own_devices or device.host_path != device.path
    ]
    mounts = (*spec.mounts, *nodes)
    argv, env, cwd = tuple(spec.argv), dict(spec.env), spec.cwd
    if isolation.mode == "none":
        argv, env = rewrite(argv, env, mounts)
        (cwd,), _ = rewrite((cwd,), {}, mounts)
    return replace(spec, argv=argv, env=env, cwd=os.path.normpath(cwd), mounts=mounts, devices=())
