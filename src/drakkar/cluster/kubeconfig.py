"""Writes a cluster's access into a kubeconfig file, beside what the file already holds."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import yaml

from drakkar import private_file
from drakkar.cluster.certificates import KeyPair
from drakkar.cluster.errors import KubeconfigError


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _read(path: Path) -> dict[str, Any]:
    if not path.exists() or not path.read_text().strip():
        return {"apiVersion": "v1", "kind": "Config", "preferences": {}}
    try:
        loaded = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{path}: not YAML: {error}") from None
    if not isinstance(loaded, dict) or loaded.get("kind", "Config") != "Config":
        raise KubeconfigError(f"{path}: not a kubeconfig (kind: Config); name another file with --kubeconfig")
    return loaded


def _write(path: Path, config: dict[str, Any]) -> None:
    # A user's own file may be reached through a link of his; what is replaced is where it leads.
    real = Path(os.path.realpath(path))
    private_file.write(real, yaml.safe_dump(config, sort_keys=False).encode(), shared=True)


def _put(config: dict[str, Any], section: str, name: str, value: dict[str, Any]) -> None:
    entries = [entry for entry in config.get(section) or [] if entry.get("name") != name]
    key = section.removesuffix("s")
    config[section] = [*entries, {"name": name, key: value}]


def merge(path: Path, name: str, server: str, authority: Path, client: KeyPair) -> None:
    """Put cluster, user and context `name` into the file at `path` and make the context current.

    Entries of other names stay as they are; the file is replaced whole, readable by its owner only.
    """
    config = _read(path)
    _put(config, "clusters", name, {"server": server, "certificate-authority-data": _inline(authority)})
    user = {
        "client-certificate-data": _inline(client.certificate),
        "client-key-data": _inline(client.key),
    }
    _put(config, "users", name, user)
    _put(config, "contexts", name, {"cluster": name, "user": name})
    config["current-context"] = name
    _write(path, config)


def remove(path: Path, name: str) -> None:
    """Take cluster, user and context `name` out again; a file that is not there is no error."""
    if not path.exists():
        return
    config = _read(path)
    for section in ("clusters", "users", "contexts"):
        config[section] = [entry for entry in config.get(section) or [] if entry.get("name") != name]
    if config.get("current-context") == name:
        config["current-context"] = ""
    _write(path, config)


def copy(source: Path, target: Path) -> None:
    """Merge every cluster, user and context of one file into another and take over its current context."""
    into, given = _read(target), _read(source)
    for section in ("clusters", "users", "contexts"):
        for entry in given.get(section) or ():
            _put(into, section, entry["name"], entry[section.removesuffix("s")])
    into["current-context"] = given["current-context"]
    _write(target, into)
