"""What CDI device ids mean for a container: environment, mounts, device nodes and hooks; reading only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import yaml

from drakkar.driver.cdi.names import parse_id, qualified_name
from drakkar.driver.cdi.spec import CdiDevice, ContainerEdits, DeviceNode, Hook, Mount, Spec, decode
from drakkar.driver.errors import CdiError

# A directory somebody filled by mistake must not stall pod starts.
MAX_SPEC_FILES = 4096
MAX_SPEC_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Edits:
    """All edits of a set of devices; a later value of a variable, or a later thing at a path, replaces an earlier one.

    `device_nodes` have their path on the host and their permissions filled in.
    """

    env: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    device_nodes: list[DeviceNode] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)

    def append(self, edits: ContainerEdits) -> None:
        """Add the edits of one more spec or device; CdiError for a variable without name or value."""
        for line in edits.env:
            name, separator, value = line.partition("=")
            if not name or not separator:
                raise CdiError(f"invalid environment variable {line!r}")
            self.env[name] = value
        for mount in edits.mounts:
            self.mounts = [m for m in self.mounts if m.container_path != mount.container_path] + [mount]
        for node in edits.device_nodes:
            whole = msgspec.structs.replace(
                node, host_path=node.host_path or node.path, permissions=node.permissions or "rwm"
            )
            self.device_nodes = [n for n in self.device_nodes if n.path != node.path] + [whole]
        self.hooks.extend(edits.hooks)


def edits_from(specs: Sequence[Spec], device_ids: Iterable[str]) -> Edits:
    """Edits of devices, each once; a spec's own edits come once, before its first device.

    CdiError names the devices that no spec defines.
    """
    index: dict[str, tuple[int, CdiDevice]] = {}
    for number, spec in enumerate(specs):
        for device in spec.devices:
            # Later specs come from directories of higher priority.
            index[qualified_name(spec.kind, device.name)] = (number, device)
    edits = Edits()
    seen: set[int] = set()
    missing: list[str] = []
    for device_id in dict.fromkeys(device_ids):
        parse_id(device_id)
        found = index.get(device_id)
        if found is None:
            missing.append(device_id)
            continue
        number, device = found
        if number not in seen:
            seen.add(number)
            edits.append(specs[number].container_edits)
        edits.append(device.container_edits)
    if missing:
        raise CdiError(f"unresolvable CDI devices {', '.join(missing)}")
    return edits


def load_specs(directories: Iterable[Path]) -> tuple[list[Spec], list[str]]:
    """All readable specs, by directory and then name, and what is wrong with the others: one does not hide the rest."""
    specs: list[Spec] = []
    broken: list[str] = []
    for directory in directories:
        files = sorted(path for path in directory.glob("*") if path.suffix in (".json", ".yaml"))
        for path in files[:MAX_SPEC_FILES]:
            try:
                if path.stat().st_size > MAX_SPEC_BYTES:
                    broken.append(f"{path.name}: larger than {MAX_SPEC_BYTES} bytes")
                    continue
                text = path.read_bytes()
                # Go drivers write YAML unless they are told otherwise.
                document = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
                specs.append(decode(document))
            except (OSError, ValueError, yaml.YAMLError) as error:
                broken.append(f"{path.name}: {error}")
    return specs, broken


def container_edits(directories: Iterable[Path], device_ids: Sequence[str]) -> Edits:
    """Edits for a container from the spec files as they are now.

    CdiError for a device that no valid file defines; it also names the first file that is not valid.
    """
    if not device_ids:
        return Edits()
    specs, broken = load_specs(directories)
    try:
        return edits_from(specs, device_ids)
    except CdiError as error:
        if broken:
            raise CdiError(f"{error} ({broken[0]})") from None
        raise
