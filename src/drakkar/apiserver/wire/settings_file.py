"""Reads a file that configures the server, which whoever starts it has written: YAML or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from drakkar.api.object import Object, without_nulls
from drakkar.apiserver.wire import yaml_body

# What people write is far smaller.
_LARGEST: Final = 4 * 1024 * 1024


class SettingsError(Exception):
    """The file cannot be read, or is no object; the text says why."""


def read(path: Path) -> Object:
    """The object in a file; SettingsError."""
    try:
        return object_of(path.read_bytes())
    except OSError as failure:
        raise SettingsError(f"failed to read file path {path}: {failure}") from None


def object_of(raw: bytes) -> Object:
    """The object that is written in these bytes, without fields that are null, which stands for left out; SettingsError."""
    try:
        value = without_nulls(yaml_body.load(raw, _LARGEST).value)
    except yaml_body.YamlError as failure:
        raise SettingsError(f"failed decoding: {failure}") from None
    if not isinstance(value, dict):
        raise SettingsError("failed decoding: it is no object")
    return value
