"""A server that lets everybody in as an administrator, spoken to without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import Unauthorized, User
from drakkar.apiserver.access.rbac import Attributes, Bound, Grant
from drakkar.apiserver.access.requester import Requester, Verdict
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store

from .callers import Server, new_server

ADMIN = User("admin", ("system:masters", "system:authenticated"))


class OpenGate:
    """Lets everything pass."""

    issuer_name = "https://issuer"

    async def __call__(self, request: Request) -> None:
        asked = request_info.attributes(request.method, request.scope["path"], request.query_params)
        request.state.requester = Requester(ADMIN, asked, self)

    def decide(self, user: User, asked: Attributes) -> Verdict:
        return Verdict(user.name == "admin")

    def bound(self, user: User, namespace: str) -> Bound:
        return Bound([Grant({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "a test")])

    def role_rules(self, reference: dict[str, Any], namespace: str) -> list[dict[str, Any]] | None:
        return []

    def token_user(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]]:
        if token != "good":
            raise Unauthorized("invalid bearer token")
        return ADMIN, list(audiences) or [self.issuer_name]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server that asks everybody who he is."""
    made = await new_server(tmp_path)
    yield made
    made.store.close()


def serve(store: Store) -> TestClient:
    """A client of a server on a store of the test's own."""
    return TestClient(build_app(Rest(store, registry()), OpenGate()))


@pytest.fixture(name="serve")
def serving() -> Callable[[Store], TestClient]:
    """How to serve a store of the test's own."""
    return serve


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.close()


@pytest.fixture
def client(store: Store) -> TestClient:
    """A client of a server that has a namespace `a` with its default service account."""
    client = TestClient(build_app(Rest(store, registry()), OpenGate()))
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    account = {"metadata": {"name": "default"}}
    assert client.post("/api/v1/namespaces/a/serviceaccounts", json=account).status_code == 201
    return client
