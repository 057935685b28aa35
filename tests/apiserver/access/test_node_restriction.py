"""What a kubelet's certificate may write, and what the driver's beside it."""

from __future__ import annotations

from typing import Any

import pytest

from ..callers import MASTER, Server, user

N1 = user("system:node:n1", "system:nodes")
A = "/api/v1/namespaces/a"
DRA = "/apis/resource.k8s.io/v1"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
CSI_NODES = "/apis/storage.k8s.io/v1/csinodes"


def _pod(name: str, node: str = "", **more: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i:1"}], "serviceAccountName": "app", **more}
    return {"metadata": {"name": name}, "spec": {**spec, **({"nodeName": node} if node else {})}}


def _slice(name: str, **where: Any) -> dict[str, Any]:
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    return {
        "metadata": {"name": name},
        "spec": {"driver": "d.example.com", "pool": pool, "devices": [], **where},
    }


@pytest.fixture
def nodes(server: Server) -> Server:
    taint = {"key": "x", "effect": "NoSchedule"}
    for name in ("n1", "n2"):
        server.make("/api/v1/nodes", {"metadata": {"name": name}, "spec": {"taints": [taint]}})
        server.make(LEASES, {"metadata": {"name": name}, "spec": {}})
        server.make(CSI_NODES, {"metadata": {"name": name}, "spec": {"drivers": []}})
        server.make(f"{DRA}/resourceslices", _slice(f"s-{name}", nodeName=name))
    token = {
        "name": "t",
        "projected": {"sources": [{"serviceAccountToken": {"path": "t", "audience": "vault"}}]},
    }
    server.make(f"{A}/pods", _pod("p1", "n1", volumes=[token]))
    server.make(f"{A}/pods", _pod("p2", "n2"))
    server.make(f"{DRA}/resourceslices", _slice("s-all", allNodes=True))
    return server


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        ("nodes/n1", {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}, 403),
        ("nodes/n1", {"metadata": {"labels": {"node-restriction.kubernetes.io/x": ""}}}, 403),
        ("nodes/n1", {"metadata": {"labels": {"x.k8s.io/y": ""}}}, 403),
        ("nodes/n1", {"metadata": {"labels": {"kubernetes.io/hostname": "n1", "team": "x"}}}, 200),
        ("nodes/n1", {"metadata": {"labels": {"x.node.kubernetes.io/y": "1"}}}, 200),
        ("nodes/n1", {"metadata": {"annotations": {"x": "y"}}}, 200),
        ("nodes/n1", {"spec": {"taints": []}}, 403),
        ("nodes/n1/status", {"spec": {"taints": []}, "status": {"phase": "Running"}}, 403),
        ("nodes/n1/status", {"status": {"phase": "Running"}}, 200),
        (
            "nodes/n1",
            {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "1"}]}},
            403,
        ),
        ("nodes/n2", {"metadata": {"annotations": {"x": "y"}}}, 403),
        ("nodes/n2/status", {"status": {"phase": "Running"}}, 403),
        ("namespaces/a/pods/p1", {"metadata": {"labels": {"x": "y"}}}, 403),
        ("namespaces/a/pods/p1/status", {"status": {"phase": "Running"}}, 200),
        ("namespaces/a/pods/p1/status", {"metadata": {"labels": {"x": "y"}}}, 403),
        ("namespaces/a/pods/p1/status", {"status": {"resourceClaimStatuses": [{"name": "g"}]}}, 403),
        (
            "namespaces/a/pods/p1/status",
            {"status": {"extendedResourceClaimStatus": {"resourceClaimName": "x", "requestMappings": []}}},
            403,
        ),
        ("namespaces/a/pods/p2/status", {"status": {"phase": "Running"}}, 403),
    ],
)
def test_patches_of_a_node(nodes: Server, path: str, change: Any, code: int) -> None:
    assert nodes.asks(N1, "PATCH", f"/api/v1/{path}", change).status_code == code


def test_a_node_makes_itself_and_mirror_pods_of_its_own(nodes: Server) -> None:
    n3 = user("system:node:n3", "system:nodes")
    restricted = {"metadata": {"name": "n3", "labels": {"node-restriction.kubernetes.io/x": ""}}}
    assert nodes.asks(n3, "POST", "/api/v1/nodes", {"metadata": {"name": "n4"}}).status_code == 403
    assert nodes.asks(n3, "POST", "/api/v1/nodes", restricted).status_code == 403
    made = nodes.asks(n3, "POST", "/api/v1/nodes", {"metadata": {"name": "n3"}})
    assert made.status_code == 201
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n3", "uid": made.json()["metadata"]["uid"]}
    meta = {"name": "m", "annotations": {"kubernetes.io/config.mirror": "x"}}
    pod = {
        "metadata": {**meta, "ownerReferences": [{**owner, "controller": True}]},
        "spec": {"nodeName": "n3"},
    }
    pod["spec"]["containers"] = [{"name": "c", "image": "i:1"}]
    for wrong in (
        {**pod, "metadata": meta},
        {**pod, "metadata": {**meta, "ownerReferences": [owner]}},
        {**pod, "metadata": {**meta, "ownerReferences": [{**owner, "uid": "x", "controller": True}]}},
        {**pod, "metadata": {**pod["metadata"], "annotations": {}}},
        {**pod, "spec": {**pod["spec"], "nodeName": "n1"}},
        {**pod, "spec": {**pod["spec"], "resourceClaims": [{"name": "g", "resourceClaimName": "x"}]}},
        {**pod, "spec": {**pod["spec"], "volumes": [{"name": "s", "secret": {"secretName": "x"}}]}},
        {**pod, "spec": {**pod["spec"], "volumes": [{"name": "s", "csi": {"driver": "x"}}]}},
    ):
        assert nodes.asks(n3, "POST", f"{A}/pods", wrong).status_code == 403, wrong
    assert nodes.asks(n3, "POST", f"{A}/pods", pod).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("DELETE", f"{A}/pods/p2", None, 403),
        ("DELETE", f"{A}/pods/p1", None, 200),
        ("DELETE", f"{A}/pods", None, 403),
        ("POST", f"{A}/pods/p2/eviction", {"metadata": {"name": "p2"}}, 403),
        ("POST", f"{A}/pods/p1/eviction", {"metadata": {"name": "p1"}}, 201),
        ("POST", LEASES, {"metadata": {"name": "n3"}, "spec": {}}, 403),
        ("PATCH", f"{LEASES}/n2", {"spec": {"holderIdentity": "x"}}, 403),
        ("PATCH", f"{LEASES}/n1", {"spec": {"holderIdentity": "x"}}, 200),
        ("POST", CSI_NODES, {"metadata": {"name": "n3"}, "spec": {"drivers": []}}, 403),
        ("DELETE", f"{CSI_NODES}/n2", None, 403),
        ("DELETE", f"{CSI_NODES}/n1", None, 200),
        ("POST", f"{DRA}/resourceslices", _slice("x", nodeName="n2"), 403),
        ("POST", f"{DRA}/resourceslices", _slice("x", allNodes=True), 403),
        ("POST", f"{DRA}/resourceslices", _slice("x", nodeName="n1"), 201),
        ("DELETE", f"{DRA}/resourceslices", None, 403),
        ("DELETE", f"{DRA}/resourceslices?fieldSelector=spec.nodeName=n2", None, 403),
        ("DELETE", f"{DRA}/resourceslices/s-n2", None, 403),
        ("DELETE", f"{DRA}/resourceslices/s-all", None, 403),
        ("DELETE", f"{DRA}/resourceslices/s-n1", None, 200),
    ],
)
def test_other_writes_of_a_node(nodes: Server, method: str, path: str, body: Any, code: int) -> None:
    assert nodes.asks(N1, method, path, body).status_code == code


def test_a_node_deletes_the_slices_of_its_own_at_once(nodes: Server) -> None:
    path = f"{DRA}/resourceslices"
    assert nodes.asks(N1, "DELETE", f"{path}?fieldSelector=spec.nodeName=n1").status_code == 200
    left = [one["metadata"]["name"] for one in nodes.asks(MASTER, "GET", path).json()["items"]]
    assert left == ["s-all", "s-n2"]


def test_a_node_gets_tokens_of_its_pods_for_their_audiences(nodes: Server) -> None:
    path = f"{A}/serviceaccounts/app/token"
    uids = {
        name: nodes.asks(MASTER, "GET", f"{A}/pods/{name}").json()["metadata"]["uid"] for name in ("p1", "p2")
    }

    def ask(name: str, *audiences: str, **more: Any) -> Any:
        bound = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uids.get(name, "x"), **more}
        return nodes.asks(N1, "POST", path, {"spec": {"audiences": [*audiences], "boundObjectRef": bound}})

    assert ask("p1", "vault").status_code == 201
    for refused in (
        ask("p2", "vault"),
        ask("p1", "other"),
        ask("p1", "vault", "other"),
        ask("p1", "vault", uid=""),
        ask("p1", "vault", uid="another"),
        ask("p1", "vault", kind="Secret"),
        nodes.asks(N1, "POST", path, {"spec": {}}),
    ):
        assert refused.status_code == 403, refused.text
    # Every pod has the token that admission mounted, for the server's own audience.
    assert ask("p1").status_code == 201


def test_a_driver_writes_the_slices_of_its_node_alone(nodes: Server) -> None:
    driver, path = user("drakkar:driver:n1", "drakkar:drivers"), f"{DRA}/resourceslices"
    label = {"metadata": {"labels": {"x": "y"}}}
    assert nodes.asks(driver, "POST", path, _slice("x", nodeName="n1")).status_code == 201
    assert nodes.asks(driver, "PATCH", f"{path}/s-n1", label).status_code == 200
    for method, where, body in (
        ("POST", path, _slice("y", nodeName="n2")),
        ("POST", path, _slice("y", allNodes=True)),
        ("PATCH", f"{path}/s-n2", label),
        ("DELETE", f"{path}/s-n2", None),
        ("DELETE", path, None),
    ):
        assert nodes.asks(driver, method, where, body).status_code == 403, (method, where)
    assert nodes.asks(MASTER, "GET", f"{path}/s-n2").status_code == 200
    assert (
        nodes.asks(user("x", "drakkar:drivers"), "POST", path, _slice("y", nodeName="n1")).status_code == 403
    )
