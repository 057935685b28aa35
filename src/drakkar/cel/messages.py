"""Values of types that have fields, which an expression makes by naming the type: `Object.spec{replicas: 3}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MessageValue:
    """A value with its fields. What reads of a field that is not set is in `unset`; without it nothing is read at all, for the
    value is made to be handed on."""

    __slots__ = ("cel_type", "fields", "unset")

    def __init__(self, name: str, fields: Mapping[str, Any], unset: Mapping[str, Any] | None = None) -> None:
        self.cel_type = name
        self.fields = fields
        self.unset = unset

    def reads(self, field: object) -> bool:
        """Whether there is such a field, and it can be read."""
        return self.unset is not None and (field in self.unset or field in self.fields)

    def read(self, field: str) -> Any:
        """What a field reads as, of those that can be read."""
        assert self.unset is not None
        return self.fields[field] if field in self.fields else self.unset[field]

    def has(self, field: str) -> bool:
        """Whether a field is set that can be read; one that reads the same without is not."""
        return (
            self.reads(field) and field in self.fields and self.fields[field] != (self.unset or {}).get(field)
        )
