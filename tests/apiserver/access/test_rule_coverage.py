"""What one set of rules lacks of another."""

from __future__ import annotations

from typing import Any

import pytest
from work_units import work

from drakkar.apiserver.access.rule_coverage import TooManyRightsError, described, missing


def _rule(group: str, resource: str, verbs: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": verbs.split(","), **more}


@pytest.mark.parametrize(
    ("held", "wanted", "lacks"),
    [
        (_rule("", "pods", "get,list"), _rule("", "pods", "get"), False),
        (_rule("", "pods", "get"), _rule("", "pods", "get,list"), True),
        (_rule("*", "*", "*"), _rule("x", "y/z", "w", resourceNames=["n"]), False),
        (_rule("", "*", "get"), _rule("", "*", "get"), False),
        (_rule("", "pods", "get"), _rule("", "*", "get"), True),
        (_rule("", "*/scale", "get"), _rule("", "deployments/scale", "get"), False),
        (_rule("", "*/scale", "get"), _rule("", "deployments", "get"), True),
        (_rule("", "pods", "get", resourceNames=["a"]), _rule("", "pods", "get"), True),
        (_rule("", "pods", "get"), _rule("", "pods", "get", resourceNames=["a"]), False),
        (
            _rule("", "pods", "get", resourceNames=["a"]),
            _rule("", "pods", "get", resourceNames=["a", "b"]),
            True,
        ),
        (_rule("*", "*", "*"), {"nonResourceURLs": ["/x"], "verbs": ["get"]}, True),
        (
            {"nonResourceURLs": ["/x/*"], "verbs": ["*"]},
            {"nonResourceURLs": ["/x/y"], "verbs": ["get"]},
            False,
        ),
        ({"nonResourceURLs": ["/x/*"], "verbs": ["*"]}, {"nonResourceURLs": ["/*"], "verbs": ["get"]}, True),
        ({"nonResourceURLs": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["/*"], "verbs": ["get"]}, False),
    ],
)
def test_coverage(held: dict[str, Any], wanted: dict[str, Any], lacks: bool) -> None:
    assert bool(missing([held], [wanted])) is lacks


def test_several_rules_cover_together() -> None:
    held = [_rule("", "pods", "get"), _rule("apps", "deployments", "get")]
    both = {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get"]}
    assert described(missing(held, [both])) == [
        '{APIGroups:[""], Resources:["deployments"], Verbs:["get"]}',
        '{APIGroups:["apps"], Resources:["pods"], Verbs:["get"]}',
    ]


def test_what_is_missing_is_told_verb_by_verb_of_one_resource() -> None:
    wanted = [
        _rule("", "pods", "get,list", resourceNames=["a"]),
        {"nonResourceURLs": ["/x"], "verbs": ["get"]},
    ]
    assert described(missing([], wanted)) == [
        '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}',
        '{NonResourceURLs:["/x"], Verbs:["get"]}',
    ]


def test_lists_that_multiply_are_not_gone_through() -> None:
    many = [str(number) for number in range(1000)]
    wanted = {"apiGroups": many, "resources": many, "verbs": many}
    # One that holds it all as it stands is seen at once; right by right nobody looks.
    assert missing([{**wanted, "verbs": ["*"]}], [wanted]) == []
    assert missing([{**wanted, "resources": ["*"]}], [wanted] * 1000) == []
    with pytest.raises(TooManyRightsError, match="split it"):
        missing([_rule("", "pods", "get")], [wanted])


def test_a_long_list_of_what_is_missing_is_cut() -> None:
    wanted = {"apiGroups": [""], "resources": [f"r{number:04}" for number in range(5000)], "verbs": ["get"]}
    told = described(missing([], [wanted]))
    assert len(told) == 101 and told[-1] == "and 4900 more"


def test_many_rules_beside_many_are_not_all_compared() -> None:
    held = [_rule("", "pods", "get", resourceNames=[str(number)]) for number in range(5000)]
    wanted = [_rule("", "pods", "get", resourceNames=[str(number)]) for number in range(5000, 10_000)]
    with work() as done, pytest.raises(TooManyRightsError):
        missing(held, wanted)
    assert done.units < 500
