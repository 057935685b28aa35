"""Node selectors: which nodes by label or name; terms are ORed, the requirements of a term ANDed (dra-semantics 2.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NAME = "metadata.name"


class NodeSelectorError(ValueError):
    """A term that is not empty cannot be understood; the whole selector is an error then."""


class NodeSelectorRequirement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One comparison of a label, or of the field metadata.name."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class NodeSelectorTerm(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Requirements that must all hold; an empty term matches nothing."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Terms of which one must hold."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


def _integer(text: str, what: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise NodeSelectorError(f"{what} {text!r} is not an integer")
    return int(text)


def _check(requirement: NodeSelectorRequirement) -> None:
    count = len(requirement.values)
    match requirement.operator:
        case "In" | "NotIn":
            wrong = "needs values" if not count else ""
        case "Exists" | "DoesNotExist":
            wrong = "takes no values" if count else ""
        case "Gt" | "Lt":
            wrong = "needs exactly one value" if count != 1 else ""
            if not wrong:
                _integer(requirement.values[0], f"{requirement.key}: value")
        case _:
            wrong = "is not an operator"
    if wrong:
        raise NodeSelectorError(f"{requirement.key}: {requirement.operator!r} {wrong}")


def _check_field(requirement: NodeSelectorRequirement) -> None:
    if requirement.operator not in ("In", "NotIn") or len(requirement.values) != 1:
        raise NodeSelectorError(f"{requirement.key}: a field takes In or NotIn with exactly one value")
    if requirement.key != _NAME:
        raise NodeSelectorError(f"{requirement.key!r} is not a field of nodes that can be selected")


def _holds(requirement: NodeSelectorRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    if value is None or not _INTEGER.fullmatch(value):
        return False
    bound = int(requirement.values[0])
    return int(value) > bound if requirement.operator == "Gt" else int(value) < bound


def _term_holds(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> bool:
    for requirement in term.match_fields:
        if (name in requirement.values) is (requirement.operator == "NotIn"):
            return False
    return all(_holds(requirement, labels) for requirement in term.match_expressions)


def match_node_selector(selector: NodeSelector, name: str, labels: Mapping[str, str]) -> bool:
    """Whether a node of this name and these labels is selected; NodeSelectorError if any term makes no sense."""
    terms = [term for term in selector.node_selector_terms if term.match_expressions or term.match_fields]
    for term in terms:
        for requirement in term.match_expressions:
            _check(requirement)
        for requirement in term.match_fields:
            _check_field(requirement)
    return any(_term_holds(term, name, labels) for term in terms)
