"""Ingresses, their classes, network policies and Endpoints, new and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation

Object = dict[str, Any]
_NETWORKING = "/apis/networking.k8s.io/v1"
_HOME = f"{_NETWORKING}/namespaces/default"
_BACKEND = {"service": {"name": "s", "port": {"number": 80}}}


def _new(path: str, *specs: Object) -> Iterator[Creation]:
    for spec in specs:
        yield Creation(path, {"metadata": {"name": "x"}, "spec": spec})


def _changed(path: str, spec: Object, *merged: Object) -> Iterator[Change]:
    for one in merged:
        yield Change(path, {"metadata": {"name": "x"}, "spec": spec}, {"spec": one})


def _rule(path: str = "/", kind: str | None = "Prefix", backend: Object = _BACKEND, **parts: Any) -> Object:
    one = {"path": path, "pathType": kind, "backend": backend}
    return {"rules": [{"http": {"paths": [{k: v for k, v in one.items() if v is not None}]}, **parts}]}


def _ingresses() -> Iterator[Creation | Change]:
    path = f"{_HOME}/ingresses"
    yield from _new(path, {}, {"rules": []}, {"rules": [{}]}, {"rules": [{"http": {"paths": []}}]}, _rule())
    for one in ("a", "", "/a//b", "/a/./b", "/a/../b", "/a%2fb", "/a/..", "/a/."):
        for kind in ("Prefix", "Exact", "ImplementationSpecific"):
            yield from _new(path, _rule(one, kind))
    yield from _new(path, _rule(kind="Regex"), _rule(kind=None))
    for host in ("a.b", "*.a.b", "*", "*a.b", "A.b", "1.2.3.4", "a.*"):
        yield from _new(path, _rule(host=host))
    for backend in (
        {},
        {"service": {"name": "s"}},
        {"service": {"name": "", "port": {"number": 80}}},
        {"service": {"name": "A b", "port": {"number": 80}}},
        {"service": {"name": "s", "port": {"number": 80, "name": "http"}}},
        {"service": {"name": "s", "port": {"name": "http--x"}}},
        {"service": {"name": "s", "port": {"number": 70000}}},
        {**_BACKEND, "resource": {"kind": "Bucket", "name": "b"}},
        {"resource": {"kind": "Bucket", "name": "b", "apiGroup": "example.com"}},
        {"resource": {"kind": "", "name": ""}},
        {"resource": {"kind": "a/b", "name": "c%d", "apiGroup": "A b"}},
    ):
        yield from _new(path, {"defaultBackend": backend}, _rule(backend=backend))
    for tls in (
        {"hosts": ["a.b"], "secretName": "s"},
        {"hosts": ["*.a.b"]},
        {"hosts": ["*"]},
        {"hosts": ["A b"]},
        {"secretName": "A b"},
        {},
    ):
        yield from _new(path, {"defaultBackend": _BACKEND, "tls": [tls]})
    yield from _new(path, {"defaultBackend": _BACKEND, "ingressClassName": "A b"})
    noted = {"name": "x", "annotations": {"kubernetes.io/ingress.class": "a"}}
    yield Creation(path, {"metadata": noted, "spec": {"defaultBackend": _BACKEND}})
    yield Creation(path, {"metadata": noted, "spec": {"defaultBackend": _BACKEND, "ingressClassName": "b"}})
    yield from _changed(
        path, _rule(), {"rules": None}, {"defaultBackend": _BACKEND}, {"ingressClassName": "a"}
    )
    for ingress in ({"ip": "1.2.3"}, {"hostname": "1.2.3.4"}, {"hostname": "A b"}, {"ip": "1.2.3.4"}):
        status = {"status": {"loadBalancer": {"ingress": [ingress]}}}
        yield Change(path, {"metadata": {"name": "x"}, "spec": _rule()}, status, "/status")


def _classes() -> Iterator[Creation | Change]:
    path = f"{_NETWORKING}/ingressclasses"
    for spec in (
        {},
        {"controller": "a"},
        {"controller": "example.com/a"},
        {"controller": "A b/c"},
        {"controller": "example.com/" + "a" * 250},
        {"controller": "example.com/a b"},
    ):
        yield from _new(path, spec)
    for parameters in (
        {},
        {"kind": "K", "name": "n"},
        {"kind": "K", "name": "n", "scope": "Everywhere"},
        {"kind": "K", "name": "n", "scope": "Namespace"},
        {"kind": "K", "name": "n", "scope": "Namespace", "namespace": "default"},
        {"kind": "K", "name": "n", "scope": "Cluster", "namespace": "default"},
        {"kind": "a/b", "name": "n%", "apiGroup": "A b"},
        {"kind": "K", "name": "n", "scope": "Namespace", "namespace": "A b"},
    ):
        yield from _new(path, {"controller": "example.com/a", "parameters": parameters})
    yield from _changed(
        path,
        {"controller": "example.com/a"},
        {"controller": "example.com/b"},
        {"parameters": {"kind": "K", "name": "n"}},
    )


def _policies() -> Iterator[Creation | Change]:
    path = f"{_HOME}/networkpolicies"
    yield from _new(
        path,
        {},
        {"podSelector": {"matchLabels": {"a b": "c"}}},
        {"policyTypes": ["Sideways"]},
        {"policyTypes": ["Ingress", "Egress", "Ingress"]},
        {"policyTypes": ["Egress"], "egress": [{}]},
        {"egress": [{}]},
    )
    for port in (
        {"port": 80},
        {"port": 0},
        {"port": 70000},
        {"port": "http"},
        {"port": "Http--"},
        {"protocol": "ICMP"},
        {"port": 80, "endPort": 90},
        {"port": 80, "endPort": 70},
        {"port": "http", "endPort": 70},
        {"endPort": 70},
        {"port": 80, "endPort": 70000},
    ):
        yield from _new(path, {"ingress": [{"ports": [port]}]}, {"egress": [{"ports": [port]}]})
    for peer in (
        {},
        {"podSelector": {}},
        {"podSelector": {"matchLabels": {"a b": "c"}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
        {"ipBlock": {}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
        {"ipBlock": {"cidr": "10.0.0.1/8"}},
        {"ipBlock": {"cidr": "10.0.0.0"}},
        {"ipBlock": {"cidr": "010.0.0.0/8"}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.1.0.0/16", "10.0.0.0/8", "x"]}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}},
        {"ipBlock": {"cidr": "2001:DB8::/32"}},
    ):
        yield from _new(path, {"ingress": [{"from": [peer]}]}, {"egress": [{"to": [peer]}]})
    yield from _changed(
        path, {"podSelector": {}}, {"podSelector": {"matchLabels": {"a": "b"}}}, {"policyTypes": ["Sideways"]}
    )


def _endpoints() -> Iterator[Creation]:
    for subset in (
        {},
        {"addresses": [{"ip": "10.0.0.1"}]},
        {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]},
        {"addresses": [{"ip": "127.0.0.1"}]},
        {"notReadyAddresses": [{"ip": "x"}]},
        {"addresses": [{"ip": "10.0.0.1", "hostname": "A b", "nodeName": "A b"}]},
        {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}, {"port": 81}]},
        {
            "addresses": [{"ip": "10.0.0.1"}],
            "ports": [{"port": 0, "name": "A b", "protocol": "X", "appProtocol": "a b"}],
        },
        {"addresses": [{"ip": "010.0.0.1"}]},
    ):
        yield Creation(
            "/api/v1/namespaces/default/endpoints", {"metadata": {"name": "x"}, "subsets": [subset]}
        )


CASES: list[Creation | Change] = [
    case for cases in (_ingresses, _classes, _policies, _endpoints) for case in cases()
]
