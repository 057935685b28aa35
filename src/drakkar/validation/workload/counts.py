"""Counts of pods and seconds: none is below nothing, and no part is more than the whole."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings

_LEAST = "must be greater than or equal to 0"


def counts(found: Findings, path: str, obj: Object, *fields: str) -> None:
    """Each of these fields of an object, where it is there."""
    for field in fields:
        value = obj.get(field)
        if value is not None and value < 0:
            found.invalid(f"{path}.{field}", value, _LEAST)


def parts(found: Findings, status: Object, whole: str, said: str, *fields: str) -> None:
    """Counts in a status that are parts of another count there."""
    for field in fields:
        value = status.get(field) or 0
        if value > (status.get(whole) or 0):
            found.invalid(f"status.{field}", value, f"cannot be greater than {said}")


def not_fewer(found: Findings, field: str, status: Object, old: Object) -> None:
    """A count in a status that only grows."""
    before, after = old.get(field), status.get(field)
    if before is not None and (after or 0) < before:
        found.invalid(f"status.{field}", after or 0, "cannot be decremented")
