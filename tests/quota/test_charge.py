"""What quotas say of writes, and what is counted to them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from drakkar.api.quantity import Quantity
from drakkar.quota.amounts import written
from drakkar.quota.charge import QuotaError, charge
from drakkar.quota.evaluator import World
from drakkar.quota.evaluators import evaluator_of

Object = dict[str, Any]
WORLD = World(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))


def quota(hard: Object, used: Object | None, name: str = "q", **spec: Any) -> Object:
    status = {"hard": hard, **({} if used is None else {"used": used})}
    return {"metadata": {"name": name}, "spec": {"hard": hard, **spec}, "status": status}


def pod(cpu: str | None = None, **spec: Any) -> Object:
    requests = {} if cpu is None else {"requests": {"cpu": cpu}}
    return {"metadata": {}, "spec": {"containers": [{"name": "c", "resources": requests}], **spec}}


def charged(
    quotas: list[Object], new: Object, old: Object | None = None, plural: str = "pods", exempt: bool = False
) -> dict[str, dict[str, str]]:
    evaluator = evaluator_of("", plural)
    assert evaluator is not None
    before = None if old is None else evaluator.measure(old, WORLD)
    found = charge(quotas, evaluator, WORLD, evaluator.measure(new, WORLD), before, exempt)
    return {one.quota["metadata"]["name"]: written(one.used) for one in found}


def test_what_is_within_is_added_to_what_is_used() -> None:
    quotas = [
        quota({"pods": "2", "requests.cpu": "1"}, {"pods": "1", "requests.cpu": "500m"}),
        quota({"secrets": "1"}, {"secrets": "0"}, "other"),
    ]
    assert charged(quotas, pod("500m")) == {"q": {"pods": "2", "requests.cpu": "1"}}


@pytest.mark.parametrize(
    ("hard", "used", "said"),
    [
        (
            {"pods": "1", "requests.cpu": "2"},
            {"pods": "1", "requests.cpu": "1500m"},
            "exceeded quota: q, requested: pods=1,requests.cpu=1, used: pods=1,requests.cpu=1500m,"
            " limited: pods=1,requests.cpu=2",
        ),
        (
            {"pods": "9", "requests.cpu": "2"},
            {"pods": "1", "requests.cpu": "5"},
            "exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=5, limited: requests.cpu=2",
        ),
        (
            {"pods": "9", "requests.cpu": "2"},
            {"pods": "1"},
            "status unknown for quota: q, resources: pods,requests.cpu",
        ),
        (
            {"limits.cpu": "9", "memory": "1"},
            {"limits.cpu": "0", "memory": "0"},
            "failed quota: q: must specify limits.cpu for: c; memory for: c",
        ),
    ],
)
def test_what_is_refused(hard: Object, used: Object, said: str) -> None:
    with pytest.raises(QuotaError) as refused:
        charged([quota(hard, used)], pod("1"))
    assert str(refused.value) == said


def test_a_quota_that_nobody_has_looked_at_yet_says_nothing() -> None:
    new = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}}, "status": {}}
    assert charged([new], pod()) == {}


def test_of_a_change_what_is_more_is_counted() -> None:
    service = {"spec": {"type": "NodePort", "ports": [{}, {}, {}]}}
    less = {"spec": {"type": "NodePort", "ports": [{}]}}
    quotas = [
        quota({"services": "1", "services.nodeports": "4"}, {"services": "1", "services.nodeports": "1"})
    ]
    assert charged(quotas, service, less, "services") == {"q": {"services.nodeports": "3"}}
    # What is less in use the controller finds.
    assert charged(quotas, less, service, "services") == {}
    assert charged(quotas, service, service, "services") == {}


def test_what_comes_into_a_scope_is_counted_whole() -> None:
    quotas = [quota({"pods": "1"}, {"pods": "0"}, scopes=["Terminating"])]
    assert charged(quotas, pod(activeDeadlineSeconds=1), pod()) == {"q": {"pods": "1"}}
    assert charged(quotas, pod(activeDeadlineSeconds=1), pod(activeDeadlineSeconds=2)) == {}


def test_what_has_happened_is_counted_though_it_is_too_much() -> None:
    def claim(storage: str) -> Object:
        taken = {"allocatedResources": {"storage": storage}}
        return {"spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": taken}

    quotas = [quota({"requests.storage": "2Gi"}, {"requests.storage": "1Gi"})]
    found = charged(quotas, claim("5Gi"), claim("1Gi"), "persistentvolumeclaims", exempt=True)
    assert found == {"q": {"requests.storage": "5Gi"}}


def test_nothing_is_below_nothing() -> None:
    with pytest.raises(QuotaError, match=r"quota usage is negative for resource\(s\): cpu,requests.cpu"):
        charged([quota({"pods": "1"}, {"pods": "0"})], pod("-1"))


def test_of_a_long_quota_only_what_the_write_adds_to_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    long = {f"count/things{n}.example.com": "5" for n in range(2_000)}
    quotas = [quota({**long, "pods": "2"}, {**long, "pods": "1"})]
    read, parse = [], Quantity.parse

    def counted(written: str) -> Quantity:
        read.append(written)
        return parse(written)

    monkeypatch.setattr(Quantity, "parse", counted)
    assert charged(quotas, pod()) == {"q": {"pods": "2"}}
    assert sorted(read) == ["1", "2"]
