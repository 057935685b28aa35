"""What one node agent needs to know to run, and where it keeps things below its root directory."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from drakkar import private_file
from drakkar.api.gates import Gates

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KubeletConfig:
    """Settings of one node. Port 0 takes any free one and tells it in the Node's status."""

    node_name: str
    root_dir: Path
    client_ca_file: Path
    tls_cert_file: Path
    tls_private_key_file: Path
    kubeconfig: Path | None = None
    address: str = "127.0.0.1"
    port: int = 0
    max_pods: int = 110
    # Access to services and endpoints. Nodes on one machine share its ports, so one of them serves the node ports of all.
    service_proxy: Path | None = None
    # Directories beside root_dir that no container may see: keys of the cluster.
    hidden_dirs: tuple[Path, ...] = ()
    # Containers write here what they want; a file is rotated once at this size, so a log takes twice as much.
    log_bytes: int = 10 * 1024 * 1024
    gates: Gates = field(default_factory=Gates.default)

    @property
    def kubelet_dir(self) -> Path:
        """What containers know as /var/lib/kubelet."""
        return self.root_dir / "kubelet"

    @property
    def registry_dir(self) -> Path:
        return self.kubelet_dir / "plugins_registry"

    @property
    def plugins_dir(self) -> Path:
        return self.kubelet_dir / "plugins"

    @property
    def cdi_dirs(self) -> tuple[Path, Path]:
        """What containers know as /etc/cdi and /var/run/cdi; the later one wins, as for container runtimes."""
        return self.root_dir / "cdi" / "etc", self.root_dir / "cdi" / "run"

    @property
    def pods_dir(self) -> Path:
        return self.root_dir / "pods"

    @property
    def containers_dir(self) -> Path:
        return self.root_dir / "containers"

    @property
    def checkpoint_dir(self) -> Path:
        return self.root_dir / "checkpoint"

    @property
    def bin_dir(self) -> Path:
        """Programs that stand in for those of an image."""
        return self.root_dir / "bin"

    @property
    def images_file(self) -> Path:
        return self.root_dir / "images.toml"

    def make_directories(self) -> None:
        """Create every directory above; only the owner may look in, for there are secrets below. UnsafeFileError if others
        could."""
        private_file.make_directory(self.root_dir)
        for path in (self.pods_dir, self.containers_dir, self.checkpoint_dir, self.bin_dir):
            path.mkdir(parents=True, exist_ok=True, mode=0o755)
        for path in (self.registry_dir, self.plugins_dir, *self.cdi_dirs):
            try:
                path.mkdir(parents=True, exist_ok=True, mode=0o755)
            except OSError as error:
                # Drivers write there too. Without it there are no devices; all else goes on.
                _log.error("%s: %s; no driver can be used before it is a directory", path, error.strerror)
