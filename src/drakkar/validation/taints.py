"""Taints of devices and what tolerates them (dra-semantics 1.1.6, 1.3.15, 1.5.6)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import text

_EFFECTS = ("NoExecute", "NoSchedule", "None")
_OPERATORS = ("Equal", "Exists")


def taint(found: Findings, path: str, given: Object, old: Object | None = None) -> None:
    """One taint; an effect that was there before may be one that is no longer known."""
    key, value, effect = text(given, "key"), text(given, "value"), text(given, "effect")
    found.each_invalid(f"{path}.key", key, formats.label_key(key))
    found.each_invalid(f"{path}.value", value, formats.label_value(value))
    if old is not None and text(old, "effect") == effect:
        return
    if not effect:
        found.required(f"{path}.effect", declared=True)
    elif effect not in _EFFECTS:
        found.not_supported(f"{path}.effect", effect, _EFFECTS, declared=True)


def toleration(found: Findings, path: str, given: Object) -> None:
    """One toleration; without a key it is for all taints, and then only `Exists` makes sense."""
    key, operator, value, effect = (text(given, part) for part in ("key", "operator", "value", "effect"))
    if key:
        found.each_invalid(f"{path}.key", key, formats.label_key(key), declared=True)
    if operator == "Exists":
        if value:
            found.invalid(f"{path}.value", value, "must be empty for operator `Exists`")
    elif operator == "Equal":
        found.each_invalid(f"{path}.value", value, formats.label_value(value))
    elif not operator:
        found.required(f"{path}.operator")
    else:
        found.not_supported(f"{path}.operator", operator, _OPERATORS, declared=True)
    if effect and effect not in _EFFECTS:
        found.not_supported(f"{path}.effect", effect, _EFFECTS, declared=True)


def tolerations(found: Findings, path: str, given: list[Object]) -> None:
    """Any number of tolerations: the limit of 16 in the API's documentation is enforced nowhere."""
    for at, one in enumerate(given):
        toleration(found, f"{path}[{at}]", one)
