"""Who is let in, by path, by role, and in somebody else's name."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from ..callers import ALICE, MASTER, Server


@pytest.fixture
def as_master(server: Server) -> TestClient:
    server.peer = MASTER
    return server.client


def test_paths(server: Server) -> None:
    assert server.client.get("/readyz").status_code == 200
    assert server.client.get("/version").status_code == 200
    refused = server.client.get("/apis")
    assert refused.json()["message"] == 'forbidden: User "system:anonymous" cannot get path "/apis"'
    server.peer = ALICE
    for path in ("/apis", "/api/v1", "/openapi/v3"):
        assert server.client.get(path).status_code == 200
    assert server.client.get("/").status_code == 403
    assert server.client.get("/api/v1/pods", headers={"authorization": "Bearer x"}).status_code == 403


def test_a_bad_token_is_no_anonymous(server: Server) -> None:
    refused = server.client.get("/readyz", headers={"authorization": "Bearer x"})
    assert refused.status_code == 401 and refused.json()["message"] == "Unauthorized"


def test_impersonation_is_asked_for_and_limits(server: Server) -> None:
    server.peer = MASTER
    bob = {"impersonate-user": "bob"}
    assert server.client.get("/api/v1/pods", headers=bob).status_code == 403
    review = server.client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json={}, headers=bob)
    assert review.json()["status"]["userInfo"]["username"] == "bob"
    assert server.client.get("/apis", headers={"impersonate-group": "devs"}).status_code == 400
    server.peer = ALICE
    refused = server.client.get("/apis", headers={"impersonate-user": "root"})
    said = 'forbidden: User "alice" cannot impersonate-on:user-info:get path "/apis"'
    assert (refused.status_code, refused.json()["message"]) == (403, said)


def test_tokens_let_service_accounts_in(as_master: TestClient, server: Server) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    assert as_master.post(accounts, json={"metadata": {"name": "s"}}).status_code == 201
    made = as_master.post(f"{accounts}/s/token", json={"spec": {"audiences": None}})
    assert made.status_code == 201
    token = made.json()["status"]["token"]
    review = {"spec": {"token": token}}
    told = as_master.post("/apis/authentication.k8s.io/v1/tokenreviews", json=review).json()["status"]
    assert told["user"]["username"] == "system:serviceaccount:default:s"
    server.peer = None
    me = as_master.post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        json={"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}},
        headers={"authorization": f"Bearer {token}"},
    )
    assert me.json()["status"] == {"allowed": False}


def test_a_selector_by_name_is_authorized_by_name(server: Server) -> None:
    server.peer = MASTER
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"], "resourceNames": ["c"]}]
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    server.client.post(f"{rbac}/roles", json={"metadata": {"name": "r"}, "rules": rules})
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "alice"}],
    }
    assert server.client.post(f"{rbac}/rolebindings", json=binding).status_code == 201
    server.peer = ALICE
    path = "/api/v1/namespaces/default/configmaps"
    assert server.client.get(path).status_code == 403
    assert server.client.get(f"{path}?fieldSelector=metadata.name=c").status_code == 200
    assert server.client.get(f"{path}?fieldSelector=metadata.name=d").status_code == 403


@pytest.mark.parametrize("name", ["s%0a", "s%0d", "%0as", "s%00"])
def test_a_name_with_a_control_character_is_another_name(server: Server, name: str) -> None:
    server.make("/api/v1/namespaces/a/secrets", {"metadata": {"name": "s"}})
    path = f"/api/v1/namespaces/a/secrets/{name}"
    assert server.asks(MASTER, "GET", path).status_code == 404
    assert server.asks(MASTER, "DELETE", path).status_code == 404
    assert server.asks(MASTER, "GET", "/api/v1/namespaces/a/secrets/s").status_code == 200


@pytest.mark.parametrize("path", ["/healthz%0a", "/metrics%0a", "/nothing", "/nothing/below"])
def test_a_path_that_nothing_serves_is_known_only_to_those_who_may_ask(server: Server, path: str) -> None:
    assert server.asks(ALICE, "GET", path).status_code == 403
    assert server.asks(MASTER, "GET", path).status_code == 404


def test_what_is_served_is_known_only_to_those_who_may_ask(server: Server) -> None:
    for path in ("/apis/nothing.example.com/v1/things", "/api/v1/nothings", "/api/v1/pods/p/x"):
        assert server.asks(ALICE, "GET", path).status_code == 403
    assert server.asks(ALICE, "DELETE", "/apis/apps/v1").status_code == 403
    assert server.asks(MASTER, "DELETE", "/apis/apps/v1").status_code == 405


def test_a_pods_token_ends_with_the_pod(server: Server) -> None:
    a = "/api/v1/namespaces/a"
    spec = {"serviceAccountName": "app", "containers": [{"name": "c", "image": "i:1"}]}
    server.make(f"{a}/pods", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "p"}}
    made = server.asks(MASTER, "POST", f"{a}/serviceaccounts/app/token", {"spec": bound})
    bearer = {"authorization": f"Bearer {made.json()['status']['token']}"}
    assert server.asks(None, "GET", "/api", None, **bearer).status_code == 200
    assert server.asks(MASTER, "DELETE", f"{a}/pods/p").status_code == 200
    assert server.asks(None, "GET", "/api", None, **bearer).status_code == 401
    server.make(f"{a}/pods", {"metadata": {"name": "p"}, "spec": spec})
    assert server.asks(None, "GET", "/api", None, **bearer).status_code == 401
