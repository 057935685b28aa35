"""Whom it may help that another pod is placed."""

from __future__ import annotations

from typing import Any

from drakkar.placement import Company, company_of

from .objects import pod

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def of(**spec: Any) -> Company:
    found = company_of(pod("p", namespace="a", **spec))
    assert found is not None
    return found


def term(app: str, **more: Any) -> dict[str, Any]:
    return {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}, **more}


def test_one_that_wants_others_nearby_wants_all_of_its_terms() -> None:
    one = of(
        affinity={
            "podAffinity": {
                REQUIRED: [term("x"), {**term("x"), "labelSelector": {"matchLabels": {"y": "z"}}}]
            }
        }
    )
    assert one.wants(pod("o", {"app": "x", "y": "z"}, "a"), {})
    assert not one.wants(pod("o", {"app": "x"}, "a"), {})
    assert not one.wants(pod("o", {"app": "x", "y": "z"}, "b"), {})
    by_label = of(
        affinity={"podAffinity": {REQUIRED: [term("x", namespaceSelector={"matchLabels": {"team": "t"}})]}}
    )
    assert by_label.wants(pod("o", {"app": "x"}, "b"), {"b": {"team": "t"}})
    assert not by_label.wants(pod("o", {"app": "x"}, "b"), {"b": {}})


def test_one_that_is_spread_wants_those_among_whom_it_is() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    one = of(topologySpreadConstraints=[{**spread, "labelSelector": {"matchLabels": {"app": "x"}}}])
    assert one.wants(pod("o", {"app": "x"}, "a"), {})
    assert not one.wants(pod("o", {"app": "y"}, "a"), {})
    assert not one.wants(pod("o", {"app": "x"}, "b"), {})
    assert not of(topologySpreadConstraints=[spread]).wants(pod("o", {"app": "x"}, "a"), {})


def test_others_are_no_matter_to_most() -> None:
    assert company_of(pod("p")) is None
    assert company_of(pod("p", affinity={"podAntiAffinity": {REQUIRED: [term("x")]}})) is None
