"""Node selectors: which nodes by label or name; terms are ORed, the requirements of a term ANDed (dra-semantics 2.2.3)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from drakkar.api.integers import int64_of

# The one field that nodes are selected by.
NAME = "metadata.name"


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


def _check(requirement: NodeSelectorRequirement) -> None:
    count = len(requirement.values)
    match requirement.operator:
        case "In" | "NotIn":
            wrong = "needs values" if not count else ""
        case "Exists" | "DoesNotExist":
            wrong = "takes no values" if count else ""
        case "Gt" | "Lt":
            wrong = "needs exactly one value" if count != 1 else ""
            if not wrong and int64_of(requirement.values[0]) is None:
                raise NodeSelectorError(
                    f"{requirement.key}: value {requirement.values[0]!r} is not an integer"
                )
        case _:
            wrong = "is not an operator"
    if wrong:
        raise NodeSelectorError(f"{requirement.key}: {requirement.operator!r} {wrong}")


def _check_field(requirement: NodeSelectorRequirement) -> None:
    if requirement.operator not in ("In", "NotIn") or len(requirement.values) != 1:
        raise NodeSelectorError(f"{requirement.key}: a field takes In or NotIn with exactly one value")
    if requirement.key != NAME:
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
    number, bound = None if value is None else int64_of(value), int64_of(requirement.values[0])
    if number is None or bound is None:
        return False
    return number > bound if requirement.operator == "Gt" else number < bound


def _term_holds(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> bool:
    for requirement in term.match_fields:
        if (name in requirement.values) is (requirement.operator == "NotIn"):
            return False
    return all(_holds(requirement, labels) for requirement in term.match_expressions)


def _check_term(term: NodeSelectorTerm) -> None:
    for requirement in term.match_expressions:
        _check(requirement)
    for requirement in term.match_fields:
        _check_field(requirement)


def _is_empty(term: NodeSelectorTerm) -> bool:
    return not term.match_expressions and not term.match_fields


def term_holds(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> bool:
    """Whether one term holds for a node; one that is empty or makes no sense does not."""
    try:
        _check_term(term)
    except NodeSelectorError:
        return False
    return not _is_empty(term) and _term_holds(term, name, labels)


def field_node(field: NodeSelectorRequirement) -> str | None:
    """The one node whose name a field of a term asks for; None for a field that asks for anything else."""
    if (field.key, field.operator, len(field.values)) != (NAME, "In", 1):
        return None
    return field.values[0]


def only_node(term: NodeSelectorTerm) -> str | None:
    """The one node that a term selects by its name and by nothing else; None where labels or other fields have a say."""
    if term.match_expressions or len(term.match_fields) != 1:
        return None
    return field_node(term.match_fields[0])


def names_only(selector: NodeSelector) -> frozenset[str] | None:
    """The nodes that are selected, where that is certain from the names it gives; None where labels decide."""
    found: set[str] = set()
    for term in selector.node_selector_terms:
        if _is_empty(term):
            continue
        name = only_node(term)
        if name is None:
            return None
        found.add(name)
    return frozenset(found)


def match_terms(selector: NodeSelector, name: str, labels: Mapping[str, str]) -> bool:
    """As pods choose nodes: a term that makes no sense only matters where no other holds, NodeSelectorError then."""
    wrong: NodeSelectorError | None = None
    for term in selector.node_selector_terms:
        if _is_empty(term):
            continue
        try:
            _check_term(term)
        except NodeSelectorError as error:
            wrong = wrong or error
            continue
        if _term_holds(term, name, labels):
            return True
    if wrong is not None:
        raise wrong
    return False


def match_node_selector(selector: NodeSelector, name: str, labels: Mapping[str, str]) -> bool:
    """As claims and devices choose nodes: NodeSelectorError if any term makes no sense, whatever the others say."""
    terms = [term for term in selector.node_selector_terms if not _is_empty(term)]
    for term in terms:
        _check_term(term)
    return any(_term_holds(term, name, labels) for term in terms)
