"""Resource fit, taints and affinity, each against the words users know."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from drakkar.scheduler.affinity import NODE_MISMATCH, concerns_pods, node_reasons, pod_reasons
from drakkar.scheduler.nodefit import Requests, amount, fit_reasons, pod_requests
from drakkar.scheduler.taints import taint_reasons


def node(name: str = "n", **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": {"cpu": "2", "pods": "2"}},
    }


def needing(cpu: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", Fraction(1, 10)),
        ("1Ki", Fraction(1024)),
        ("2e3", Fraction(2000)),
        ("1E", Fraction(10**18)),
        (".5", Fraction(1, 2)),
    ],
)
def test_quantities(text: str, value: Fraction) -> None:
    assert amount(text) == value * 10**9


def test_fit_counts_cpu_and_pods() -> None:
    assert fit_reasons(needing("1500m"), node(), [needing("500m")]) == []
    assert fit_reasons(needing("1501m"), node(), [needing("500m")]) == ["Insufficient cpu"]
    assert fit_reasons(needing("0"), node(), [needing("0"), needing("0")]) == ["Too many pods"]


def test_sidecars_add_to_later_init_containers() -> None:
    def container(cpu: str, **more: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    init = [container("1", restartPolicy="Always"), container("3")]
    assert pod_requests({"spec": {"containers": [container("1")], "initContainers": init}}) == {
        "cpu": 4 * 10**9
    }


def test_taints_and_cordon() -> None:
    tainted = {**node(), "spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}}
    assert taint_reasons({"spec": {}}, tainted) == ["node(s) had untolerated taint(s)"]
    assert taint_reasons({"spec": {"tolerations": [{"key": "k", "value": "v"}]}}, tainted) == []
    assert taint_reasons({"spec": {"tolerations": [{"operator": "Exists"}]}}, tainted) == []
    assert taint_reasons({"spec": {}}, {**node(), "spec": {"unschedulable": True}}) == [
        "node(s) were unschedulable"
    ]


def test_node_selector_and_affinity() -> None:
    assert node_reasons({"spec": {"nodeSelector": {"a": "b"}}}, node()) == [NODE_MISMATCH]
    terms = [{"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["3"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    pod = {"spec": {"affinity": {"nodeAffinity": required}}}
    assert node_reasons(pod, node(n="4")) == []
    assert node_reasons(pod, node(n="3")) == [NODE_MISMATCH]


def test_pod_affinity_starts_with_itself_and_anti_affinity_binds_both_ways() -> None:
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    meta = {"name": "p", "namespace": "default", "labels": {"app": "x"}}
    near = {"metadata": meta, "spec": {"affinity": {"podAffinity": rule}}}
    apart = {"metadata": meta, "spec": {"affinity": {"podAntiAffinity": rule}}}
    plain = {"metadata": meta, "spec": {}}
    here, there = node("h", zone="1"), node("t", zone="2")
    assert pod_reasons(near, here, []) == []
    assert pod_reasons(near, here, [(plain, there)]) == ["node(s) didn't match pod affinity rules"]
    assert pod_reasons(apart, here, [(plain, here)]) == ["node(s) didn't match pod anti-affinity rules"]
    assert pod_reasons(plain, here, [(apart, here)]) == [
        "node(s) didn't satisfy existing pods anti-affinity rules"
    ]


def test_rules_between_pods_are_asked_only_where_there_are_some() -> None:
    term = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": term}
    plain = {"metadata": {"name": "p"}, "spec": {}}
    near, apart = (
        {"metadata": {"name": kind}, "spec": {"affinity": {kind: required}}}
        for kind in ("podAffinity", "podAntiAffinity")
    )
    assert not concerns_pods(plain, [plain, near])
    assert concerns_pods(near, []) and concerns_pods(apart, []) and concerns_pods(plain, [plain, apart])


def test_what_a_pod_needs_is_known_by_the_object_and_forgotten_with_it() -> None:
    requests = Requests()
    for number in range(1, 50):
        pod = {**needing(str(number)), "metadata": {"uid": f"pod-{number}"}}
        assert requests.of(pod) == {"cpu": number * 10**9}
        assert requests.of(pod) is requests.of(pod)
        changed = {**needing("7"), "metadata": pod["metadata"]}
        assert requests.of(changed) == {"cpu": 7 * 10**9}
        assert len(requests) == 1
        requests.forget(pod)
    assert len(requests) == 0
