"""The texts of which one stands in a field, as the API's description names them; `scripts/generate_enums.py` writes the table."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources

import msgspec

_NONE: Mapping[str, list[str]] = {}


@functools.cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    file = resources.files("drakkar.apiserver.schema") / "enums.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, list[str]]])


def enums(type_name: str) -> Mapping[str, list[str]]:
    """By the fields of a type, such as `io.k8s.api.core.v1.PodSpec`; `[]` behind a field's name: a list or a map of
    such texts."""
    return _table().get(type_name, _NONE)
