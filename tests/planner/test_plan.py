from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.gates import Gates
from drakkar.planner import Sourced, World, explain, plan
from drakkar.planner.report.explanation_text import explanation_text

from .objects import (
    Object,
    attributes,
    claim,
    device,
    device_class,
    node,
    pod,
    pod_spec,
    request,
    slice_,
    template,
    workload,
    world,
)

BASE = (node(), device_class(), slice_(device("d0"), device("d1"), device("d2")))


def _where(*objects: Object) -> dict[str, str]:
    return {found.name: found.node for found in plan(world(*objects)).pods}


def _devices(*objects: Object) -> dict[str, list[str]]:
    found = plan(world(*objects))
    return {pod.name: [one.device for each in pod.claims for one in each.devices] for pod in found.pods}


def _reason(*objects: Object) -> str:
    [found] = plan(world(*objects)).pods
    assert not found.placed
    return found.reason


def test_pods_get_devices_until_there_are_none() -> None:
    pods = [pod(f"p{index}", template="t") for index in range(4)]
    found = plan(world(*BASE, template("t"), *pods))
    assert [one.node for one in found.pods] == ["n1", "n1", "n1", ""]
    assert [one.claims[0].devices[0].device for one in found.pods[:3]] == ["d0", "d1", "d2"]
    assert not found.complete
    assert "3 taken" in found.pods[3].reason


def test_a_claim_that_pods_share_is_allocated_once() -> None:
    assert _devices(*BASE, claim("c"), pod("a", "c"), pod("b", "c")) == {"a": ["d0"], "b": ["d0"]}


@pytest.mark.parametrize(
    ("made", "pods"),
    [
        (workload("Deployment", "w", "t", replicas=2), ["w-0", "w-1"]),
        (workload("Deployment", "w", "t"), ["w-0"]),
        (workload("ReplicaSet", "w", "t", replicas=3), ["w-0", "w-1", "w-2"]),
        (workload("StatefulSet", "w", "t", replicas=2, ordinals={"start": 5}), ["w-5", "w-6"]),
        (workload("DaemonSet", "w", "t"), ["w-n1"]),
        (workload("Job", "w", "t", parallelism=2, completions=3), ["w-0", "w-1"]),
        (workload("Job", "w", "t", parallelism=3, completions=1), ["w-0"]),
        (workload("Job", "w", "t", parallelism=2), ["w-0", "w-1"]),
        (workload("Job", "w", "t", suspend=True), []),
    ],
)
def test_workloads_become_pods_with_claims_of_their_own(made: Object, pods: list[str]) -> None:
    found = _devices(*BASE, template("t"), made)
    assert list(found) == pods
    assert sorted(device for devices in found.values() for device in devices) == [
        f"d{index}" for index in range(len(pods))
    ]


def test_a_workload_makes_only_the_pods_that_it_lacks() -> None:
    def owned(child: Object, kind: str, name: str) -> Object:
        reference = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": True}
        return {**child, "metadata": {**child["metadata"], "ownerReferences": [reference]}}

    objects = [
        workload("Deployment", "w", "t", replicas=3),
        owned(workload("ReplicaSet", "w-abc", "t", replicas=1), "Deployment", "w"),
        owned(pod("w-abc-x", nodeName="n1"), "ReplicaSet", "w-abc"),
    ]
    assert list(_where(*BASE, template("t"), *objects)) == ["w-1", "w-2"]


def test_daemons_go_only_where_their_pod_may_run() -> None:
    taint = {"key": "k", "effect": "NoSchedule"}
    nodes = [node("n1"), node("n2", taints=[taint]), node("n3")]
    assert _where(*nodes, workload("DaemonSet", "w")) == {"w-n1": "n1", "w-n3": "n3"}


@pytest.mark.parametrize(
    ("spec", "nodes", "reason"),
    [
        (
            {},
            [node(taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])],
            "node taint k=v:NoSchedule",
        ),
        (
            {"tolerations": [{"key": "k", "operator": "Exists"}]},
            [node(taints=[{"key": "k", "effect": "NoSchedule"}])],
            "",
        ),
        ({"nodeSelector": {"disk": "ssd"}}, [node(disk="hdd")], "wants disk=ssd, the node has disk=hdd"),
        ({"nodeSelector": {"disk": "ssd"}}, [node(disk="ssd")], ""),
        (
            {"containers": [{"resources": {"requests": {"cpu": "5"}}}]},
            [node()],
            "cpu: 5 requested, 4 left of 4",
        ),
        ({"containers": [{"resources": {"limits": {"cpu": 4}}}]}, [node()], ""),
        (
            {"containers": [{"resources": {"requests": {"x.com/y": "1"}}}]},
            [node()],
            "x.com/y: 1 requested, 0 left",
        ),
        ({"schedulingGates": [{"name": "g"}]}, [node()], "scheduling gate g"),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [{"key": "z", "operator": "Exists"}]}]
                        }
                    }
                }
            },
            [node()],
            "required node affinity does not match",
        ),
        ({}, [], "there is no node"),
    ],
)
def test_what_keeps_a_pod_from_a_node_besides_devices(spec: Object, nodes: list[Object], reason: str) -> None:
    [found] = plan(world(*nodes, pod("p", **spec))).pods
    assert found.placed is (not reason)
    assert reason in found.reason


def test_running_pods_take_their_room() -> None:
    need: list[dict[str, Any]] = [{"resources": {"requests": {"cpu": "3"}}}]
    running = pod("old", nodeName="n1", containers=need)
    assert "cpu: 3 requested, 1 left of 4" in _reason(node(), running, pod("new", containers=need))
    ended = {**running, "status": {"phase": "Succeeded"}}
    assert _where(node(), ended, pod("new", containers=need)) == {"new": "n1"}


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([pod("p", "c")], "ResourceClaim ns/c does not exist"),
        ([pod("p", template="t")], "ResourceClaimTemplate ns/t does not exist"),
        (
            [pod("p", "c"), claim("c", request("r", class_="nope"))],
            "DeviceClass nope does not exist; claim ns/c names it in request r",
        ),
    ],
)
def test_what_no_node_can_help(objects: list[Object], reason: str) -> None:
    assert reason in _reason(*BASE, *objects)


def test_devices_that_claims_have_are_taken() -> None:
    assert _devices(*BASE, claim("old", devices=["d0"]), template("t"), pod("p", template="t")) == {
        "p": ["d1"]
    }


def test_a_claim_with_devices_ties_its_pods_to_their_node() -> None:
    objects = (node("n0"), *BASE, claim("c", devices=["d0"]))
    assert _where(*objects, pod("p", "c")) == {"p": "n1"}
    away = pod("q", "c", nodeSelector={"only": "n0"})
    found = plan(world(*objects, away)).pods[0]
    assert any("claim ns/c has its devices on another node" in one.reasons for one in found.nodes)


def test_the_first_alternative_decides_between_nodes() -> None:
    alternatives = [
        {"name": "big", "deviceClassName": "gpu", "selectors": [{"cel": {"expression": _model("big")}}]},
        {"name": "small", "deviceClassName": "gpu", "selectors": [{"cel": {"expression": _model("small")}}]},
    ]
    objects = [
        node("n1"),
        node("n2"),
        device_class(),
        slice_(device("s", attributes=attributes(model="small")), node="n1"),
        slice_(device("b", attributes=attributes(model="big")), node="n2"),
        template("t", {"name": "r", "firstAvailable": alternatives}),
    ]
    pods = [pod("a", template="t"), pod("b", template="t")]
    assert _where(*objects, *pods) == {"a": "n2", "b": "n1"}


def _model(value: str) -> str:
    return f'device.attributes["gpu.example.com"].model == "{value}"'


def test_the_queue_goes_by_priority_then_age() -> None:
    class_ = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "high"},
        "value": 9,
    }
    old, older = pod("old"), pod("older")
    old["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    older["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    urgent = pod("urgent", priorityClassName="high")
    assert list(_where(node(), class_, pod("new"), old, older, urgent)) == ["urgent", "older", "old", "new"]


def test_nodes_that_only_slices_name_are_taken_to_exist_and_the_plan_says_so() -> None:
    found = plan(world(device_class(), slice_(device("d")), template("t"), pod("p", template="t")))
    assert found.pods[0].node == "n1"
    assert "no Node is given" in found.notes[0]


def test_what_the_planner_does_not_look_at_is_said() -> None:
    waiting = pod("p", schedulerName="mine")
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}}
    notes = plan(world(node(), waiting, cron)).notes
    assert any("ask for it: scheduler mine" in note for note in notes)
    assert any(note.startswith("CronJob") for note in notes)


def test_rules_between_pods_and_host_ports_are_planned() -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}
    apart = {"affinity": {"podAntiAffinity": {required: [term]}}}
    nodes = [node("n1", zone="x"), node("n2", zone="y"), node("n3", zone="y")]
    pods = [pod(name, **apart) for name in ("p1", "p2", "p3")]
    for one in pods:
        one["metadata"]["labels"] = {"app": "a"}
    assert list(_where(*nodes, *pods).values()) == ["n1", "n2", ""]
    found = plan(world(*nodes, *pods)).pods[2].nodes
    assert [one.reasons for one in found] == [
        ("pod anti-affinity: a pod that it must not be near is in this zone",)
    ] * 3
    serving = [pod(name) for name in ("s1", "s2")]
    for one in serving:
        one["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 80}]
    assert list(_where(node("n1"), *serving).values()) == ["n1", ""]
    assert plan(world(node("n1"), *serving)).pods[1].nodes[0].reasons == ("host port 80/TCP is in use",)


def test_pods_of_a_deployment_and_of_a_service_are_spread_without_saying_so() -> None:
    zone, host = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
    nodes = [node(f"n{index}", **{zone: "ab"[index // 2], host: f"n{index}"}) for index in range(4)]
    served = [pod(name) for name in ("p1", "p2", "p3", "p4")]
    for one in served:
        one["metadata"]["labels"] = {"app": "a"}
    assert list(_where(*nodes, *served).values()) == ["n0", "n1", "n2", "n3"]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "ns"},
        "spec": {"selector": {"app": "a"}},
    }
    assert list(_where(*nodes, service, *served).values()) == ["n0", "n2", "n1", "n3"]
    template = {"metadata": {"labels": {"app": "a"}}, "spec": served[0]["spec"]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "ns"},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "a"}}, "template": template},
    }
    assert list(_where(*nodes, deployment).values()) == ["n0", "n2", "n1", "n3"]


def test_pods_go_where_their_volumes_are_and_each_volume_to_one_claim() -> None:
    local = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "local"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    host = "kubernetes.io/hostname"
    where = {"matchExpressions": [{"key": host, "operator": "In", "values": ["n2"]}]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "v"},
        "spec": {
            "storageClassName": "local",
            "capacity": {"storage": "1Gi"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [where]}},
        },
        "status": {"phase": "Available"},
    }
    claims = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "ns"},
            "spec": {"storageClassName": "local", "resources": {"requests": {"storage": "1Gi"}}},
        }
        for name in ("c1", "c2")
    ]
    users = [
        pod(f"p{at}", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": name}}])
        for at, name in enumerate(("c1", "c2", "c3"), 1)
    ]
    nodes = [node(name, **{host: name}) for name in ("n1", "n2")]
    found = plan(world(*nodes, local, volume, *claims, *users)).pods
    assert [one.node for one in found] == ["n2", "", ""]
    assert found[1].nodes[1].reasons == ("there is no volume for c2, and none is made",)
    assert found[2].reason == 'persistentvolumeclaim "c3" not found'


def test_an_object_that_comes_again_is_applied() -> None:
    before = claim("c", devices=["d1"])
    after = claim("c", request("r", count=1))
    del after["metadata"]["uid"]
    assert _devices(*BASE, before, after, pod("p", "c")) == {"p": ["d1"]}


def test_shares_of_a_device_are_given_until_its_capacity_is_used_up() -> None:
    shared = slice_(device("d", "10Gi", allowMultipleAllocations=True))
    made = template("t", request("r", capacity={"requests": {"memory": "4Gi"}}))
    objects = [node(), device_class(), shared, made, workload("Deployment", "w", "t", replicas=3)]
    found = plan(world(*objects)).pods
    assert [one.node for one in found] == ["n1", "n1", ""]
    first = found[0].claims[0].devices[0]
    assert first.consumed_capacity == {"memory": "4Gi"}
    assert first.share_id != found[1].claims[0].devices[0].share_id
    assert plan(world(*objects)) == plan(world(*objects))


def test_a_pool_that_several_nodes_see_is_not_given_out_twice() -> None:
    everywhere = slice_(device("d"), node="n1", allNodes=True)
    del everywhere["spec"]["nodeName"]
    found = _where(
        node("n1"),
        node("n2"),
        device_class(),
        everywhere,
        workload("Job", "w", "t", parallelism=2),
        template("t"),
    )
    assert sorted(found.values()) == ["", "n1"]


def test_the_world_stays_as_it_is() -> None:
    there = world(*BASE, template("t"), pod("p", template="t"))
    assert plan(there) == plan(there)


def test_a_claim_serves_256_pods() -> None:
    full = claim("c", devices=["d0"])
    full["status"]["reservedFor"] = [
        {"resource": "pods", "name": f"p{i}", "uid": f"u{i}"} for i in range(256)
    ]
    assert "256 pods" in _reason(*BASE, full, pod("one-more", "c"))


def test_amounts_written_as_numbers_are_read() -> None:
    numbers = slice_(device("d", capacity={"slots": {"value": 4}}))
    made = template("t", request("r", 'device.capacity["gpu.example.com"].slots == quantity("4")'))
    spec = pod_spec(template="t")
    assert spec["resourceClaims"]
    assert _where(node(), device_class(), numbers, made, pod("p", template="t")) == {"p": "n1"}


def test_of_pods_that_go_nowhere_for_one_reason_the_first_tells_the_nodes() -> None:
    objects = [*BASE, template("t", request("r", count=4)), workload("Deployment", "w", "t", replicas=3)]
    first, second, third = plan(world(*objects)).pods
    assert first.nodes and not first.same_as
    assert (second.same_as, second.nodes, second.reason) == ("ns/w-0", (), first.reason)
    assert third.same_as == "ns/w-0"


def test_an_extended_resource_that_a_node_has_itself_needs_no_class() -> None:
    has = node()
    has["status"]["allocatable"]["x.com/gpu"] = 1
    class_ = device_class()
    class_["spec"]["extendedResourceName"] = "x.com/gpu"
    spec = {"containers": [{"resources": {"limits": {"x.com/gpu": 1}}}]}
    assert _where(has, class_, pod("p", **spec)) == {"p": "n1"}


def test_an_extended_resource_comes_from_the_devices_of_its_class() -> None:
    class_, unnamed = device_class(), "deviceclass.resource.kubernetes.io/gpu"
    class_["spec"]["extendedResourceName"] = "x.com/gpu"

    def asks(name: str, resource: str, count: int) -> Object:
        return pod(name, containers=[{"name": "c", "resources": {"limits": {resource: count}}}])

    objects = [*BASE, class_, asks("a", "x.com/gpu", 1), asks("b", unnamed, 2), asks("c", "x.com/gpu", 3)]
    first, second, third = plan(world(*objects)).pods
    assert first.placed and first.claims[0].entry == "x.com/gpu" and len(first.claims[0].devices) == 1
    assert second.placed and second.claims[0].entry == unnamed and len(second.claims[0].devices) == 2
    assert not third.placed
    (found,) = third.nodes
    holders = {one.claim: one.pods for one in found.requests[0].rejected[0].holders}
    assert holders == {
        "ns/a-extended-resources": ("ns/a",),
        "ns/b-extended-resources": ("ns/b",),
    }


def test_a_workload_from_a_file_takes_the_place_of_the_one_that_is_there() -> None:
    running = pod("w-0", nodeName="n1")
    reference = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "w", "uid": "u", "controller": True}
    running["metadata"]["ownerReferences"] = [reference]
    objects = [workload("StatefulSet", "w", replicas=1), running, workload("StatefulSet", "w", replicas=2)]
    assert list(_where(node(), *objects)) == ["w-1"]


def test_gates_say_what_tolerations_may_compare() -> None:
    tainted = node(taints=[{"key": "speed", "value": "9", "effect": "NoSchedule"}])
    tolerant = pod("p", tolerations=[{"key": "speed", "operator": "Gt", "value": "5"}])
    sources = [Sourced(obj, "test") for obj in (tainted, tolerant)]
    assert plan(World(sources)).pods[0].node == ""
    assert plan(World(sources, Gates.parse("TaintTolerationComparisonOperators=true"))).pods[0].node == "n1"


def test_gates_say_which_nodes_have_daemons() -> None:
    tainted = node(taints=[{"key": "speed", "value": "9", "effect": "NoSchedule"}])
    daemons = workload("DaemonSet", "w")
    daemons["spec"]["template"]["spec"]["tolerations"] = [{"key": "speed", "operator": "Gt", "value": "5"}]
    sources = [Sourced(obj, "test") for obj in (tainted, daemons)]
    assert plan(World(sources)).pods == ()
    (daemon,) = plan(World(sources, Gates.parse("TaintTolerationComparisonOperators=true"))).pods
    assert (daemon.name, daemon.node) == ("w-n1", "n1")


def test_objects_of_older_versions_are_read_as_a_server_would() -> None:
    old = claim("c")
    old["apiVersion"] = "resource.k8s.io/v1beta1"
    old["spec"]["devices"]["requests"] = [{"name": "r", "deviceClassName": "gpu"}]
    older_slice = slice_(node="n1")
    older_slice["apiVersion"] = "resource.k8s.io/v1beta1"
    older_slice["spec"]["devices"] = [{"name": "d0", "basic": {"attributes": attributes(model="a")}}]
    assert _devices(node(), device_class(), older_slice, old, pod("p", "c")) == {"p": ["d0"]}
    old["apiVersion"] = "resource.k8s.io/v1alpha2"
    told = world(node(), old).faults.listed()
    assert told == [
        "test, document 2 (ResourceClaim ns/c): apiVersion resource.k8s.io/v1alpha2:"
        " want resource.k8s.io/v1, v1beta2 or v1beta1"
    ]
    old["apiVersion"] = "resource.k8s.io/v1beta1"
    old["spec"]["devices"]["requests"] = [7]
    assert "cannot be read as v1beta1" in world(node(), old).faults.listed()[0]


def test_parameters_of_drivers_may_hold_any_number() -> None:
    opaque = {"driver": "gpu.example.com", "parameters": {"n": 10**26}}
    many = [claim(name, request(), config=[{"opaque": opaque}]) for name in ("a", "b")]
    made = world(node(), device_class(), slice_(device("d0")), *many, pod("p", "a"), pod("q", "b"))
    found = plan(made)
    assert [one.node for one in found.pods] == ["n1", ""]
    assert "1 taken" in found.pods[1].reason
    assert "taken by claim ns/a" in explanation_text(explain(made, "q"))


def test_a_number_that_no_field_takes_is_named_with_its_object() -> None:
    made = world(node(), device_class(), claim("c", request(count=10**20)), pod("p", "c"))
    assert any("ResourceClaim ns/c" in note and ".count`" in note for note in plan(made).notes)
