"""A server with its roles and its gate, whose callers have the client certificates that a test says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from drakkar.apiserver.access.authentication import Peer
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.http.gate import PEER, StoreGate
from drakkar.apiserver.http.server import plant
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store

RBAC = "/apis/rbac.authorization.k8s.io/v1"


def user(name: str, *groups: str) -> Peer:
    """The certificate of a user."""
    return Peer((*((("organizationName", group),) for group in groups), (("commonName", name),)))


MASTER, ALICE = user("root", "system:masters"), user("alice")


class Server:
    """`peer` is the certificate that the client shows, None for none."""

    def __init__(self, app: Any, store: Store) -> None:
        self._app = app
        self.store = store
        self.peer: Peer | None = None
        self.client = TestClient(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, PEER: self.peer}, receive, send)

    def asks(self, peer: Peer | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response to one request."""
        self.peer = peer
        if method == "PATCH":
            headers = {"content-type": "application/merge-patch+json", **headers}
        return self.client.request(method, path, json=body, headers=headers)

    def make(self, path: str, obj: Any) -> Any:
        """An object made by a master."""
        made = self.asks(MASTER, "POST", path, obj)
        assert made.status_code == 201, made.text
        return made.json()

    def grant(self, name: str, rules: list[dict[str, Any]], namespace: str = "") -> None:
        """Bind a cluster role of these rules to the user of that name."""
        self.make(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
        path = f"{RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{RBAC}/clusterrolebindings"
        reference = {"kind": "ClusterRole", "name": name}
        subjects = [{"kind": "User", "name": name}]
        self.make(path, {"metadata": {"name": name}, "roleRef": reference, "subjects": subjects})


async def new_server(directory: Path, auditor: Auditor | None = None) -> Server:
    """One as it is after its first start, with a namespace `a`."""
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "key").write_bytes(key)
    store, issuer = Store(), TokenIssuer(directory / "key")
    with store.together():
        await plant(Rest(store, registry()), 6443)
    app = build_app(Rest(store, registry()), StoreGate(store, issuer), issuer, auditor=auditor)
    server = Server(app, store)
    server.make("/api/v1/namespaces", {"metadata": {"name": "a"}})
    for name in ("default", "app"):
        server.make("/api/v1/namespaces/a/serviceaccounts", {"metadata": {"name": name}})
    server.peer = None
    return server
