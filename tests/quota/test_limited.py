"""What is only allowed where a quota counts it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from drakkar.quota.charge import Kept, QuotaError, UnselectedError, charge
from drakkar.quota.evaluator import World
from drakkar.quota.evaluators import evaluator_of
from drakkar.quota.limited import LimitedResource, Limits
from drakkar.quota.scopes import Requirement

Object = dict[str, Any]
WORLD = World(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
HIGH = Requirement("PriorityClass", "In", ("high",))
CPU = LimitedResource("", "pods", ("cpu", "memory"))


def pod(cpu: str = "1", **spec: Any) -> Object:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}}}
    return {"metadata": {}, "spec": {"containers": [container], **spec}}


def quota(hard: Object, **spec: Any) -> Object:
    used = dict.fromkeys(hard, "0")
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}


def count(quotas: list[Object], limited: LimitedResource, new: Object, old: Object | None = None) -> int:
    """How many quotas a write changes."""
    evaluator = evaluator_of("", "pods")
    assert evaluator is not None
    before = None if old is None else evaluator.measure(old, WORLD)
    kept = Kept(Limits([limited]), "", "pods")
    return len(charge(quotas, evaluator, WORLD, evaluator.measure(new, WORLD), before, False, kept))


def test_amounts() -> None:
    with pytest.raises(QuotaError, match=r"^insufficient quota to consume: cpu,requests.cpu$"):
        count([], CPU, pod())
    with pytest.raises(QuotaError, match=r"^insufficient quota to consume: cpu$"):
        count([quota({"requests.cpu": "2", "pods": "1"})], CPU, pod())
    assert count([quota({"requests.cpu": "2"}), quota({"cpu": "2"})], CPU, pod()) == 2
    # What is nothing, of another resource, or not named, is free.
    assert count([], CPU, pod("0")) == 0
    assert count([], LimitedResource("", "services", ("cpu",)), pod()) == 0
    assert count([], LimitedResource("apps", "pods", ("cpu",)), pod()) == 0
    assert count([], LimitedResource("", "pods"), pod()) == 0


def test_a_change_that_adds_nothing_is_free() -> None:
    assert count([], CPU, pod("1"), pod("1")) == count([], CPU, pod("1"), pod("2")) == 0
    with pytest.raises(QuotaError):
        count([], CPU, pod("2"), pod("1"))


def test_scopes() -> None:
    limited = LimitedResource("", "pods", (), (HIGH, Requirement("BestEffort")))
    assert count([], limited, pod()) == 0
    said = r"^insufficient quota to match these scopes: \[{PriorityClass In \[high\]}\]$"
    with pytest.raises(UnselectedError, match=said):
        count([], limited, pod(priorityClassName="high"))
    with pytest.raises(UnselectedError, match=said):
        count([quota({"pods": "5"})], limited, pod(priorityClassName="high"))
    # Which of the classes a quota selects is its own matter.
    selecting = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}
    assert count([quota({"pods": "5"}, scopeSelector=selecting)], limited, pod(priorityClassName="high")) == 1


def test_what_a_quota_says_itself_comes_first() -> None:
    unsaid = quota({"limits.cpu": "1"})
    with pytest.raises(QuotaError, match="must specify"):
        count([unsaid], CPU, pod())
    with pytest.raises(QuotaError, match="exceeded quota"):
        count([quota({"requests.cpu": "0", "cpu": "9"})], CPU, pod())
