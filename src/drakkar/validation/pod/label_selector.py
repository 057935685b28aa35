"""Selectors of objects by their labels."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import object_labels
from drakkar.validation.selector_operator import selector_operator


def label_selector(found: Findings, path: str, selector: Object | None) -> None:
    """Nothing is wrong with one that is not there."""
    if selector is None:
        return
    object_labels(found, f"{path}.matchLabels", mapping(selector, "matchLabels"))
    for at, requirement in enumerate(items(selector, "matchExpressions")):
        here, values = f"{path}.matchExpressions[{at}]", items(requirement, "values")
        key = text(requirement, "key")
        selector_operator(found, here, requirement)
        found.each_invalid(f"{here}.key", key, formats.label_key(key))
        for value_at, value in enumerate(values):
            found.each_invalid(f"{here}.values[{value_at}]", value, formats.label_value(value))


def match_label_keys(
    found: Findings, path: str, matching: list[str], mismatching: list[str], selector: Object | None
) -> None:
    """Keys whose values come from the pod itself."""
    for field, keys in (("matchLabelKeys", matching), ("mismatchLabelKeys", mismatching)):
        if keys and selector is None:
            found.forbidden(f"{path}.{field}", "must not be specified when labelSelector is not set")
            continue
        for at, key in enumerate(keys):
            found.each_invalid(f"{path}.{field}[{at}]", key, formats.label_key(key))
    if selector is not None:
        seen = set(mapping(selector, "matchLabels"))
        last = {key: at for at, key in enumerate(matching)}
        for requirement in items(selector, "matchExpressions"):
            key = text(requirement, "key")
            if key in last and key in seen:
                found.invalid(f"{path}[{last[key]}]", key, "exists in both matchLabelKeys and labelSelector")
            seen.add(key)
    unequal = frozenset(mismatching)
    for at, key in enumerate(matching):
        if key in unequal:
            said = "exists in both matchLabelKeys and mismatchLabelKeys"
            found.invalid(f"{path}.matchLabelKeys[{at}]", key, said)
