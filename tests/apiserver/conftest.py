"""A server that lets everybody in as an administrator, spoken to without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from drakkar.apiserver.app import build_app
from drakkar.apiserver.authentication import Unauthorized, User
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.rbac import Attributes
from drakkar.apiserver.store import Store

ADMIN = User("admin", ("system:masters", "system:authenticated"))


class OpenGate:
    """Lets everything pass."""

    issuer_name = "https://issuer"

    async def __call__(
        self, request: Request, verb: str, kind: Kind, namespace: str, name: str, sub: str
    ) -> None:
        request.state.user = ADMIN

    async def path(self, request: Request) -> None:
        request.state.user = ADMIN

    def allows(self, user: User, asked: Attributes) -> bool:
        return user.name == "admin"

    def rules(self, user: User, namespace: str) -> Iterable[dict[str, Any]]:
        return [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]

    def token_user(self, token: str, audiences: Sequence[str]) -> User:
        if token != "good":
            raise Unauthorized("no")
        return ADMIN


def serve(store: Store) -> TestClient:
    """A client of a server on a store of the test's own."""
    return TestClient(build_app(store, OpenGate()))


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
    client = TestClient(build_app(store, OpenGate()))
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    account = {"metadata": {"name": "default"}}
    assert client.post("/api/v1/namespaces/a/serviceaccounts", json=account).status_code == 201
    return client
