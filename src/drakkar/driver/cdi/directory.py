"""The spec files that a driver writes and removes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from drakkar.driver.atomic_file import write_atomically
from drakkar.driver.cdi.names import spec_file_name
from drakkar.driver.cdi.spec import CdiDevice, Spec, encode, minimum_version


class CdiDirectory:
    """The directory a driver keeps its spec files in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, kind: str, key: str, devices: Sequence[CdiDevice]) -> Path:
        """Write the spec of a key, replacing an older one."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / spec_file_name(kind, key)
        spec = Spec("", kind, tuple(devices))
        spec = msgspec.structs.replace(spec, cdi_version=minimum_version(spec))
        write_atomically(path, encode(spec))
        return path

    def remove(self, kind: str, key: str) -> None:
        """Remove the spec of a key; it is fine when there is none."""
        (self.root / spec_file_name(kind, key)).unlink(missing_ok=True)
