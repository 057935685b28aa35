"""What CDI device ids mean for a container: environment, mounts, device nodes and hooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from drakkar.driver.cdi.names import parse_id, qualified_name
from drakkar.driver.cdi.spec import CdiDevice, ContainerEdits, DeviceNode, Hook, Mount, Spec
from drakkar.driver.errors import CdiError


@dataclass(slots=True)
class Edits:
    """All edits of a set of devices; a later value of a variable, or a later thing at a path, replaces an earlier one.

    `device_nodes` have their path on the host and their permissions filled in.
    """

    env: dict[str, str] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    # By their path in the container, the latest last.
    _mounts: dict[str, Mount] = field(default_factory=dict)
    _device_nodes: dict[str, DeviceNode] = field(default_factory=dict)

    @property
    def mounts(self) -> list[Mount]:
        return list(self._mounts.values())

    @property
    def device_nodes(self) -> list[DeviceNode]:
        return list(self._device_nodes.values())

    def append(self, edits: ContainerEdits) -> None:
        """Add the edits of one more spec or device; CdiError for a variable without name or value."""
        for line in edits.env:
            name, separator, value = line.partition("=")
            if not name or not separator:
                raise CdiError(f"invalid environment variable {line!r}")
            self.env[name] = value
        for mount in edits.mounts:
            self._mounts.pop(mount.container_path, None)
            self._mounts[mount.container_path] = mount
        for node in edits.device_nodes:
            whole = msgspec.structs.replace(
                node, host_path=node.host_path or node.path, permissions=node.permissions or "rwm"
            )
            self._device_nodes.pop(node.path, None)
            self._device_nodes[node.path] = whole
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
