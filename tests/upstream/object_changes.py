"""Changes of stored objects: what may become of Secrets, budgets, bindings, slices, Services, Nodes and claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change

Object = dict[str, Any]
_HOME = "/api/v1/namespaces/default"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"


def _changes(path: str, parts: Object, *merged: Object, below: str = "") -> Iterator[Change]:
    for one in merged:
        yield Change(path, {"metadata": {"name": "x"}, **parts}, one, below)


def _data() -> Iterator[Change]:
    kept = {"type": "Opaque", "data": {"a": "Yg=="}}
    yield from _changes(
        f"{_HOME}/secrets",
        kept,
        {"type": "example.com/own"},
        {"type": None},
        {"data": {"a": "Yw=="}},
        {"immutable": True},
        {"stringData": {"b": "c"}},
        {"data": {"a b": ""}},
    )
    frozen = {"immutable": True}
    yield from _changes(
        f"{_HOME}/secrets",
        {**kept, **frozen},
        {"data": {"a": "Yw=="}},
        {"immutable": None},
        {"immutable": False},
    )
    for merged in ({"data": {"a": "c"}}, {"binaryData": {"b": "Yw=="}}, {"immutable": None}):
        yield from _changes(f"{_HOME}/configmaps", {"data": {"a": "b"}, **frozen}, merged)


def _budgets() -> Iterator[Change]:
    path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    spec = {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}}
    yield from _changes(
        path,
        spec,
        {"spec": {"minAvailable": 2}},
        {"spec": {"selector": {"matchLabels": {"a": "c"}}}},
        {"spec": {"minAvailable": None, "maxUnavailable": "10%"}},
        {"spec": {"minAvailable": "101%"}},
        {"metadata": {"resourceVersion": None}},
    )
    yield from _changes(
        path,
        spec,
        {"status": {"disruptionsAllowed": -1}},
        {"status": {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}},
        {"status": {"conditions": [{"type": "A b", "status": "Maybe"}]}},
        below="/status",
    )


def _bindings() -> Iterator[Change]:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    for path in (f"{_RBAC}/clusterrolebindings", f"{_RBAC}/namespaces/default/rolebindings"):
        yield from _changes(
            path,
            {"roleRef": role, "subjects": []},
            {"roleRef": {"name": "edit"}},
            {"roleRef": {"kind": "Role"}},
            {"subjects": [{"kind": "User", "name": "u"}]},
        )
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]
    yield from _changes(
        f"{_RBAC}/clusterroles", {"rules": rules}, {"rules": [{"verbs": ["get"]}]}, {"rules": None}
    )


def _slices() -> Iterator[Change]:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    yield from _changes(
        path,
        {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": []},
        {"addressType": "IPv6", "endpoints": []},
        {"endpoints": [{"addresses": ["127.0.0.1"]}]},
        {"endpoints": [{"addresses": ["10.0.0.2"]}]},
        {"metadata": {"labels": {"a": "b"}}},
    )


def _services() -> Iterator[Change]:
    path, ports = f"{_HOME}/services", [{"port": 80}]
    yield from _changes(
        path,
        {"spec": {"ports": ports}},
        {"spec": {"clusterIP": "10.0.0.250", "clusterIPs": None}},
        {"spec": {"clusterIP": None, "clusterIPs": None}},
        {"spec": {"clusterIP": None}},
        {"spec": {"ipFamilies": ["IPv6"]}},
        {"spec": {"ipFamilyPolicy": "PreferDualStack"}},
        {"spec": {"ipFamilyPolicy": "RequireDualStack"}},
        {"spec": {"ipFamilyPolicy": None, "ipFamilies": None}},
        {"spec": {"type": "NodePort"}},
        {"spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}},
        {"spec": {"type": "ExternalName", "externalName": "a.b"}},
        {"spec": {"type": "ExternalName"}},
        {"spec": {"sessionAffinity": "ClientIP"}},
        {"spec": {"ports": []}},
        {"spec": {"ports": [{"port": 80}, {"port": 80}]}},
        {"spec": {"externalIPs": ["10.1.1.1"]}},
    )
    yield from _changes(
        path,
        {"spec": {"ports": ports, "type": "NodePort", "externalTrafficPolicy": "Local"}},
        {"spec": {"type": "ClusterIP"}},
        {"spec": {"type": "ClusterIP", "externalTrafficPolicy": None}},
        {"spec": {"type": "ClusterIP", "externalTrafficPolicy": "Cluster"}},
        {"spec": {"ports": [{"port": 81}]}},
        {"spec": {"externalTrafficPolicy": None}},
    )
    yield from _changes(
        path,
        {
            "spec": {
                "ports": ports,
                "type": "LoadBalancer",
                "loadBalancerClass": "a/b",
                "externalTrafficPolicy": "Local",
            }
        },
        {"spec": {"loadBalancerClass": "a/c"}},
        {"spec": {"loadBalancerClass": None}},
        {"spec": {"healthCheckNodePort": 31999}},
        {"spec": {"type": "NodePort"}},
        {"spec": {"type": "ClusterIP"}},
        {"spec": {"allocateLoadBalancerNodePorts": False}},
    )
    yield from _changes(
        path,
        {"spec": {"ports": ports, "clusterIP": "None"}},
        {"spec": {"clusterIP": "10.0.0.251", "clusterIPs": None}},
        {"spec": {"selector": {"a": "b"}}},
        {"spec": {"sessionAffinity": "ClientIP"}},
    )
    named = {"spec": {"type": "ExternalName", "externalName": "a.b"}}
    yield from _changes(
        path, named, {"spec": {"externalName": "c.d"}}, {"spec": {"type": "ClusterIP", "ports": ports}}
    )


def _nodes() -> Iterator[Change]:
    spec = {"spec": {"podCIDR": "10.0.0.0/24", "providerID": "a://b"}}
    yield from _changes(
        "/api/v1/nodes",
        spec,
        {"spec": {"podCIDR": "10.0.1.0/24"}},
        {"spec": {"podCIDR": None, "podCIDRs": None}},
        {"spec": {"providerID": "a://c"}},
        {"spec": {"providerID": None}},
        {"spec": {"externalID": "x"}},
        {"spec": {"unschedulable": True}},
        {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
        {"status": {"capacity": {"cpu": "1"}}},
    )
    yield from _changes(
        "/api/v1/nodes",
        {},
        {"spec": {"podCIDR": "10.0.0.0/24"}},
        {"spec": {"providerID": "a://b"}},
        {"spec": {"configSource": {"configMap": {"namespace": "a", "name": "b", "kubeletConfigKey": "c"}}}},
    )
    yield from _changes(
        "/api/v1/nodes",
        spec,
        {"status": {"capacity": {"cpu": "-1"}, "allocatable": {"cpu": "1"}}},
        {"status": {"addresses": [{"type": "InternalIP", "address": "1.2.3.4"}] * 2}},
        {"status": {"declaredFeatures": ["B", "A"]}},
        {"status": {"declaredFeatures": ["a b"]}},
        {"status": {"capacity": {"example.com/a": "1500m"}}},
        below="/status",
    )


def _claims() -> Iterator[Change]:
    path = f"{_HOME}/persistentvolumeclaims"
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    yield from _changes(
        path,
        {"spec": asked},
        {"spec": {"accessModes": ["ReadWriteMany"]}},
        {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        {"spec": {"resources": {"requests": {"storage": "500Mi"}}}},
        {"spec": {"storageClassName": "a"}},
        {"spec": {"volumeName": "v"}},
        {"spec": {"volumeMode": "Block"}},
        {"spec": {"volumeAttributesClassName": "a"}},
        {"spec": {"dataSource": {"kind": "PersistentVolumeClaim", "name": "y"}}},
        {"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "a"}}},
        {"metadata": {"labels": {"a": "b"}}},
    )
    whole = {**asked, "storageClassName": "a", "volumeName": "v"}
    yield from _changes(
        path,
        {"spec": whole},
        {"spec": {"storageClassName": "b"}},
        {"spec": {"volumeName": "w"}},
        {"spec": {"volumeName": None}},
    )
    yield from _changes(path, {"spec": asked}, {"status": {"capacity": {"storage": "-1"}}}, below="/status")


def _namespaces() -> Iterator[Change]:
    yield from _changes(
        "/api/v1/namespaces",
        {},
        {"spec": {"finalizers": ["a/b"]}},
        {"spec": None},
        {"metadata": {"labels": {"a": "b"}}},
    )
    yield from _changes(
        "/api/v1/namespaces",
        {},
        {"status": {"phase": "Terminating"}},
        {"status": {"phase": None}},
        below="/status",
    )
    yield from _changes(
        "/api/v1/namespaces",
        {},
        {"spec": {"finalizers": ["a/b"]}},
        {"spec": {"finalizers": ["A b"]}},
        below="/finalize",
    )


CASES: list[Change] = [
    case
    for cases in (_data, _budgets, _bindings, _slices, _services, _nodes, _claims, _namespaces)
    for case in cases()
]
