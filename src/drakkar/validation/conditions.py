"""Conditions in a status, in the form all kinds share."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import text

_STATUSES = ("False", "True", "Unknown")
_LONGEST_REASON = 1024
_LONGEST_MESSAGE = 32 * 1024


def conditions(found: Findings, path: str, given: list[Object]) -> None:
    """A list of conditions, one of each type."""
    seen: set[str] = set()
    for at, condition in enumerate(given):
        kind = text(condition, "type")
        if kind in seen:
            found.duplicate(f"{path}[{at}]", kind)
        seen.add(kind)
        _condition(found, f"{path}[{at}]", condition)


def _condition(found: Findings, path: str, condition: Object) -> None:
    kind, status, reason = (text(condition, part) for part in ("type", "status", "reason"))
    if kind:
        found.each_invalid(f"{path}.type", kind, formats.label_key(kind))
    else:
        found.required(f"{path}.type", "is required")
    if not status:
        found.required(f"{path}.status")
    elif status not in _STATUSES:
        found.not_supported(f"{path}.status", status, _STATUSES)
    generation = condition.get("observedGeneration") or 0
    if generation < 0:
        found.invalid(f"{path}.observedGeneration", generation, "must be greater than or equal to zero")
    if not text(condition, "lastTransitionTime"):
        found.required(f"{path}.lastTransitionTime")
    if reason:
        found.each_invalid(f"{path}.reason", reason, formats.condition_reason(reason))
        if formats.size(reason) > _LONGEST_REASON:
            found.too_long(f"{path}.reason", _LONGEST_REASON)
    else:
        found.required(f"{path}.reason")
    if formats.size(text(condition, "message")) > _LONGEST_MESSAGE:
        found.too_long(f"{path}.message", _LONGEST_MESSAGE)
