"""Selectors of nodes on slices, devices and allocations (dra-semantics 1.3.2, 1.3.9)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.parts import items, text

_NAME = "metadata.name"
_NO_OPERATOR = "not a valid selector operator"


def node_selector(found: Findings, path: str, selector: Object) -> None:
    """A selector; it needs a term, and a term may be empty."""
    terms = items(selector, "nodeSelectorTerms")
    if not terms:
        found.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for at, term in enumerate(terms):
        here = f"{path}.nodeSelectorTerms[{at}]"
        for number, one in enumerate(items(term, "matchExpressions")):
            _expression(found, f"{here}.matchExpressions[{number}]", one)
        for number, one in enumerate(items(term, "matchFields")):
            _field(found, f"{here}.matchFields[{number}]", one)


def _expression(found: Findings, path: str, requirement: Object) -> None:
    key, operator, values = (
        text(requirement, "key"),
        text(requirement, "operator"),
        items(requirement, "values"),
    )
    if operator in ("In", "NotIn"):
        if not values:
            found.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.forbidden(f"{path}.values", said)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            found.required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        found.invalid(f"{path}.operator", operator, _NO_OPERATOR, typed=True)
    found.each_invalid(f"{path}.key", key, formats.label_key(key))
    for at, value in enumerate(values):
        found.each_invalid(f"{path}.values[{at}]", value, formats.label_value(value))


def _field(found: Findings, path: str, requirement: Object) -> None:
    key, operator, values = (
        text(requirement, "key"),
        text(requirement, "operator"),
        items(requirement, "values"),
    )
    if operator not in ("In", "NotIn"):
        found.invalid(f"{path}.operator", operator, _NO_OPERATOR, typed=True)
    elif len(values) != 1:
        said = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        found.required(f"{path}.values", said)
    if key != _NAME:
        found.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for at, value in enumerate(values):
        found.each_invalid(f"{path}.values[{at}]", value, formats.dns_subdomain(value))
