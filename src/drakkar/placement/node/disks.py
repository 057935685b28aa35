"""Disks that pods name in their volumes and that no two pods of a node may have, or only to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import Object


class Disk(NamedTuple):
    """One disk of a kind; `monitors` are those of a Ceph cluster, by any of which it is told from others."""

    kind: str
    name: tuple[str, ...]
    read_only: bool
    monitors: frozenset[str] = frozenset()

    def clashes(self, other: Disk) -> bool:
        """Whether not both can be had on a node."""
        return (
            (self.kind, self.name) == (other.kind, other.name)
            and not (self.read_only and other.read_only)
            and (not (self.monitors or other.monitors) or not self.monitors.isdisjoint(other.monitors))
        )


def disks_of(pod: Pod) -> tuple[Disk, ...]:
    """The disks that a pod names; what makes no sense is none."""
    return tuple(disk for volume in pod.spec.volumes for disk in _disks(volume))


def _disks(volume: Object) -> Iterator[Disk]:
    for kind, source in volume.items():
        if not isinstance(source, dict):
            continue
        read_only = bool(source.get("readOnly"))
        if kind == "gcePersistentDisk":
            yield Disk(kind, (str(source.get("pdName")),), read_only)
        elif kind == "awsElasticBlockStore":
            yield Disk(kind, (str(source.get("volumeID")),), False)
        elif kind == "iscsi":
            yield Disk(kind, (str(source.get("iqn")),), read_only)
        elif kind == "rbd":
            monitors = frozenset(map(str, source.get("monitors") or ()))
            # What the API fills in where it is not said.
            name = str(source.get("pool") or "rbd"), str(source.get("image"))
            yield Disk(kind, name, read_only, monitors)
