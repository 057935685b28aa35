"""CDI spec files: building, naming, writing and removing them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drakkar.driver.atomic_file import write_atomically

_UNSAFE = re.compile(r"[/:]")


def qualified_name(kind: str, device: str) -> str:
    """The id by which a runtime is asked for a device."""
    return f"{kind}={device}"


def spec_file_name(kind: str, key: str) -> str:
    """File name of a spec made for one claim (or another transient thing)."""
    return f"{kind.replace('/', '-')}_{_UNSAFE.sub('_', key)}.json"


def _minimum_version(devices: Sequence[Mapping[str, Any]]) -> str:
    # Device names had to begin with a letter until 0.5.0.
    return "0.5.0" if any(str(device["name"])[:1].isdigit() for device in devices) else "0.3.0"


def spec(kind: str, devices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A spec document for devices of {name, containerEdits}."""
    return {
        "cdiVersion": _minimum_version(devices),
        "kind": kind,
        "devices": [dict(device) for device in devices],
    }


class CdiDirectory:
    """The directory a driver keeps its spec files in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, kind: str, key: str, devices: Sequence[Mapping[str, Any]]) -> Path:
        """Write the spec of a key, replacing an older one."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / spec_file_name(kind, key)
        write_atomically(path, json.dumps(spec(kind, devices), indent=2).encode())
        return path

    def remove(self, kind: str, key: str) -> None:
        """Remove the spec of a key; it is fine when there is none."""
        (self.root / spec_file_name(kind, key)).unlink(missing_ok=True)
