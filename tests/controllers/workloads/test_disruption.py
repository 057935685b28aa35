"""Disruption budgets: what is counted, which evictions are waited for, and pods that stay after all."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.workloads import DisruptionBudgetSpec
from drakkar.client import ApiError
from drakkar.client.resources import DEPLOYMENTS, PODDISRUPTIONBUDGETS, PODS
from drakkar.controllers.workloads.budget_count import Target, allowed, target
from drakkar.testing import MemoryApi

from ..manifests import NS, deployment, pod, ready

Object = dict[str, Any]
PLAIN = {"containers": [{"name": "c", "image": "i"}]}


def budget(**spec: Any) -> Object:
    selector = {"matchLabels": {"app": "d"}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b", "namespace": NS},
        "spec": {"selector": selector, **spec},
    }


def labelled(name: str) -> Object:
    made = pod(name, PLAIN)
    made["metadata"]["labels"] = {"app": "d"}
    return made


def counted(client: MemoryApi) -> tuple[int, int, int, int]:
    """Healthy pods that there are and should be, pods that there should be, and those that may go."""
    status = client.have("poddisruptionbudgets", "b", NS).get("status") or {}
    fields = ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed")
    current, desired, expected, spare = (status.get(field, -1) for field in fields)
    return current, desired, expected, spare


def evict(client: MemoryApi, name: str) -> Any:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NS}}
    return client.post_subresource(PODS, name, "eviction", eviction, NS)


@pytest.mark.parametrize(
    ("spec", "expected", "wanted"),
    [
        (DisruptionBudgetSpec(min_available=2), 3, Target(3, 2)),
        (DisruptionBudgetSpec(min_available="50%"), 3, Target(3, 2)),
        (DisruptionBudgetSpec(max_unavailable=1), 3, Target(3, 2)),
        (DisruptionBudgetSpec(max_unavailable="34%"), 3, Target(3, 1)),
        (DisruptionBudgetSpec(max_unavailable=5), 3, Target(3, 0)),
        (DisruptionBudgetSpec(), 0, Target(0, 0)),
    ],
)
def test_how_many_must_be_well(spec: DisruptionBudgetSpec, expected: int, wanted: Target) -> None:
    assert target(spec, expected) == wanted


def test_of_no_pods_none_may_go() -> None:
    assert allowed(0, Target(0, 0)) == 0
    assert allowed(3, Target(3, 2)) == 1
    assert allowed(1, Target(3, 2)) == 0


async def test_evictions_go_by_what_is_counted(cluster: MemoryApi) -> None:
    def make_ready() -> list[str]:
        names = [one["metadata"]["name"] for one in cluster.all("pods")]
        for name in names:
            cluster.set_status("pods", name, NS, **ready())
        return names

    template = {"metadata": {"labels": {"app": "d"}}, "spec": PLAIN}
    await cluster.create(DEPLOYMENTS, deployment(template=template))
    await cluster.create(PODDISRUPTIONBUDGETS, budget(maxUnavailable=1))
    await cluster.until(lambda: len(cluster.all("pods")) == 2)
    first, second = make_ready()
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))
    await evict(cluster, first)
    with pytest.raises(ApiError, match="disruption budget"):
        await evict(cluster, second)
    # Another one takes its place, and then one more can be spared.
    await cluster.until(
        lambda: (
            first not in (new := [one["metadata"]["name"] for one in cluster.all("pods")]) and len(new) == 2
        )
    )
    make_ready()
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))
    status = cluster.have("poddisruptionbudgets", "b", NS)["status"]
    assert "disruptedPods" not in status
    assert [(one["type"], one["status"], one["reason"]) for one in status["conditions"]] == [
        ("DisruptionAllowed", "True", "SufficientPods")
    ]


async def test_pods_that_nobody_has_count_where_their_number_does_not_matter(cluster: MemoryApi) -> None:
    await cluster.create(PODS, labelled("a"))
    await cluster.create(PODS, labelled("b"))
    cluster.set_status("pods", "a", NS, **ready())
    await cluster.create(PODDISRUPTIONBUDGETS, budget(minAvailable=1))
    await cluster.until(lambda: counted(cluster) == (1, 1, 2, 0))
    cluster.set_status("pods", "b", NS, **ready())
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))


async def test_none_may_go_where_nobody_says_how_many_there_should_be(cluster: MemoryApi) -> None:
    lost = labelled("a")
    lost["metadata"]["ownerReferences"] = [
        {"apiVersion": "x.example/v1", "kind": "Thing", "name": "t", "uid": "u", "controller": True}
    ]
    await cluster.create(PODS, lost)
    cluster.set_status("pods", "a", NS, **ready())
    await cluster.create(PODDISRUPTIONBUDGETS, budget(maxUnavailable=1))

    def said() -> list[Object]:
        return (cluster.have("poddisruptionbudgets", "b", NS).get("status") or {}).get("conditions") or []

    await cluster.until(lambda: [one["reason"] for one in said()] == ["SyncFailed"])
    assert said()[0]["message"] == 'found no controllers for pod "a"'
    assert cluster.have("poddisruptionbudgets", "b", NS)["status"]["disruptionsAllowed"] == 0


async def test_an_eviction_is_not_waited_for_for_ever(cluster: MemoryApi) -> None:
    for name in ("a", "b"):
        await cluster.create(PODS, labelled(name))
        cluster.set_status("pods", name, NS, **ready())
    await cluster.create(PODDISRUPTIONBUDGETS, budget(minAvailable=1))
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))
    granted = {"a": "2020-01-01T00:00:00Z"}
    cluster.set_status("poddisruptionbudgets", "b", NS, disruptedPods=granted, disruptionsAllowed=0)
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))
    await cluster.until(lambda: any(one["reason"] == "NotDeleted" for one in cluster.all("events")))


async def test_an_eviction_that_was_granted_is_waited_for_a_while(cluster: MemoryApi) -> None:
    for name in ("a", "b"):
        await cluster.create(PODS, labelled(name))
        cluster.set_status("pods", name, NS, **ready())
    await cluster.create(PODDISRUPTIONBUDGETS, budget(minAvailable=1))
    await cluster.until(lambda: counted(cluster) == (2, 1, 2, 1))
    granted = {"a": "2999-01-01T00:00:00Z"}
    cluster.set_status("poddisruptionbudgets", "b", NS, disruptedPods=granted)
    await cluster.until(lambda: counted(cluster) == (1, 1, 2, 0))
    assert cluster.have("poddisruptionbudgets", "b", NS)["status"]["disruptedPods"] == granted


async def test_a_pod_that_was_to_go_and_stays_says_so(cluster: MemoryApi) -> None:
    old = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    for name, reason in (("a", "EvictionByEvictionAPI"), ("b", "TerminationByKubelet")):
        await cluster.create(PODS, labelled(name))
        condition = {**old, "reason": reason, "lastTransitionTime": "2020-01-01T00:00:00Z"}
        cluster.set_status("pods", name, NS, conditions=[condition])

    def said(name: str) -> list[str]:
        conditions = cluster.have("pods", name, NS)["status"]["conditions"]
        return [one["status"] for one in conditions if one["type"] == "DisruptionTarget"]

    await cluster.until(lambda: said("a") == ["False"])
    assert said("b") == ["True"]
