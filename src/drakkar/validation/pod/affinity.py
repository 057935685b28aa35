"""Which nodes and neighbours a pod wants and which it does not."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.node_selector import node_selector, node_term
from drakkar.validation.pod.label_selector import label_selector, match_label_keys

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity(found: Findings, path: str, given: Object) -> None:
    """For nodes, for pods and against pods."""
    nodes = mapping(given, "nodeAffinity")
    if nodes.get(_REQUIRED) is not None:
        node_selector(found, f"{path}.nodeAffinity.{_REQUIRED}", nodes[_REQUIRED])
    for at, term in enumerate(items(nodes, _PREFERRED)):
        here = f"{path}.nodeAffinity.{_PREFERRED}[{at}]"
        _weight(found, here, term)
        node_term(found, f"{here}.preference", mapping(term, "preference"), values=False)
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
