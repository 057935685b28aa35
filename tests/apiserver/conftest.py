"""A server that lets everybody in as an administrator, spoken to without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.testing.open_gate import OpenGate

from .callers import Server, new_server


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
