"""The nodes that a pod chooses by their labels and names, and those that it likes."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.core import PodSpec
from drakkar.api.node_selector import NAME, NodeSelectorError, match_terms, term_holds
from drakkar.placement.reason import NOT_SELECTED, Reason


def objections(spec: PodSpec, name: str, labels: Mapping[str, str]) -> list[Reason]:
    """Why the pod's nodeSelector or required node affinity passes the node over."""
    found = []
    for key, value in spec.node_selector.items():
        if labels.get(key) != value:
            has = f"has {key}={labels[key]}" if key in labels else "has no such label"
            found.append(Reason(NOT_SELECTED, f"nodeSelector wants {key}={value}, the node {has}"))
    required = spec.affinity.node_affinity.required
    if required is not None:
        try:
            if not match_terms(required, name, labels):
                found.append(Reason(NOT_SELECTED, "required node affinity does not match the node"))
        except NodeSelectorError as error:
            found.append(Reason(NOT_SELECTED, f"required node affinity makes no sense: {error}"))
    return found


def names(spec: PodSpec) -> frozenset[str] | None:
    """The nodes beyond which required node affinity does not look, where each of its terms asks for names; nothing where no
    node can have all the names of any.
    """
    required = spec.affinity.node_affinity.required
    if required is None or not required.node_selector_terms:
        return None
    found: frozenset[str] = frozenset()
    for term in required.node_selector_terms:
        asked = [one for one in term.match_fields if one.key == NAME and one.operator == "In"]
        if not asked:
            return None
        found |= frozenset.intersection(*(frozenset(one.values) for one in asked))
    return found


def is_choosy(spec: PodSpec) -> bool:
    """Whether there could be a node that the pod passes over."""
    return bool(spec.node_selector) or spec.affinity.node_affinity.required is not None


def selects(spec: PodSpec, name: str, labels: Mapping[str, str]) -> bool:
    """Whether the pod may be on the node as far as names and labels go."""
    return not objections(spec, name, labels)


def liking(spec: PodSpec, name: str, labels: Mapping[str, str]) -> int:
    """The weights of the preferred terms that match, in all; a term that makes no sense likes no node."""
    weight = 0
    for one in spec.affinity.node_affinity.preferred:
        if one.weight and term_holds(one.preference, name, labels):
            weight += one.weight
    return weight
