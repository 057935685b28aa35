"""Tolerations as upstream reads them."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.core import NodeSpec, Taint, Toleration
from drakkar.api.resource import decode
from drakkar.placement.node.taints import disliked, objections, tolerates


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "k", "value": "9"}, True),
        ({"key": "k", "operator": "Equal", "value": "9", "effect": "NoSchedule"}, True),
        ({"key": "k", "value": "8"}, False),
        ({"key": "k"}, False),
        ({"key": "k", "operator": "Whatever", "value": "9"}, False),
    ],
)
def test_one_toleration_and_one_taint(toleration: dict[str, Any], covers: bool) -> None:
    taint = Taint(key="k", value="9", effect="NoSchedule")
    assert tolerates(decode(Toleration, toleration), taint) is covers


@pytest.mark.parametrize(
    ("operator", "bound", "value", "covers"),
    [
        ("Gt", "5", "9", True),
        ("Gt", "9", "9", False),
        ("Lt", "10", "9", True),
        ("Gt", "-3", "-2", True),
        # No integers as Kubernetes reads them.
        ("Gt", "5", "1_0", False),
        ("Gt", "5", "09", False),
        ("Gt", "5", "+9", False),
        ("Lt", "9223372036854775808", "9", False),
    ],
)
def test_comparisons_cover_only_where_their_gate_is_on(
    operator: str, bound: str, value: str, covers: bool
) -> None:
    toleration = Toleration(key="k", operator=operator, value=bound)
    taint = Taint(key="k", value=value, effect="NoSchedule")
    assert not tolerates(toleration, taint)
    assert tolerates(toleration, taint, comparing=True) is covers


def test_a_cordon_is_told_of_once() -> None:
    cordon = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
    for spec in (
        NodeSpec(unschedulable=True),
        NodeSpec(taints=(cordon,)),
        NodeSpec(unschedulable=True, taints=(cordon,)),
    ):
        assert [one.told for one in objections((), spec)] == ["the node is cordoned (unschedulable)"]
        assert not objections((Toleration(key=cordon.key, operator="Exists"),), spec)
    assert [one.text for one in objections((), NodeSpec(taints=(cordon,)))] == [
        "node(s) had untolerated taint(s)"
    ]


def test_only_soft_taints_make_a_node_less_liked() -> None:
    spec = NodeSpec(
        taints=tuple(Taint(key="k", effect=effect) for effect in ("PreferNoSchedule", "NoSchedule"))
    )
    assert disliked((), spec) == 1
    assert disliked((Toleration(key="k", operator="Exists", effect="NoSchedule"),), spec) == 1
    assert disliked((Toleration(key="k", operator="Exists"),), spec) == 0
