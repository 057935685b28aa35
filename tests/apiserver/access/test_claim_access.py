"""Which part of a claim's status who may write."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.access import claim_access

from ..callers import MASTER, Server, user

CLAIMS = "/apis/resource.k8s.io/v1/namespaces/a/resourceclaims"
FIELD = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
ALLOCATION = {
    "devices": {"results": [{"request": "gpu", "driver": "gpu.example.com", "pool": "p", "device": "d0"}]},
    "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [FIELD]}]},
}
DEVICE = {"status": {"devices": [{"driver": "gpu.example.com", "pool": "p", "device": "d0"}]}}


def _rule(resource: str, *verbs: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": ["resource.k8s.io"], "resources": [resource], "verbs": list(verbs), **more}


@pytest.fixture
def claims(server: Server) -> Server:
    status = _rule("resourceclaims/status", "patch")
    server.grant("writer", [status])
    server.grant("binder", [status, _rule("resourceclaims/binding", "patch")])
    named = {"resourceNames": ["gpu.example.com"]}
    server.grant("driver", [status, _rule("resourceclaims/driver", "arbitrary-node:patch", **named)])
    server.grant("local", [status, _rule("resourceclaims/driver", "associated-node:patch", **named)])
    server.make("/apis/resource.k8s.io/v1/deviceclasses", {"metadata": {"name": "gpu"}, "spec": {}})
    requests = [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]
    server.make(CLAIMS, {"metadata": {"name": "c"}, "spec": {"devices": {"requests": requests}}})
    return server


def _patch(server: Server, who: str, change: Any, **headers: str) -> Any:
    return server.asks(user(who), "PATCH", f"{CLAIMS}/c/status", change, **headers)


def test_an_allocation_and_a_reservation_need_binding(claims: Server) -> None:
    refused = _patch(claims, "writer", {"status": {"allocation": ALLOCATION}})
    assert refused.status_code == 422
    said = 'requires resource="resourceclaims/binding", verb="patch" permission'
    assert said in refused.json()["message"]
    assert _patch(claims, "binder", {"status": {"allocation": ALLOCATION}}).status_code == 200
    reserve = {"status": {"reservedFor": [{"resource": "pods", "name": "p", "uid": "u"}]}}
    assert _patch(claims, "writer", reserve).status_code == 422
    assert _patch(claims, "writer", {"status": {"allocation": ALLOCATION}}).status_code == 200
    assert _patch(claims, "writer", {"status": {"allocation": None}}).status_code == 422
    assert _patch(claims, "binder", {"status": {"allocation": None}}).status_code == 200


def test_what_is_said_of_a_device_needs_its_drivers_right(claims: Server) -> None:
    assert _patch(claims, "binder", {"status": {"allocation": ALLOCATION}}).status_code == 200
    for who in ("writer", "binder", "local"):
        assert _patch(claims, who, DEVICE).status_code == 422
    assert _patch(claims, "driver", DEVICE).status_code == 200
    assert _patch(claims, "writer", {"status": {"devices": []}}).status_code == 422


@pytest.mark.parametrize(("node", "code"), [("n1", 200), ("n2", 422)])
def test_a_driver_in_a_pod_may_speak_of_its_node(claims: Server, node: str, code: int) -> None:
    assert _patch(claims, "binder", {"status": {"allocation": ALLOCATION}}).status_code == 200
    account = {"kind": "ServiceAccount", "name": "app", "namespace": "a"}
    reference = {"kind": "ClusterRole", "name": "local"}
    body = {"metadata": {"name": "app"}, "roleRef": reference, "subjects": [account]}
    claims.make("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body)
    pod = {"nodeName": node, "serviceAccountName": "app", "containers": [{"name": "c", "image": "i:1"}]}
    claims.make("/api/v1/namespaces/a/pods", {"metadata": {"name": "p"}, "spec": pod})
    bound = {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "p"}}
    made = claims.asks(MASTER, "POST", "/api/v1/namespaces/a/serviceaccounts/app/token", {"spec": bound})
    token = made.json()["status"]["token"]
    done = claims.asks(None, "PATCH", f"{CLAIMS}/c/status", DEVICE, authorization=f"Bearer {token}")
    assert done.status_code == code, done.text


LABEL = {"key": "zone", "operator": "Exists"}
TERM = {"matchFields": [FIELD]}


@pytest.mark.parametrize(
    ("selector", "node"),
    [
        ({"nodeSelectorTerms": [TERM]}, "n1"),
        (None, ""),
        ({"nodeSelectorTerms": []}, ""),
        # Whatever else may hold, the allocation is for more nodes than one, or for who knows which.
        ({"nodeSelectorTerms": [TERM, TERM]}, ""),
        ({"nodeSelectorTerms": [TERM, {}]}, ""),
        ({"nodeSelectorTerms": [{"matchFields": [FIELD, FIELD]}]}, ""),
        ({"nodeSelectorTerms": [{**TERM, "matchExpressions": [LABEL]}]}, ""),
        ({"nodeSelectorTerms": [{"matchFields": [{**FIELD, "operator": "NotIn"}]}]}, ""),
        ({"nodeSelectorTerms": [{"matchFields": [{**FIELD, "values": ["n1", "n2"]}]}]}, ""),
        ({"nodeSelectorTerms": [{"matchFields": [{**FIELD, "key": "metadata.labels"}]}]}, ""),
        ({"nodeSelectorTerms": [{"matchFields": [{**FIELD, "values": [1]}]}]}, ""),
        ({"nodeSelectorTerms": ["n1"]}, ""),
        ("n1", ""),
    ],
)
def test_an_allocation_is_for_a_node_only_where_nothing_else_is_said(selector: Any, node: str) -> None:
    assert claim_access._node_of({"nodeSelector": selector}) == node
