"""Opaque parameters for drivers, and other raw JSON objects (dra-semantics 1.1.8)."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.validation import formats, names
from drakkar.validation.field_error import OMITTED, Findings, compact_json
from drakkar.validation.field_values import text

_LONGEST = 10 * 1024


def device_configuration(found: Findings, path: str, config: Object, *, stored: bool = False) -> None:
    """The one kind of configuration there is."""
    opaque = config.get("opaque")
    if opaque is None:
        found.required(f"{path}.opaque")
        return
    names.declared_driver(found, f"{path}.opaque.driver", text(opaque, "driver"))
    raw_object(found, f"{path}.opaque.parameters", opaque.get("parameters"), stored=stored)


def raw_object(found: Findings, path: str, value: Any, *, stored: bool = False) -> None:
    """A JSON object of any content; what is stored may be larger than what is new."""
    if value is None:
        found.required(path)
    elif not stored and formats.size(compact_json(value)) > _LONGEST:
        found.too_long(path, _LONGEST)
    elif not isinstance(value, dict):
        found.invalid(path, OMITTED, "must be a valid JSON object")
