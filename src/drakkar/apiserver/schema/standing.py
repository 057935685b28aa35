"""The fields that a Go value of a type always has, so that nobody who writes into one of them makes it.

A struct that is held by value is such a field, and so is whatever its tag does not let go when it is empty.
`scripts/generate_standing_fields.py` writes the table.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources

import msgspec

_NONE: frozenset[str] = frozenset()


@functools.cache
def _table() -> Mapping[str, frozenset[str]]:
    file = resources.files("drakkar.apiserver.schema") / "standing_fields.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, frozenset[str]])


def standing(type_name: str) -> frozenset[str]:
    """Those of a type, such as `io.k8s.api.core.v1.Pod`; none of one that is not known."""
    return _table().get(type_name, _NONE) if type_name else _NONE
