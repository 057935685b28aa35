"""StorageClasses: who provides their volumes, how, and where."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.old_labels import DEPRECATED
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text

_MOST_PARAMETERS, _LARGEST = 512, 256 * 1024
_POLICIES = ("Delete", "Retain")
_MODES = ("Immediate", "WaitForFirstConsumer")
_FIXED = ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")


def storage_class_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a StorageClass."""
    found, provisioner = Findings(), text(obj, "provisioner").lower()
    if not provisioner:
        found.required("provisioner")
    else:
        found.each_invalid("provisioner", provisioner, formats.label_key(provisioner))
    _parameters(found, mapping(obj, "parameters"))
    policy, mode = text(obj, "reclaimPolicy"), text(obj, "volumeBindingMode")
    if policy and policy not in _POLICIES:
        found.not_supported("reclaimPolicy", policy, _POLICIES)
    if mode not in _MODES:
        found.not_supported("volumeBindingMode", mode, _MODES)
    # One that asks for nothing is said to be there already.
    seen: set[frozenset[tuple[str, frozenset[str]]]] = {frozenset()}
    for at, term in enumerate(items(obj, "allowedTopologies")):
        here = f"allowedTopologies[{at}].matchLabelExpressions"
        wanted = _term(found, here, items(term, "matchLabelExpressions"))
        mark = frozenset((key, frozenset(values)) for key, values in wanted.items())
        if mark in seen:
            found.duplicate(here, "")
        seen.add(mark)
    return found.listed()


def _parameters(found: Findings, given: Object) -> None:
    if len(given) > _MOST_PARAMETERS:
        found.too_long("parameters", _MOST_PARAMETERS)
        return
    if "" in given:
        found.invalid("parameters", "", "field can not be empty.")
    if sum(formats.size(key) + formats.size(value) for key, value in given.items()) > _LARGEST:
        found.too_long("parameters", _LARGEST)


def _term(found: Findings, path: str, expressions: list[Object]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for at, expression in enumerate(expressions):
        here, key, values = f"{path}[{at}]", text(expression, "key"), items(expression, "values")
        if not values:
            found.required(f"{here}.values")
        seen: set[str] = set()
        for place, value in enumerate(values):
            if value in seen:
                found.duplicate(f"{here}.values[{place}]", value)
            seen.add(value)
        found.each_invalid(f"{here}.key", key, formats.label_key(key))
        if key in wanted:
            found.duplicate(f"{here}.key", key)
        wanted[key] = seen
    return wanted


def storage_class_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a StorageClass may not change."""
    found = Findings()
    for field in _FIXED:
        if not same(new.get(field), old.get(field)):
            found.invalid(field, None, "field is immutable")
    return found.listed()


def storage_class_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a StorageClass that is taken."""
    return [
        f"allowedTopologies[{at}].matchLabelExpressions[{place}].key: {DEPRECATED[key]}"
        for at, term in enumerate(items(new, "allowedTopologies"))
        for place, expression in enumerate(items(term, "matchLabelExpressions"))
        if (key := text(expression, "key")) in DEPRECATED
    ]
