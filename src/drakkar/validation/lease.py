"""Leases: who holds something, and until when."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import mapping


def lease_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Lease."""
    found, spec = Findings(), mapping(obj, "spec")
    seconds, changes = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        found.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    if changes is not None and changes < 0:
        found.invalid("spec.leaseTransitions", changes, "must be greater than or equal to 0")
    return found.listed()
