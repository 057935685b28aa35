"""The rules of ResourceQuotas and LimitRanges by themselves; tests/upstream asks the original of many more."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.validation.limit_range import limit_range_problems
from drakkar.validation.resource_quota import (
    quota_change_problems,
    quota_problems,
    quota_status_problems,
    quota_warnings,
)

Object = dict[str, Any]


def told(found: Any) -> list[str]:
    return [f"{one.field}: {one.message}" for one in found]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"hard": {"pods": "1", "count/deployments.apps": "0", "requests.nvidia.com/gpu": "2"}}, []),
        (
            {"hard": {"pods": "-1"}},
            ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            {"hard": {"pods": "1" * 300}},
            [f'spec.hard[pods]: Invalid value: "{"1" * 300}": must be no longer than 256 characters'],
        ),
        ({"hard": {"pods": "1.5"}}, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']),
        (
            {"hard": {"storage": "1"}},
            ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota'],
        ),
        (
            {"hard": {"pods": "1"}, "scopes": ["Odd"]},
            ['spec.scopes: Invalid value: ["Odd"]: unsupported scope'],
        ),
        (
            {"hard": {"secrets": "1"}, "scopes": ["BestEffort"]},
            ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
        ),
        (
            {"scopes": ["BestEffort", "NotBestEffort"]},
            ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
        ),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}},
            [
                "spec.scopeSelector.matchExpressions.values: Required value: "
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            ],
        ),
    ],
)
def test_quotas(spec: Object, said: list[str]) -> None:
    assert told(quota_problems({"spec": spec})) == said


def test_the_scopes_of_a_quota_stay() -> None:
    old, new = ({"spec": {"scopes": scopes}} for scopes in (["a", "b"], ["b", "a"]))
    assert not quota_change_problems(old, new)
    assert told(quota_change_problems(old, {"spec": {"scopes": ["a"]}})) == [
        'spec.scopes: Invalid value: ["a"]: field is immutable'
    ]


def test_the_status_of_a_quota() -> None:
    assert told(quota_status_problems({"status": {"hard": {"pods": "1"}, "used": {"pods": "-1"}}})) == [
        'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0'
    ]


def test_requests_that_may_come_to_more_than_the_limits() -> None:
    assert quota_warnings({"spec": {"hard": {"cpu": "2", "limits.cpu": "1"}}}) == [
        "ResourceQuota cpu (2) should be less than limits.cpu (1)"
    ]
    assert not quota_warnings({"spec": {"hard": {"requests.cpu": "1", "limits.cpu": "1"}}})


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1"}}, []),
        (
            {"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}},
            ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
        ),
        (
            {"type": "Pod", "default": {"cpu": "1"}},
            ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
        ),
        (
            {"type": "PersistentVolumeClaim"},
            [
                "spec.limits[0].limits: Required value: "
                "either minimum or maximum storage value is required, but neither was provided"
            ],
        ),
        (
            {
                "type": "Container",
                "maxLimitRequestRatio": {"cpu": "5"},
                "max": {"cpu": "4"},
                "min": {"cpu": "1"},
            },
            [
                'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "5": '
                "ratio 5 is greater than max/min = 4.000000"
            ],
        ),
        (
            {
                "type": "Container",
                "maxLimitRequestRatio": {"cpu": "1e99"},
                "max": {"cpu": "1e99"},
                "min": {"cpu": "0"},
            },
            [],
        ),
    ],
)
def test_limit_ranges(limit: Object, said: list[str]) -> None:
    assert told(limit_range_problems({"spec": {"limits": [limit]}})) == said


def test_one_limit_of_a_type() -> None:
    limits = [{"type": "Pod", "max": {"cpu": "1"}}] * 2
    assert told(limit_range_problems({"spec": {"limits": limits}})) == [
        'spec.limits[1].type: Duplicate value: "Pod"'
    ]
