"""PriorityClasses: how much a pod matters beside others."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, mapping, text

_HIGHEST = 1_000_000_000
_POLICIES = ("PreemptLowerPriority", "Never")
_SYSTEM = "system-"
_KNOWN = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def priority_class_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a new PriorityClass."""
    found, name, value = Findings(), text(mapping(obj, "metadata"), "name"), obj.get("value") or 0
    if name.startswith(_SYSTEM):
        why = _unknown(name, value, bool(obj.get("globalDefault")))
        if why:
            said = (
                f"priority class names with '{_SYSTEM}' prefix are reserved for system use only. error: {why}"
            )
            found.forbidden("metadata.name", said)
    elif value > _HIGHEST:
        found.forbidden("value", f"maximum allowed value of a user defined priority is {_HIGHEST}")
    policy = obj.get("preemptionPolicy")
    if policy == "":
        found.required("preemptionPolicy")
    elif policy is not None and policy not in _POLICIES:
        found.not_supported("preemptionPolicy", policy, _POLICIES)
    return found.listed()


def _unknown(name: str, value: int, default: bool) -> str:
    """Why this is not one of the system's own classes; empty if it is."""
    if name not in _KNOWN:
        return f"{name} is not a known system priority class"
    if value != _KNOWN[name]:
        return f"value of {name} PriorityClass must be {_KNOWN[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if default else ""


def priority_class_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a PriorityClass may not change."""
    found = Findings()
    if (old.get("value") or 0) != (new.get("value") or 0):
        found.forbidden("value", "may not be changed in an update.")
    immutable(found, "preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))
    return found.listed()
