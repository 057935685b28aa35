"""The files of one container's directory: its spec, the plan for its start, and what its shim says of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drakkar import private_file
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.runtime.container import BindMount, ContainerSpec
from drakkar.kubelet.runtime.process import enter

SPEC, PLAN, STATE, EXIT = "spec.json", "plan.json", "state.json", "exit.json"


def read(path: Path) -> dict[str, Any] | None:
    """One of the files; None where it is missing or not whole."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write(path: Path, value: dict[str, Any]) -> None:
    """Replace one; environments hold secrets. A container does not outlive the machine, so nor need these."""
    private_file.write(path, json.dumps(value).encode(), durable=False)


def alive(pid: int, started: int) -> bool:
    """Does the process still run that had this number and start?"""
    try:
        return enter.start_time(pid) == started
    except (OSError, IndexError):
        return False


def _mounts(spec: ContainerSpec) -> list[dict[str, Any]]:
    return [asdict(mount) for mount in spec.mounts]


def write_plan(directory: Path, spec: ContainerSpec, mode: str, seclusion: Seclusion) -> None:
    """What the shim and exec do by; see container_root.py, privileges.py and enter.py."""
    seclusion = seclusion.now()
    plan = asdict(spec.restrictions) | {
        "mode": mode,
        "mounts": _mounts(spec),
        "hidden": dict(seclusion.hidden),
        "secret": list(seclusion.secret),
        "kept": list(seclusion.kept),
        "stage": str(directory.resolve() / "stage"),
        "env": dict(spec.env),
        "cwd": spec.cwd,
    }
    write(directory / PLAN, plan)


def write_spec(directory: Path, spec: ContainerSpec, log_bytes: int) -> None:
    """What a later kubelet and the shim need to know."""
    value = {
        "pod_uid": spec.pod_uid,
        "name": spec.name,
        "attempt": spec.attempt,
        "argv": list(spec.argv),
        "cwd": spec.cwd,
        "log_path": str(spec.log_path),
        "log_bytes": log_bytes,
        "mounts": _mounts(spec),
        "stdin": spec.stdin,
        "image": spec.image,
        "spec_hash": spec.spec_hash,
    }
    write(directory / SPEC, value)


def read_spec(directory: Path) -> ContainerSpec | None:
    """The spec without its environment; None when the kubelet ended before it had written what to run."""
    saved = read(directory / SPEC)
    if saved is None:
        return None
    return ContainerSpec(
        pod_uid=saved["pod_uid"],
        name=saved["name"],
        attempt=saved["attempt"],
        argv=tuple(saved["argv"]),
        env={},
        log_path=Path(saved["log_path"]),
        cwd=saved["cwd"],
        mounts=tuple(BindMount(**item) for item in saved["mounts"]),
        stdin=saved["stdin"],
        image=saved["image"],
        spec_hash=saved["spec_hash"],
    )
