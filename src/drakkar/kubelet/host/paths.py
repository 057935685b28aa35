"""What a path of the host that a pod names leads to: several nodes share one machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.seclusion import Seclusion


@dataclass(frozen=True, slots=True)
class HostPaths:
    """Where a hostPath leads. Several nodes share one machine, so each has a kubelet's directories of its own."""

    prefixes: tuple[tuple[str, Path], ...]
    seclusion: Seclusion

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
            ),
            Seclusion.of(config),
        )

    def resolve(self, path: str) -> tuple[Path, str] | None:
        """A directory of this node's own and the path below it that are meant by one of a kubelet's; None for others."""
        # Without the parts "." and "..", which would lead out of the node's own directories.
        clean = PurePosixPath(os.path.normpath(path))
        for prefix, real in self.prefixes:
            if clean.is_relative_to(prefix):
                return real, str(clean.relative_to(prefix))
        return None

    def owns(self, path: Path) -> bool:
        """Is this path, without links, in one of the node's own directories that drivers and pods know as the kubelet's?"""
        return any(path.is_relative_to(os.path.realpath(real)) for _, real in self.prefixes)
