"""Who is let in, by path, by role, and in somebody else's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from drakkar.apiserver.app import build_app
from drakkar.apiserver.authentication import Peer
from drakkar.apiserver.gate import PEER, StoreGate
from drakkar.apiserver.http import plant
from drakkar.apiserver.store import Store
from drakkar.apiserver.tokens import TokenIssuer

MASTER = Peer(((("organizationName", "system:masters"),), (("commonName", "root"),)))
ALICE = Peer(((("commonName", "alice"),),))


class Server:
    """An application whose callers have the client certificates that the test says."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.subject: Any = None
        self.client = TestClient(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, PEER: self.subject}, receive, send)


@pytest.fixture
async def server(tmp_path: Path) -> Server:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key").write_bytes(key)
    store, issuer = Store(), TokenIssuer(tmp_path / "key")
    await plant(store, 6443)
    return Server(build_app(store, StoreGate(store, issuer), issuer))


@pytest.fixture
def as_master(server: Server) -> TestClient:
    server.subject = MASTER
    return server.client


def test_paths(server: Server) -> None:
    assert server.client.get("/readyz").status_code == 200
    assert server.client.get("/version").status_code == 200
    refused = server.client.get("/apis")
    assert refused.json()["message"] == 'forbidden: User "system:anonymous" cannot get path "/apis"'
    server.subject = ALICE
    for path in ("/apis", "/api/v1", "/openapi/v3"):
        assert server.client.get(path).status_code == 200
    assert server.client.get("/").status_code == 403
    assert server.client.get("/api/v1/pods", headers={"authorization": "Bearer x"}).status_code == 403


def test_a_bad_token_is_no_anonymous(server: Server) -> None:
    refused = server.client.get("/readyz", headers={"authorization": "Bearer x"})
    assert refused.status_code == 401 and refused.json()["message"] == "Unauthorized"


def test_impersonation_is_asked_for_and_limits(server: Server) -> None:
    server.subject = MASTER
    bob = {"impersonate-user": "bob"}
    assert server.client.get("/api/v1/pods", headers=bob).status_code == 403
    review = server.client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json={}, headers=bob)
    assert review.json()["status"]["userInfo"]["username"] == "bob"
    assert server.client.get("/apis", headers={"impersonate-group": "devs"}).status_code == 400
    server.subject = ALICE
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
    server.subject = None
    me = as_master.post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        json={"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}},
        headers={"authorization": f"Bearer {token}"},
    )
    assert me.json()["status"] == {"allowed": False}


def test_a_selector_by_name_is_authorized_by_name(server: Server) -> None:
    server.subject = MASTER
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"], "resourceNames": ["c"]}]
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    server.client.post(f"{rbac}/roles", json={"metadata": {"name": "r"}, "rules": rules})
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "alice"}],
    }
    assert server.client.post(f"{rbac}/rolebindings", json=binding).status_code == 201
    server.subject = ALICE
    path = "/api/v1/namespaces/default/configmaps"
    assert server.client.get(path).status_code == 403
    assert server.client.get(f"{path}?fieldSelector=metadata.name=c").status_code == 200
    assert server.client.get(f"{path}?fieldSelector=metadata.name=d").status_code == 403
