"""Which nodes and neighbours a pod wants and which it does not."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.parts import items, mapping, text
from drakkar.validation.pod.label_selector import label_selector, match_label_keys

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_OPERATOR = "not a valid selector operator"


def affinity(found: Findings, path: str, given: Object) -> None:
    """For nodes, for pods and against pods."""
    nodes = mapping(given, "nodeAffinity")
    if nodes.get(_REQUIRED) is not None:
        _node_selector(found, f"{path}.nodeAffinity.{_REQUIRED}", nodes[_REQUIRED])
    for at, term in enumerate(items(nodes, _PREFERRED)):
        here = f"{path}.nodeAffinity.{_PREFERRED}[{at}]"
        _weight(found, here, term)
        _node_term(found, f"{here}.preference", mapping(term, "preference"), values=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        pods = mapping(given, kind)
        for at, term in enumerate(items(pods, _REQUIRED)):
            _pod_term(found, f"{path}.{kind}.{_REQUIRED}[{at}]", term)
        for at, term in enumerate(items(pods, _PREFERRED)):
            here = f"{path}.{kind}.{_PREFERRED}[{at}]"
            _weight(found, here, term)
            _pod_term(found, f"{here}.podAffinityTerm", mapping(term, "podAffinityTerm"))


def _weight(found: Findings, path: str, term: Object) -> None:
    weight = term.get("weight") or 0
    if not 0 < weight <= 100:
        found.invalid(f"{path}.weight", weight, "must be in the range 1-100")


def _node_selector(found: Findings, path: str, selector: Object) -> None:
    terms = items(selector, "nodeSelectorTerms")
    if not terms:
        found.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for at, term in enumerate(terms):
        _node_term(found, f"{path}.nodeSelectorTerms[{at}]", term)


def _node_term(found: Findings, path: str, term: Object, *, values: bool = True) -> None:
    for at, requirement in enumerate(items(term, "matchExpressions")):
        _node_label(found, f"{path}.matchExpressions[{at}]", requirement, values=values)
    for at, requirement in enumerate(items(term, "matchFields")):
        _node_field(found, f"{path}.matchFields[{at}]", requirement)


def _node_label(found: Findings, path: str, requirement: Object, *, values: bool) -> None:
    operator, given = text(requirement, "operator"), items(requirement, "values")
    if operator in ("In", "NotIn"):
        if not given:
            found.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if given:
            said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.forbidden(f"{path}.values", said)
    elif operator in ("Gt", "Lt"):
        if len(given) != 1:
            said = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            found.required(f"{path}.values", said)
    else:
        found.invalid(f"{path}.operator", operator, _OPERATOR)
    key = text(requirement, "key")
    found.each_invalid(f"{path}.key", key, formats.label_key(key))
    if values:
        for at, value in enumerate(given):
            found.each_invalid(f"{path}.values[{at}]", value, formats.label_value(value))


def _node_field(found: Findings, path: str, requirement: Object) -> None:
    operator, given = text(requirement, "operator"), items(requirement, "values")
    if operator not in ("In", "NotIn"):
        found.invalid(f"{path}.operator", operator, _OPERATOR)
    elif len(given) != 1:
        said = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        found.required(f"{path}.values", said)
    key = text(requirement, "key")
    if key != "metadata.name":
        found.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for at, value in enumerate(given):
        found.each_invalid(f"{path}.values[{at}]", value, formats.dns_subdomain(value))


def _pod_term(found: Findings, path: str, term: Object) -> None:
    label_selector(found, f"{path}.labelSelector", term.get("labelSelector"))
    label_selector(found, f"{path}.namespaceSelector", term.get("namespaceSelector"))
    for name in items(term, "namespaces"):
        found.each_invalid(f"{path}.namespace", name, formats.dns_label(name))
    matching, mismatching = items(term, "matchLabelKeys"), items(term, "mismatchLabelKeys")
    match_label_keys(found, path, matching, mismatching, term.get("labelSelector"))
    key = text(term, "topologyKey")
    if not key:
        found.required(f"{path}.topologyKey", "can not be empty")
    found.each_invalid(f"{path}.topologyKey", key, formats.label_key(key))
