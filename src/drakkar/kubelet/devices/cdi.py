"""What CDI device ids mean for a container: environment, mounts, device nodes and hooks; parsing only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# A directory somebody filled by mistake must not stall pod starts.
MAX_SPEC_FILES = 4096
MAX_SPEC_BYTES = 8 * 1024 * 1024


class CdiError(Exception):
    """A device that no valid spec file defines."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A bind mount."""

    host_path: str
    container_path: str
    options: tuple[str, ...] = ()
    type: str = ""


@dataclass(frozen=True, slots=True)
class DeviceNode:
    """A device file made in the container."""

    path: str
    host_path: str
    type: str = ""
    permissions: str = "rwm"


@dataclass(slots=True)
class ContainerEdits:
    """All edits of a set of devices; a later value of a variable replaces an earlier one."""

    env: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    device_nodes: list[DeviceNode] = field(default_factory=list)
    hooks: list[Mapping[str, Any]] = field(default_factory=list)

    def append(self, edits: Mapping[str, Any]) -> None:
        for line in edits.get("env") or ():
            name, separator, value = str(line).partition("=")
            if not name or not separator:
                raise CdiError(f"invalid environment variable {line!r}")
            self.env[name] = value
        for item in edits.get("mounts") or ():
            options = tuple(item.get("options") or ())
            mount = Mount(item["hostPath"], item["containerPath"], options, item.get("type", ""))
            self.mounts = [m for m in self.mounts if m.container_path != mount.container_path] + [mount]
        for item in edits.get("deviceNodes") or ():
            node = DeviceNode(
                item["path"],
                item.get("hostPath") or item["path"],
                item.get("type", ""),
                item.get("permissions") or "rwm",
            )
            self.device_nodes = [n for n in self.device_nodes if n.path != node.path] + [node]
        self.hooks.extend(edits.get("hooks") or ())


def parse_id(device_id: str) -> tuple[str, str]:
    """Split vendor/class=name into kind and name."""
    kind, separator, name = device_id.partition("=")
    vendor, slash, class_ = kind.partition("/")
    if not (separator and slash and vendor and class_ and name):
        raise CdiError(f"unqualified device {device_id!r}")
    return kind, name


def edits_from(specs: Sequence[Mapping[str, Any]], device_ids: Iterable[str]) -> ContainerEdits:
    """Edits of devices, each once; a spec's own edits come once, before its first device."""
    index: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for number, spec in enumerate(specs):
        for device in spec.get("devices") or ():
            # Later specs come from directories of higher priority.
            index[f"{spec['kind']}={device['name']}"] = (number, device)
    edits = ContainerEdits()
    seen: set[int] = set()
    missing: list[str] = []
    for device_id in dict.fromkeys(device_ids):
        parse_id(device_id)
        found = index.get(device_id)
        if found is None:
            missing.append(device_id)
            continue
        number, device = found
        try:
            if number not in seen:
                seen.add(number)
                edits.append(specs[number].get("containerEdits") or {})
            edits.append(device.get("containerEdits") or {})
        except (KeyError, TypeError, AttributeError) as error:
            raise CdiError(f"invalid edits of {device_id}: {error}") from error
    if missing:
        raise CdiError(f"unresolvable CDI devices {', '.join(missing)}")
    return edits


def load_specs(directories: Iterable[Path]) -> list[Mapping[str, Any]]:
    """All readable specs, by directory and then name; one broken file does not hide the others."""
    specs: list[Mapping[str, Any]] = []
    for directory in directories:
        files = sorted(path for path in directory.glob("*") if path.suffix in (".json", ".yaml"))
        for path in files[:MAX_SPEC_FILES]:
            try:
                if path.stat().st_size > MAX_SPEC_BYTES:
                    continue
                text = path.read_bytes()
                # Go drivers write YAML unless they are told otherwise.
                spec = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
            except (OSError, ValueError, yaml.YAMLError):
                continue
            if isinstance(spec, dict) and isinstance(spec.get("kind"), str) and "cdiVersion" in spec:
                specs.append(spec)
    return specs


def container_edits(directories: Iterable[Path], device_ids: Sequence[str]) -> ContainerEdits:
    """Edits for a container from the spec files as they are now."""
    return edits_from(load_specs(directories), device_ids) if device_ids else ContainerEdits()
