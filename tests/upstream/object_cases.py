"""Objects of many kinds with one thing in them that may be wrong, and where they are created."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from .object_answers import Creation

Object = dict[str, Any]
_HOME = "/api/v1/namespaces/default"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_APPS = "/apis/apps/v1/namespaces/default"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _named(**parts: Any) -> Object:
    return {"metadata": {"name": "x", **parts.pop("metadata", {})}, **parts}


def _secrets() -> Iterator[tuple[str, Object]]:
    account = "kubernetes.io/service-account.name"
    for kind, data in (
        ("kubernetes.io/service-account-token", {}),
        ("kubernetes.io/dockercfg", {}),
        ("kubernetes.io/dockercfg", {".dockercfg": _b64("{}")}),
        ("kubernetes.io/dockercfg", {".dockercfg": ""}),
        ("kubernetes.io/dockerconfigjson", {}),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": _b64('{"auths": {}}')}),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": _b64("null")}),
        ("kubernetes.io/basic-auth", {}),
        ("kubernetes.io/basic-auth", {"username": ""}),
        ("kubernetes.io/basic-auth", {"password": _b64("x")}),
        ("kubernetes.io/ssh-auth", {}),
        ("kubernetes.io/ssh-auth", {"ssh-privatekey": ""}),
        ("kubernetes.io/ssh-auth", {"ssh-privatekey": _b64("x")}),
        ("kubernetes.io/tls", {}),
        ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}),
        ("example.com/own", {}),
        ("", {"a b": ""}),
        ("", {"..": ""}),
        ("", {"..x": ""}),
        ("", {"a" * 254: ""}),
        ("", {"a": _b64("x" * (1024 * 1024))}),
        ("", {"a": _b64("x" * (1024 * 1024 + 1))}),
    ):
        yield f"{_HOME}/secrets", _named(type=kind, data=data)
    for value in ("", "default"):
        annotated = {"annotations": {account: value}}
        yield f"{_HOME}/secrets", _named(type="kubernetes.io/service-account-token", metadata=annotated)
    yield f"{_HOME}/secrets", _named(stringData={"a b": "c"})


def _config_maps() -> Iterator[tuple[str, Object]]:
    for parts in (
        {"data": {"a": "b"}, "binaryData": {"a": ""}},
        {"data": {"a": "b"}, "binaryData": {"c": ""}},
        {"data": {"a b": ""}},
        {"binaryData": {"a/b": ""}},
        {"data": {"": ""}},
        {"data": {"a": "x" * (1024 * 1024)}},
        {"data": {"a": "x" * (1024 * 1024 + 1)}},
        {"binaryData": {"a": _b64("x" * (1024 * 1024 - 1))}, "data": {"b": "x"}},
    ):
        yield f"{_HOME}/configmaps", _named(**parts)


def _budgets() -> Iterator[tuple[str, Object]]:
    for spec in (
        {},
        {"minAvailable": 1},
        {"minAvailable": -1},
        {"minAvailable": "50%"},
        {"minAvailable": "150%"},
        {"minAvailable": "-5%"},
        {"minAvailable": "half"},
        {"minAvailable": ""},
        {"maxUnavailable": "100%"},
        {"maxUnavailable": -2},
        {"minAvailable": 1, "maxUnavailable": 1},
        {"minAvailable": 1, "selector": {}},
        {"minAvailable": 1, "selector": {"matchLabels": {"a b": "c"}}},
        {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
        {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}},
        {"minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
        {"minAvailable": 1, "unhealthyPodEvictionPolicy": "Never"},
    ):
        yield "/apis/policy/v1/namespaces/default/poddisruptionbudgets", _named(spec=spec)


def _bindings() -> Iterator[tuple[str, Object]]:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "u"}
    account = {"kind": "ServiceAccount", "name": "a", "namespace": "default"}
    for changed in ({}, {"name": ""}, {"name": "a/b"}, {"name": "."}, {"kind": "Roll"}, {"apiGroup": "apps"}):
        yield f"{_RBAC}/clusterrolebindings", _named(roleRef={**role, **changed}, subjects=[user])
        namespaced = f"{_RBAC}/namespaces/default/rolebindings"
        yield namespaced, _named(roleRef={**role, **changed}, subjects=[user])
    for subject in (
        {**user, "name": ""},
        {**user, "apiGroup": "apps"},
        {**user, "kind": "Group"},
        {**user, "kind": "Robot"},
        {**user, "namespace": "default"},
        {"kind": "User", "name": "u"},
        account,
        {**account, "namespace": ""},
        {**account, "name": "A b"},
        {**account, "name": ""},
        {**account, "namespace": "A b"},
        {**account, "apiGroup": "rbac.authorization.k8s.io"},
    ):
        for path in (f"{_RBAC}/clusterrolebindings", f"{_RBAC}/namespaces/default/rolebindings"):
            yield path, _named(roleRef=role, subjects=[subject])
    for rule in (
        {"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"], "apiGroups": [""]},
        {"verbs": ["get"], "nonResourceURLs": ["/x"]},
        {"verbs": ["get"], "resources": ["pods"]},
        {"verbs": ["get"], "apiGroups": [""]},
        {"verbs": [], "apiGroups": [""], "resources": ["pods"]},
    ):
        yield f"{_RBAC}/clusterroles", _named(rules=[rule])
        yield f"{_RBAC}/namespaces/default/roles", _named(rules=[rule])


def _slices() -> Iterator[tuple[str, Object]]:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"

    def slice_of(*addresses: str, kind: str = "IPv4", **parts: Any) -> Object:
        return _named(addressType=kind, endpoints=[{"addresses": list(addresses), **parts}], ports=[])

    for address in (
        *("10.0.0.1", "127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "1.2.3", "a", "", "010.0.0.1"),
        *("::1", "fe80::1", "1::2", "ff02::1"),
    ):
        yield path, slice_of(address)
        yield path, slice_of(address, kind="IPv6")
        yield path, slice_of(address, kind="FQDN")
    yield path, slice_of("a.example.com", kind="FQDN")
    yield path, slice_of("10.0.0.1", kind="IP")
    yield path, slice_of("10.0.0.1", kind="")
    yield path, slice_of()
    yield path, slice_of(*(f"10.0.0.{n}" for n in range(101)))
    yield path, slice_of("10.0.0.1", hostname="A_b")
    yield path, slice_of("10.0.0.1", nodeName="A b")
    for port in (
        {"port": 0},
        {"port": 70000},
        {"port": 1, "protocol": "HTTP"},
        {"port": 1, "name": "A b"},
        {"port": 1, "name": "a" * 64},
        {"port": 1, "appProtocol": "a b"},
        {},
    ):
        yield path, _named(addressType="IPv4", endpoints=[], ports=[port])
    yield path, _named(addressType="IPv4", endpoints=[], ports=[{"port": 1}, {"port": 2}])


def _services() -> Iterator[tuple[str, Object]]:
    path = f"{_HOME}/services"
    ports = [{"port": 80}]
    for address in (
        "10.1.2.3",
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "0.0.0.0",
        "1.2.3",
        "::1",
        "1::2",
        "",
    ):
        yield path, _named(spec={"ports": ports, "externalIPs": [address]})
    for spec in (
        {"sessionAffinity": "Client"},
        {"sessionAffinity": "ClientIP"},
        {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}},
        {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
        {"externalTrafficPolicy": "Local"},
        {"type": "NodePort", "externalTrafficPolicy": "Nearby"},
        {"internalTrafficPolicy": "Nearby"},
        {"healthCheckNodePort": 30001},
        {"loadBalancerClass": "a/b"},
        {"type": "LoadBalancer", "loadBalancerClass": "a b"},
        {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
        {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0"]},
        {"selector": {"a b": "c"}},
        {"type": "ClusterIPs"},
        {"type": "ExternalName", "externalName": "A_b"},
        {"type": "ExternalName", "externalName": "a.b."},
        {"ipFamilyPolicy": "Single"},
        {"ipFamilies": ["IPv5"]},
        {"clusterIP": "None", "type": "NodePort"},
        {"publishNotReadyAddresses": True},
        {"trafficDistribution": "Far"},
    ):
        yield path, _named(spec={"ports": ports, **spec})


def _nodes() -> Iterator[tuple[str, Object]]:
    for parts in (
        {"spec": {"externalID": "x"}},
        {"spec": {"podCIDR": "10.0.0.0/24"}},
        {"spec": {"podCIDRs": ["10.0.0.0"]}},
        {"spec": {"podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}},
        {"spec": {"taints": [{"key": "a", "effect": "Never"}]}},
        {"spec": {"taints": [{"key": "a b", "effect": "NoSchedule"}]}},
        {"spec": {"taints": [{"key": "a", "value": "b c", "effect": "NoSchedule"}]}},
        {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}] * 2}},
        {"status": {"capacity": {"cpu": "-1"}}},
        {"status": {"capacity": {"cpu": "1.5", "memory": "1Gi"}}},
        {"status": {"capacity": {"a b": "1"}}},
        {"status": {"allocatable": {"cpu": "-1"}}},
        {"status": {"addresses": [{"type": "InternalIP", "address": "1.2.3.4"}] * 2}},
    ):
        yield "/api/v1/nodes", _named(**parts)


def _rest() -> Iterator[tuple[str, Object]]:
    claims = f"{_HOME}/persistentvolumeclaims"
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for spec in (
        {},
        asked,
        {**asked, "accessModes": []},
        {**asked, "accessModes": ["Often"]},
        {**asked, "accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
        {**asked, "resources": {}},
        {**asked, "resources": {"requests": {"storage": "0"}}},
        {**asked, "resources": {"requests": {"storage": "-1"}}},
        {**asked, "resources": {"requests": {"cpu": "1"}}},
        {**asked, "storageClassName": "A b"},
        {**asked, "volumeMode": "Stream"},
        {**asked, "selector": {"matchLabels": {"a b": "c"}}},
        {**asked, "dataSource": {"kind": "PersistentVolumeClaim", "name": ""}},
        {**asked, "volumeAttributesClassName": "A b"},
    ):
        yield claims, _named(spec=spec)
    for finalizers in (["kubernetes"], ["a"], ["a/b"], ["A b/c"]):
        yield "/api/v1/namespaces", _named(spec={"finalizers": finalizers})


CASES: list[Creation] = [
    Creation(*case)
    for cases in (
        _secrets,
        _config_maps,
        _budgets,
        _bindings,
        _slices,
        _services,
        _nodes,
        _rest,
    )
    for case in cases()
]
