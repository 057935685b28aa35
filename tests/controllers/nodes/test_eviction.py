"""Pods on nodes with NoExecute taints: who goes, when, and who stays after all."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.core import Taint, Toleration
from drakkar.client.resources import PODS
from drakkar.placement import lasting
from drakkar.testing import MemoryApi

from ..leaving import goes, told
from ..manifests import NS, pod

Object = dict[str, Any]
REASON = "TaintManagerEviction"
A = Taint(key="a", effect="NoExecute")
B = Taint(key="b", effect="NoExecute")
ANY = Toleration(operator="Exists")


def covering(key: str, seconds: int | None = None) -> Toleration:
    return Toleration(key=key, operator="Exists", toleration_seconds=seconds)


@pytest.mark.parametrize(
    ("tolerations", "taints", "wanted"),
    [
        ([], [], None),
        ([], [A], 0.0),
        ([ANY], [A, B], None),
        ([covering("a")], [A, B], 0.0),
        ([covering("a", 5)], [A], 5.0),
        ([covering("a", -5)], [A], 0.0),
        ([covering("a"), covering("b", 7)], [A, B], 7.0),
        ([covering("a", 9), covering("b", 7)], [A, B], 7.0),
        ([covering("a", 9), covering("a", 7)], [A], 9.0),
    ],
)
def test_how_long_a_pod_stays(
    tolerations: list[Toleration], taints: list[Taint], wanted: float | None
) -> None:
    assert lasting(tolerations, taints) == wanted


async def _on_node(cluster: MemoryApi, name: str, *tolerations: Object) -> None:
    spec = {"containers": [{"name": "c", "image": "i"}], "nodeName": "w1", "tolerations": list(tolerations)}
    await cluster.create(PODS, pod(name, spec))


def _taint(cluster: MemoryApi, *taints: Object) -> None:
    cluster.set_spec("nodes", "w1", taints=list(taints))


async def test_pods_leave_a_node_that_drives_them_out(cluster: MemoryApi) -> None:
    await _on_node(cluster, "goes")
    await _on_node(cluster, "stays", {"operator": "Exists"})
    await _on_node(
        cluster, "later", {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
    )
    _taint(cluster, {"key": "a", "effect": "NoExecute"})
    await cluster.until(lambda: goes(cluster, "goes"))
    said = cluster.have("pods", "goes", NS)["status"]["conditions"]
    assert [(one["type"], one["reason"]) for one in said] == [("DisruptionTarget", "DeletionByTaintManager")]
    assert not goes(cluster, "later")
    await cluster.until(lambda: goes(cluster, "later"))
    assert not goes(cluster, "stays")
    assert told(cluster, "later", REASON) == [f"Marking for deletion Pod {NS}/later"]


async def test_a_pod_stays_where_the_taint_goes_in_time(cluster: MemoryApi) -> None:
    await _on_node(
        cluster, "p", {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3600}
    )
    _taint(cluster, {"key": "a", "effect": "NoExecute"}, {"key": "b", "effect": "NoSchedule"})
    # One that is driven out at once shows that the taint was seen.
    await _on_node(cluster, "goes")
    await cluster.until(lambda: goes(cluster, "goes"))
    _taint(cluster, {"key": "b", "effect": "NoSchedule"})
    await cluster.until(lambda: told(cluster, "p", REASON))
    assert told(cluster, "p", REASON) == [f"Cancelling deletion of Pod {NS}/p"]
    assert not goes(cluster, "p")


async def test_a_shorter_toleration_counts_from_the_first_taint_on(cluster: MemoryApi) -> None:
    await _on_node(
        cluster,
        "p",
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3600},
        {"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1},
    )
    _taint(cluster, {"key": "a", "effect": "NoExecute"})
    await _on_node(cluster, "goes")
    await cluster.until(lambda: goes(cluster, "goes"))
    _taint(cluster, {"key": "a", "effect": "NoExecute"}, {"key": "b", "effect": "NoExecute"})
    await cluster.until(lambda: goes(cluster, "p"))
