from __future__ import annotations

from typing import Any

import msgspec
import pytest

from drakkar.api.node_selector import NodeSelector, NodeSelectorError, match_node_selector

LABELS = {"zone": "a", "cpus": "8", "gpu": ""}


def _matches(*terms: dict[str, Any]) -> bool:
    selector = msgspec.convert({"nodeSelectorTerms": list(terms)}, NodeSelector)
    return match_node_selector(selector, "n1", LABELS)


def _label(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("requirement", "holds"),
    [
        (_label("zone", "In", "a", "b"), True),
        (_label("zone", "NotIn", "a"), False),
        (_label("absent", "NotIn", "a"), True),
        (_label("absent", "In", "a"), False),
        (_label("gpu", "Exists"), True),
        (_label("gpu", "DoesNotExist"), False),
        (_label("cpus", "Gt", "7"), True),
        (_label("cpus", "Lt", "8"), False),
        (_label("zone", "Gt", "1"), False),
    ],
)
def test_each_operator(requirement: dict[str, Any], holds: bool) -> None:
    assert _matches({"matchExpressions": [requirement]}) is holds


def test_terms_are_alternatives_and_empty_ones_match_nothing() -> None:
    other, this = _label("metadata.name", "In", "n2"), _label("metadata.name", "In", "n1")
    assert not _matches() and not _matches({})
    assert not _matches({"matchFields": [other]})
    assert _matches({"matchFields": [other]}, {}, {"matchFields": [this]})
    assert not _matches({"matchFields": [this], "matchExpressions": [_label("zone", "In", "b")]})


@pytest.mark.parametrize(
    "term",
    [
        {"matchExpressions": [_label("zone", "In")]},
        {"matchExpressions": [_label("zone", "Like", "a")]},
        {"matchExpressions": [_label("cpus", "Gt", "many")]},
        {"matchFields": [_label("metadata.uid", "In", "x")]},
        {"matchFields": [_label("metadata.name", "Exists")]},
    ],
)
def test_one_senseless_term_makes_the_whole_selector_an_error(term: dict[str, Any]) -> None:
    good = {"matchFields": [_label("metadata.name", "In", "n1")]}
    with pytest.raises(NodeSelectorError):
        _matches(good, term)
