"""A CDI spec file's content, typed: the fields of CDI 0.8.0 by their own names.

Drivers write it and the kubelet reads it. Net devices, which came later, are neither written nor read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from drakkar.driver.errors import CdiError


class _Part(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Fields that have their default are left out when written."""


class DeviceNode(_Part, frozen=True):
    """A device file made in the container; without `host_path` it has the same path on the host."""

    path: str
    host_path: str = ""
    # "b", "c", "u" or "p"; "" is that of the host's file, as 0 is for the numbers.
    type: str = ""
    major: int = 0
    minor: int = 0
    file_mode: int | None = None
    # Of the device cgroup: some of "rwm".
    permissions: str = ""
    uid: int | None = None
    gid: int | None = None


class Mount(_Part, frozen=True):
    """A mount of the host's `host_path`; options are mount(8)'s."""

    host_path: str
    container_path: str
    options: tuple[str, ...] = ()
    type: str = ""


class Hook(_Part, frozen=True):
    """A program of the host run at a point of the container's life; `timeout` in seconds."""

    hook_name: str
    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int | None = None


class IntelRdt(_Part, frozen=True):
    """Intel's cache and memory bandwidth allocation."""

    clos_id: str = msgspec.field(default="", name="closID")
    l3_cache_schema: str = msgspec.field(default="", name="l3CacheSchema")
    mem_bw_schema: str = msgspec.field(default="", name="memBwSchema")
    enable_cmt: bool = msgspec.field(default=False, name="enableCMT")
    enable_mbm: bool = msgspec.field(default=False, name="enableMBM")


class ContainerEdits(_Part, frozen=True):
    """What is changed in a container. `env` are NAME=value."""

    env: tuple[str, ...] = ()
    device_nodes: tuple[DeviceNode, ...] = ()
    hooks: tuple[Hook, ...] = ()
    mounts: tuple[Mount, ...] = ()
    intel_rdt: IntelRdt | None = None
    additional_gids: tuple[int, ...] = ()


class CdiDevice(msgspec.Struct, frozen=True, rename="camel"):
    """One device of a spec. CDI wants its edits to be there, even if there are none."""

    name: str
    container_edits: ContainerEdits = ContainerEdits()
    annotations: Mapping[str, str] | msgspec.UnsetType = msgspec.UNSET


class Spec(_Part, frozen=True):
    """A spec file; its own edits come once into a container that has any of its devices."""

    cdi_version: str
    kind: str
    devices: tuple[CdiDevice, ...]
    container_edits: ContainerEdits = ContainerEdits()
    annotations: Mapping[str, str] = {}


def _all_edits(spec: Spec) -> Iterator[ContainerEdits]:
    yield spec.container_edits
    yield from (device.container_edits for device in spec.devices)


def _begins_with_letter(name: str) -> bool:
    return name[0].isascii() and name[0].isalpha()


def minimum_version(spec: Spec) -> str:
    """The oldest CDI version that has all of what a spec uses: runtimes refuse one that is newer than they are."""
    edits = list(_all_edits(spec))
    if any(e.intel_rdt is not None or e.additional_gids for e in edits):
        return "0.7.0"
    annotated = spec.annotations or any(device.annotations for device in spec.devices)
    if annotated or "." in spec.kind.partition("/")[2]:
        return "0.6.0"
    # Device names had to begin with a letter until 0.5.0.
    if any(device.name and not _begins_with_letter(device.name) for device in spec.devices) or any(
        node.host_path for e in edits for node in e.device_nodes
    ):
        return "0.5.0"
    return "0.4.0" if any(mount.type for e in edits for mount in e.mounts) else "0.3.0"


def encode(spec: Spec) -> bytes:
    """The content of a JSON spec file."""
    return msgspec.json.format(msgspec.json.encode(spec), indent=2)


def _told(value: Any) -> Any:
    """A document without the fields that are null, which is how Go's encoders may write what is not there."""
    if isinstance(value, Mapping):
        return {key: _told(item) for key, item in value.items() if item is not None}
    return [_told(item) for item in value] if isinstance(value, list) else value


def decode(document: Any) -> Spec:
    """The spec that a parsed JSON or YAML document is; CdiError says what is wrong. Unknown fields are passed over."""
    told = _told(document)
    if isinstance(told, dict) and isinstance(told.get("devices"), list):
        for device in told["devices"]:
            # YAML takes a name of digits for a number.
            if isinstance(device, dict) and isinstance(device.get("name"), int):
                device["name"] = str(device["name"])
    try:
        return msgspec.convert(told, Spec)
    except msgspec.ValidationError as error:
        raise CdiError(f"invalid CDI spec: {error}") from None
