"""Which method is taken at which path."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from ..callers import ALICE, MASTER, Server
from ..custom.samples import DEFINITIONS, THINGS, definition, thing

OTHERS = ("HEAD", "POST", "PUT", "DELETE", "OPTIONS")
READ_ONLY = ("/version", "/version/", "/api", "/api/v1", "/api/v1/", "/apis/apps/v1", "/openid/v1/jwks")
ANY = ("/", "/apis", "/apis/apps", "/apis/apps/", "/healthz", "/readyz/ping", "/metrics", "/openapi/v3")


@pytest.mark.parametrize("method", OTHERS)
def test_a_path_takes_get_or_whatever_comes(server: Server, method: str) -> None:
    codes = {path: server.asks(MASTER, method, path).status_code for path in (*READ_ONLY, *ANY)}
    assert codes == {**dict.fromkeys(READ_ONLY, 405), **dict.fromkeys(ANY, 200)}


def test_whoever_may_read_a_path_may_do_no_more_there(server: Server) -> None:
    for path in ("/version", "/healthz", "/apis"):
        assert server.asks(ALICE, "GET", path).status_code == 200
        assert {server.asks(ALICE, method, path).status_code for method in OTHERS} == {403}


def test_numbers_can_be_forgotten(server: Server) -> None:
    counted = 'apiserver_request_total{code="200",group="",resource="namespaces"'
    server.asks(MASTER, "GET", "/api/v1/namespaces")
    assert counted in server.asks(MASTER, "GET", "/metrics").text
    assert server.asks(MASTER, "DELETE", "/metrics").text == "metrics reset\n"
    assert counted not in server.asks(MASTER, "GET", "/metrics").text


@pytest.fixture
def things(client: TestClient) -> TestClient:
    assert client.post(DEFINITIONS, json=definition()).status_code == 201
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "default"}}).status_code == 201
    assert client.post(THINGS, json=thing()).status_code == 201
    return client


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("HEAD", THINGS, 200),
        ("HEAD", f"{THINGS}?watch=1", 200),
        ("HEAD", f"{THINGS}/one", 200),
        ("HEAD", f"{THINGS}/two", 404),
        ("OPTIONS", f"{THINGS}/one", 405),
        ("PUT", THINGS, 400),
        ("POST", f"{THINGS}/one", 405),
        # Only what is read may be in all namespaces.
        ("DELETE", THINGS.replace("namespaces/default/", ""), 404),
        ("DELETE", THINGS.rpartition("/namespaces")[0], 200),
    ],
)
def test_custom_objects_are_asked_by_head_too(things: TestClient, method: str, path: str, code: int) -> None:
    assert things.request(method, path).status_code == code
    assert things.get(f"{THINGS}/one").status_code == 200


def test_what_cannot_be_done_with_custom_objects_is_named(things: TestClient) -> None:
    said = things.request("OPTIONS", THINGS).json()
    assert said["message"] == ' is not supported on resources of kind "things.stable.example.com"'
    assert said["details"] == {"group": "stable.example.com", "kind": "things"}
