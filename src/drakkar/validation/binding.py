"""Conditions on which binding waits or fails (dra-semantics 1.3.16), and node operations to skip (1.3.17)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, unique, within

_MOST = 4
_ALL = "*"
_PREPARE = "NodePrepareResources"
_UNPREPARE = "NodeUnprepareResources"


def binding_conditions(found: Findings, path: str, obj: Object) -> None:
    """Both lists of a device or of an allocation result."""
    awaited, failures = items(obj, "bindingConditions"), items(obj, "bindingFailureConditions")
    if not awaited and not failures:
        return
    for part, conditions in (("bindingConditions", awaited), ("bindingFailureConditions", failures)):
        if within(found, f"{path}.{part}", conditions, _MOST):
            for at, condition in enumerate(conditions):
                found.each_invalid(f"{path}.{part}[{at}]", condition, formats.label_key(condition))
    unique(found, f"{path}.bindingConditions", awaited, str, declared=False)
    unique(found, f"{path}.bindingFailureConditions", failures, str, declared=False)
    known = frozenset(awaited)
    for at, condition in enumerate(failures):
        if condition in known:
            said = "bindingFailureConditions must not overlap with bindingConditions"
            found.invalid(f"{path}.bindingFailureConditions[{at}]", condition, said)
    if failures and not awaited:
        said = "bindingConditions are required to use bindingFailureConditions"
        found.invalid(f"{path}.bindingConditions", obj.get("bindingConditions"), said)
    if awaited and not failures:
        said = "bindingFailureConditions are required to use bindingConditions"
        found.invalid(f"{path}.bindingFailureConditions", obj.get("bindingFailureConditions"), said)


def skipped_operations(found: Findings, path: str, operations: list[str]) -> None:
    """What is not prepared may still be unprepared, but not the other way round."""
    if _PREPARE in operations and not {_UNPREPARE, _ALL} & set(operations):
        said = "NodePrepareResources cannot be skipped unless NodeUnprepareResources is also skipped"
        found.invalid(path, operations, said)
    if found.unchanged:
        return
    unique(found, path, operations, str)
    for at, operation in enumerate(operations):
        if operation not in (_ALL, _PREPARE, _UNPREPARE):
            found.not_supported(f"{path}[{at}]", operation, (_ALL, _PREPARE, _UNPREPARE), declared=True)
