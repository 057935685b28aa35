"""What objects use by the names of quotas."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from work_units import work

from drakkar.quota.amounts import written
from drakkar.quota.evaluator import Measured, World
from drakkar.quota.evaluators import evaluator_of
from drakkar.quota.scopes import Requirement
from drakkar.quota.usage import usage

Object = dict[str, Any]
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
WORLD = World(NOW, {"gpu": "example.com/gpu", "nic": ""})


def measured(group: str, plural: str, obj: Object, world: World = WORLD) -> Measured:
    evaluator = evaluator_of(group, plural)
    assert evaluator is not None
    return evaluator.measure(obj, world)


def used(plural: str, obj: Object, group: str = "", world: World = WORLD) -> dict[str, str]:
    return written(measured(group, plural, obj, world).usage)


def container(requests: Object | None = None, limits: Object | None = None, **more: Any) -> Object:
    return {"name": "c", "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


def pod(*containers: Object, status: Object | None = None, **spec: Any) -> Object:
    return {
        "metadata": {"name": "p"},
        "spec": {"containers": list(containers), **spec},
        "status": status or {},
    }


def test_a_pod_uses_what_its_containers_ask_for() -> None:
    one = container({"cpu": "500m", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"})
    assert used("pods", pod(one, one)) == {
        "count/pods": "1",
        "pods": "1",
        "cpu": "1",
        "requests.cpu": "1",
        "limits.cpu": "2",
        "memory": "2Gi",
        "requests.memory": "2Gi",
        "limits.memory": "2Gi",
    }


@pytest.mark.parametrize(
    ("inits", "total"),
    [
        ([container({"cpu": "1"})], "2"),
        ([container({"cpu": "5"})], "5"),
        ([container({"cpu": "5"}), container({"cpu": "4"})], "5"),
        ([container({"cpu": "1"}, restartPolicy="Always")], "3"),
        ([container({"cpu": "1"}, restartPolicy="Always"), container({"cpu": "3"})], "4"),
        ([container({"cpu": "3"}), container({"cpu": "1"}, restartPolicy="Always")], "3"),
    ],
)
def test_init_containers_run_one_after_the_other_and_sidecars_stay(inits: list[Object], total: str) -> None:
    assert used("pods", pod(container({"cpu": "2"}), initContainers=inits))["requests.cpu"] == total


def test_a_pod_may_say_itself_what_it_takes_and_has_overhead() -> None:
    found = used(
        "pods",
        pod(
            container({"cpu": "1", "memory": "1Gi"}, {"cpu": "1"}),
            resources={"requests": {"cpu": "3"}, "limits": {"cpu": "4"}},
            overhead={"cpu": "100m", "memory": "1Mi", "ephemeral-storage": "1Mi"},
        ),
    )
    assert (found["requests.cpu"], found["limits.cpu"], found["requests.memory"]) == (
        "3100m",
        "4100m",
        "1025Mi",
    )
    assert found["requests.ephemeral-storage"] == "1Mi"
    # Of what there is no limit for, overhead is none either.
    assert not {"limits.memory", "limits.ephemeral-storage"} & found.keys()


def test_hugepages_and_extended_resources() -> None:
    asked = {"hugepages-2Mi": "4Mi", "example.com/gpu": "2", "deviceclass.resource.kubernetes.io/nic": "1"}
    found = used("pods", pod(container(asked, asked)))
    assert found == {
        "count/pods": "1",
        "pods": "1",
        "hugepages-2Mi": "4Mi",
        "requests.hugepages-2Mi": "4Mi",
        "requests.example.com/gpu": "2",
        "requests.deviceclass.resource.kubernetes.io/nic": "1",
    }


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_is_over_is_an_object_only(phase: str) -> None:
    assert used("pods", pod(container({"cpu": "1"}), status={"phase": phase})) == {"count/pods": "1"}


def test_a_pod_that_should_be_gone_is_an_object_only() -> None:
    going = pod(container({"cpu": "1"}))
    going["metadata"] |= {"deletionTimestamp": "2025-12-31T23:59:00Z", "deletionGracePeriodSeconds": 60}
    assert used("pods", going)["pods"] == "1"
    going["metadata"]["deletionGracePeriodSeconds"] = 59
    assert used("pods", going) == {"count/pods": "1"}


def test_what_a_container_really_has_counts_while_it_is_made_smaller() -> None:
    status = {"containerStatuses": [{"name": "c", "allocatedResources": {"cpu": "2"}}]}
    assert used("pods", pod(container({"cpu": "1"}), status=status))["requests.cpu"] == "2"
    status["containerStatuses"][0]["resources"] = {"requests": {"cpu": "3"}, "limits": {"cpu": "5"}}
    found = used("pods", pod(container({"cpu": "1"}, {"cpu": "1"}), status=status))
    assert (found["requests.cpu"], found["limits.cpu"]) == ("3", "5")
    refused = {**status, "conditions": [{"type": "PodResizePending", "reason": "Infeasible"}]}
    assert used("pods", pod(container({"cpu": "9"}), status=refused))["requests.cpu"] == "3"


@pytest.mark.parametrize(
    ("spec", "scopes"),
    [
        ({}, {"NotTerminating", "BestEffort"}),
        ({"activeDeadlineSeconds": 0}, {"Terminating", "BestEffort"}),
        ({"containers": [container({"cpu": "1"})]}, {"NotTerminating", "NotBestEffort"}),
        ({"containers": [container({"ephemeral-storage": "1"})]}, {"NotTerminating", "BestEffort"}),
        ({"resources": {"limits": {"memory": "1"}}}, {"NotTerminating", "NotBestEffort"}),
        ({"priorityClassName": "high"}, {"NotTerminating", "BestEffort", "PriorityClass"}),
        (
            {
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"podAffinityTerm": {"namespaceSelector": {}}}
                        ]
                    }
                }
            },
            {"NotTerminating", "BestEffort", "CrossNamespacePodAffinity"},
        ),
    ],
)
def test_scopes_of_pods(spec: Object, scopes: set[str]) -> None:
    found = measured("", "pods", pod(**{"containers": [container()], **spec}))
    names = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass")
    asked = (*names, "CrossNamespacePodAffinity", "VolumeAttributesClass", "Nonsense")
    assert {name for name in asked if found.in_scope(Requirement(name))} == scopes


@pytest.mark.parametrize(
    ("operator", "values", "held"),
    [
        ("In", ("high",), (True, False, False)),
        ("NotIn", ("high",), (False, True, True)),
        ("Exists", (), (True, True, False)),
        ("DoesNotExist", (), (False, False, True)),
        ("Nonsense", (), (False, False, False)),
    ],
)
def test_classes_of_priority(operator: str, values: tuple[str, ...], held: tuple[bool, ...]) -> None:
    asked = Requirement("PriorityClass", operator, values)
    pods = (pod(priorityClassName="high"), pod(priorityClassName="low"), pod())
    assert tuple(measured("", "pods", one).in_scope(asked) for one in pods) == held


@pytest.mark.parametrize(
    ("spec", "ports", "balancers"),
    [
        ({"type": "ClusterIP", "ports": [{}, {}]}, "0", "0"),
        ({"type": "NodePort", "ports": [{}, {}]}, "2", "0"),
        ({"type": "LoadBalancer", "ports": [{}, {}]}, "2", "1"),
        (
            {
                "type": "LoadBalancer",
                "allocateLoadBalancerNodePorts": False,
                "ports": [{"nodePort": 30000}, {}],
            },
            "1",
            "1",
        ),
        ({"type": "ExternalName"}, "0", "0"),
    ],
)
def test_services(spec: Object, ports: str, balancers: str) -> None:
    assert used("services", {"spec": spec}) == {
        "count/services": "1",
        "services": "1",
        "services.nodeports": ports,
        "services.loadbalancers": balancers,
    }


def volume_claim(storage: str, status: Object | None = None, **spec: Any) -> Object:
    resources = {"requests": {"storage": storage}}
    return {"metadata": {}, "spec": {"resources": resources, **spec}, "status": status or {}}


def test_volumes_by_their_class() -> None:
    found = used("persistentvolumeclaims", volume_claim("1.5", storageClassName="gold"))
    assert found == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "2",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "2",
    }


def test_a_volume_that_has_grown_beyond_what_is_asked_for() -> None:
    grown = {"allocatedResources": {"storage": "3Gi"}}
    assert used("persistentvolumeclaims", volume_claim("1Gi", grown))["requests.storage"] == "3Gi"
    assert used("persistentvolumeclaims", volume_claim("5Gi", grown))["requests.storage"] == "5Gi"


def test_classes_of_attributes_that_a_volume_is_of_or_comes_to_be_of() -> None:
    status = {
        "currentVolumeAttributesClassName": "slow",
        "modifyVolumeStatus": {"targetVolumeAttributesClassName": "fast"},
    }
    found = measured("", "persistentvolumeclaims", volume_claim("1", status))
    for operator, values, holds in (
        ("Exists", (), True),
        ("DoesNotExist", (), False),
        ("In", ("fast",), True),
        ("NotIn", ("fast",), True),
        ("NotIn", ("fast", "slow"), False),
    ):
        assert found.in_scope(Requirement("VolumeAttributesClass", operator, values)) is holds, operator


def resource_claim(*requests: Object, **metadata: Any) -> Object:
    return {"metadata": {"name": "c", **metadata}, "spec": {"devices": {"requests": list(requests)}}}


def exactly(name: str, mode: str = "ExactCount", count: int = 1) -> Object:
    return {"exactly": {"deviceClassName": name, "allocationMode": mode, "count": count}}


DRA = "resource.k8s.io"


def test_1_5_10_devices_by_class() -> None:
    first = {
        "firstAvailable": [
            {"deviceClassName": "nic", "allocationMode": "ExactCount", "count": 2},
            {"deviceClassName": "nic", "allocationMode": "ExactCount", "count": 3},
            {"deviceClassName": "gpu", "allocationMode": "All"},
        ]
    }
    claim = resource_claim(exactly("gpu", count=2), exactly("gpu"), first, {"some": "day"})
    assert used("resourceclaims", claim, DRA) == {
        "count/resourceclaims.resource.k8s.io": "1",
        "gpu.deviceclass.resource.k8s.io/devices": "35",
        "nic.deviceclass.resource.k8s.io/devices": "3",
        "requests.deviceclass.resource.kubernetes.io/gpu": "35",
        "requests.example.com/gpu": "35",
        "requests.deviceclass.resource.kubernetes.io/nic": "3",
    }


def test_1_5_10_a_claim_for_extended_resources_costs_what_its_pod_has_not_paid() -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "controller": True}
    claim = resource_claim(
        exactly("gpu", count=3),
        namespace="a",
        annotations={"resource.kubernetes.io/extended-resource-claim": "true"},
        ownerReferences=[owner],
        creationTimestamp="2026-01-01T00:00:00Z",
    )
    paying = pod(container({"example.com/gpu": "2"}))
    paying["metadata"]["uid"] = "u"
    world = World(NOW, WORLD.extended, lambda namespace, name: paying, lambda namespace: [claim])
    name = "requests.example.com/gpu"
    assert used("resourceclaims", claim, DRA, world)[name] == "1"
    earlier = {**claim, "metadata": {**claim["metadata"], "name": "b"}}
    second = World(NOW, WORLD.extended, lambda namespace, name: paying, lambda namespace: [earlier, claim])
    assert used("resourceclaims", claim, DRA, second)[name] == "3"
    paying["status"]["extendedResourceClaimStatus"] = {"resourceClaimName": "c"}
    assert used("resourceclaims", claim, DRA, second)[name] == "1"
    paying["metadata"]["uid"] = "other"
    assert used("resourceclaims", claim, DRA, second)[name] == "3"


@pytest.mark.parametrize(
    ("group", "plural", "names"),
    [
        ("", "secrets", {"count/secrets", "secrets"}),
        ("", "serviceaccounts", {"count/serviceaccounts"}),
        ("apps", "deployments", {"count/deployments.apps"}),
    ],
)
def test_everything_else_is_a_number(group: str, plural: str, names: set[str]) -> None:
    assert used(plural, {}, group) == dict.fromkeys(names, "1")


def test_what_is_never_counted() -> None:
    assert [
        evaluator_of(*one) for one in (("", "events"), ("events.k8s.io", "events"), ("", "bindings"))
    ] == [None] * 3


_ODD: tuple[Any, ...] = (None, 1, "x", [], [1], {}, {"a": [None]}, True)


@pytest.mark.parametrize("odd", _ODD)
def test_odd_objects_cost_nobody_anything_else(odd: Any) -> None:
    for group, plural in (
        ("", "pods"),
        ("", "services"),
        ("", "persistentvolumeclaims"),
        (DRA, "resourceclaims"),
    ):
        evaluator = evaluator_of(group, plural)
        assert evaluator is not None
        for obj in (
            {"metadata": odd, "spec": odd, "status": odd},
            {
                "metadata": {"annotations": odd, "deletionTimestamp": odd, "ownerReferences": odd},
                "spec": {
                    "containers": [{"resources": {"requests": odd, "limits": {"cpu": odd}}, "name": odd}],
                    "initContainers": odd,
                    "affinity": {"podAffinity": odd},
                    "resources": odd,
                    "overhead": {"cpu": odd},
                    "ports": odd,
                    "devices": {"requests": [{"exactly": odd, "firstAvailable": odd}]},
                },
                "status": {"containerStatuses": odd, "conditions": odd, "modifyVolumeStatus": odd},
            },
        ):
            found = evaluator.measure(obj, WORLD)
            assert found.usage
            found.in_scope(Requirement("PriorityClass", "In", ("a",)))
            evaluator.frees(obj, {"spec": {}, "metadata": {}, "status": {}})


def test_the_usage_of_a_quota_is_that_of_what_it_counts() -> None:
    evaluators = [evaluator_of("", "pods"), evaluator_of("", "secrets"), evaluator_of(DRA, "resourceclaims")]
    pods = [pod(container({"cpu": "1", "example.com/gpu": "1"})), pod(activeDeadlineSeconds=5)]
    objects = (pods, [{}], [resource_claim(exactly("gpu", count=4))])
    sorts = [(one, some) for one, some in zip(evaluators, objects, strict=True) if one is not None]
    hard = ("pods", "requests.cpu", "secrets", "requests.example.com/gpu", "count/unknown.example.com")
    assert written(usage({"spec": {}}, hard, sorts, WORLD)) == {
        "pods": "2",
        "requests.cpu": "1",
        "secrets": "1",
        # Pods and claims together.
        "requests.example.com/gpu": "5",
    }
    scoped = {"spec": {"scopes": ["Terminating"]}}
    assert written(usage(scoped, hard, sorts, WORLD)) == {
        "pods": "1",
        "requests.cpu": "0",
        "secrets": "0",
        "requests.example.com/gpu": "0",
    }


def test_large_pods_are_linear_work() -> None:
    inits = [container({f"example.com/r{at}": "1"}, restartPolicy="Always") for at in range(8_000)]
    with work() as done:
        found = used("pods", pod(initContainers=inits))
    assert len(found) == 8_002
    assert done.units < 400
