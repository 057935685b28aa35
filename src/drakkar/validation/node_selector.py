"""Selectors of nodes: those of pods, volumes, slices, devices and allocations (dra-semantics 1.3.2, 1.3.9)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.selector_operator import NO_OPERATOR, selector_operator

_NAME = "metadata.name"


def node_selector(found: Findings, path: str, selector: Object) -> None:
    """A selector; it needs a term, and a term may be empty."""
    terms = items(selector, "nodeSelectorTerms")
    if not terms:
        found.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for at, term in enumerate(terms):
        node_term(found, f"{path}.nodeSelectorTerms[{at}]", term)


def node_term(found: Findings, path: str, term: Object, *, values: bool = True) -> None:
    """One term; `values`: whether what labels are compared with has to be a label's value."""
    for at, requirement in enumerate(items(term, "matchExpressions")):
        _label(found, f"{path}.matchExpressions[{at}]", requirement, values=values)
    for at, requirement in enumerate(items(term, "matchFields")):
        _field(found, f"{path}.matchFields[{at}]", requirement)


def _label(found: Findings, path: str, requirement: Object, *, values: bool) -> None:
    selector_operator(found, path, requirement, numbers=True)
    key = text(requirement, "key")
    found.each_invalid(f"{path}.key", key, formats.label_key(key))
    if values:
        for at, value in enumerate(items(requirement, "values")):
            found.each_invalid(f"{path}.values[{at}]", value, formats.label_value(value))


def _field(found: Findings, path: str, requirement: Object) -> None:
    key, operator = text(requirement, "key"), text(requirement, "operator")
    values = items(requirement, "values")
    if operator not in ("In", "NotIn"):
        found.invalid(f"{path}.operator", operator, NO_OPERATOR, typed=True)
    elif len(values) != 1:
        said = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        found.required(f"{path}.values", said)
    if key != _NAME:
        found.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for at, value in enumerate(values):
        found.each_invalid(f"{path}.values[{at}]", value, formats.dns_subdomain(value))
