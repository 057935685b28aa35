"""What of the host no container sees where mounts are to be had: the cluster's files, keys, and what others share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import drakkar
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.mount_table import place_of
from drakkar.kubelet.host.secret_places import SecretPlaces

# Each container has these to itself.
_OWN = {"/tmp": 0o1777, "/var/tmp": 0o1777, "/run": 0o755}
_KEYS_OF_USERS = (".kube", ".ssh")
_EMPTY = 0o555
_PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Seclusion:
    """`hidden` are directories and files that are empty in a container (with their mode), `secret` those of them that
    stay so below a hostPath; `kept` is shown although it lies below a hidden one.
    """

    hidden: Mapping[str, int] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: KubeletConfig) -> Seclusion:
        """For a node."""
        secret = _real(_secrets(config))
        kept = _real(path for path in _needed(config) if path.exists())
        hidden = {path: mode for path, mode in _OWN.items() if os.path.realpath(path) == path}
        return cls(
            hidden | dict.fromkeys(secret, _EMPTY),
            tuple(secret),
            tuple(path for path in kept if path not in hidden and path not in secret),
        )

    def now(self) -> Seclusion:
        """The same as things are: what was no link, or was not there, may be one by now."""
        secret = tuple(dict.fromkeys((*self.secret, *map(os.path.realpath, self.secret))))
        hidden = {path: self.hidden.get(path, _EMPTY) for path in (*self.hidden, *secret) if path != "/"}
        return Seclusion(hidden, secret, self.kept)

    def holds(self, path: Path) -> bool:
        """Is this path, links followed, one that no pod may have? It need not be there."""
        places = SecretPlaces(self.secret)
        real = os.path.realpath(path)
        if places.hold_path(real):
            return True
        place = place_of(real)
        return any(place.is_in(secret) for secret in places.places)

    def holds_open(self, descriptor: int) -> bool:
        """Is what is open here something that no pod may have?"""
        return SecretPlaces(self.secret).hold(descriptor)


def _secrets(config: KubeletConfig) -> Iterable[Path]:
    yield config.root_dir
    yield from config.hidden_dirs
    for file in (config.tls_private_key_file, config.kubeconfig, config.service_proxy):
        if file is not None:
            yield file
    home = Path(os.path.expanduser("~"))
    yield from (home / name for name in _KEYS_OF_USERS)


def _needed(config: KubeletConfig) -> Iterable[Path]:
    """Programs that images stand for, wherever this Python lives, and how names are looked up."""
    yield config.bin_dir
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(drakkar.__file__).parents[1])
    yield from (Path(entry) for entry in sys.path if Path(entry).name in _PACKAGES)
    yield Path("/etc/resolv.conf")


def _real(paths: Iterable[Path]) -> list[str]:
    found = (os.path.realpath(path) for path in paths)
    return [path for path in dict.fromkeys(found) if path != "/"]
