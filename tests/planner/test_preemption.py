"""What a plan and an explanation say of pods that have to leave for a more important one."""

from __future__ import annotations

from typing import Any

from drakkar.planner import explain, plan
from drakkar.planner.report.explanation_text import explanation_text
from drakkar.planner.report.plan_text import plan_text

from .objects import Object, claim, device, device_class, node, pod, slice_, world


def of_cpu(name: str, cpu: str, **spec: Any) -> Object:
    made = pod(name, **spec)
    made["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
    return made


def class_of(name: str, value: int, **more: Any) -> Object:
    known = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    return {**known, "value": value, **more}


LOW = of_cpu("low", "3", nodeName="n1", priority=0)
HIGH = class_of("high", 100)


def test_a_plan_says_who_has_to_go() -> None:
    found = plan(world(node(), HIGH, LOW, of_cpu("p", "2", priorityClassName="high")))
    [one] = found.pods
    assert (one.node, one.victims) == ("n1", ("ns/low",))
    assert "ns/p pushes off ns/low on n1 (preemption)" in plan_text(found).splitlines()
    assert found.complete
    [note] = found.notes
    assert "not placed again" in note


def test_who_comes_after_finds_the_room_as_it_is_then() -> None:
    later = [of_cpu("p1", "2", priority=2), of_cpu("p2", "2", priority=1), of_cpu("p3", "1", priority=1)]
    found = plan(world(node(), LOW, *later))
    assert [(one.node, one.victims) for one in found.pods] == [("n1", ("ns/low",)), ("n1", ()), ("", ())]


def test_a_budget_is_minded() -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "kept", "namespace": "ns"},
        "spec": {"selector": {"matchLabels": {"app": "kept"}}},
        "status": {"disruptionsAllowed": 0},
    }
    kept, other = (
        of_cpu("kept", "2", nodeName="n1", priority=0),
        of_cpu("other", "2", nodeName="n1", priority=5),
    )
    kept["metadata"]["labels"] = {"app": "kept"}
    objects = node(), kept, other, of_cpu("p", "2", priority=10)
    assert plan(world(*objects)).pods[0].victims == ("ns/kept",)
    assert plan(world(*objects, budget)).pods[0].victims == ("ns/other",)


def test_devices_of_those_that_go_are_not_to_be_had_at_once() -> None:
    devices = device_class(), slice_(device("d0"))
    has = of_cpu("low", "3", nodeName="n1", priority=0)
    has["spec"]["resourceClaims"] = [{"name": "c", "resourceClaimName": "held"}]
    wants = of_cpu("p", "2", priority=5)
    wants["spec"]["resourceClaims"] = [{"name": "c", "resourceClaimName": "c"}]
    [one] = plan(world(node(), *devices, claim("held", devices=["d0"]), claim("c"), has, wants)).pods
    assert not one.placed
    more = device_class(), slice_(device("d0"), device("d1"))
    [one] = plan(world(node(), *more, claim("held", devices=["d0"]), claim("c"), has, wants)).pods
    assert one.victims == ("ns/low",) and one.claims[0].devices[0].device == "d1"


def test_an_explanation_says_whether_it_would_help() -> None:
    def told(*objects: Object) -> str:
        return explanation_text(explain(world(*objects), "p"))

    assert "pushes off ns/low on n1 (preemption)" in told(node(), LOW, of_cpu("p", "2", priority=1))
    never = class_of("never", 100, preemptionPolicy="Never")
    text = told(node(), never, LOW, of_cpu("p", "2", priorityClassName="never"))
    assert "cannot be placed; no preemption: not eligible due to preemptionPolicy=Never." in text
    text = told(node(), LOW, of_cpu("p", "5", priority=1))
    assert "cannot be placed; pushing off other pods would not help" in text
    same = of_cpu("same", "3", nodeName="n1", priority=1)
    text = told(node(), same, of_cpu("less", "100m", nodeName="n1", priority=0), of_cpu("p", "2", priority=1))
    assert "pushing off less important pods would not help (1 node: Insufficient cpu)" in text
    text = told(
        node(), same, node("n2"), of_cpu("less", "4", nodeName="n2", priority=0), of_cpu("p", "5", priority=1)
    )
    assert "pushing off other pods would not help" in text
    # Where nobody is less important it is no matter.
    assert "cannot be placed\n" in told(node(), LOW, of_cpu("p", "2"))


def test_room_that_a_pod_waits_for_is_left_to_it() -> None:
    waits = of_cpu("first", "3", priority=10)
    waits["status"] = {"nominatedNodeName": "n1"}
    goes = of_cpu("goes", "3", nodeName="n1", priority=0)
    goes["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    target = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    goes["status"] = {"conditions": [target]}
    found = plan(
        world(node(), goes, waits, of_cpu("later", "3", priority=5), of_cpu("small", "1", priority=5))
    )
    assert [(one.name, one.node) for one in found.pods] == [("first", ""), ("later", ""), ("small", "n1")]
    text = explanation_text(explain(world(node(), goes, waits), "first"))
    assert "no preemption: not eligible due to a terminating pod on the nominated node." in text
