"""The old paths that begin with `watch`: what is told there, and to whom."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from ..callers import ALICE, MASTER, Server
from ..custom.samples import DEFINITIONS, THINGS, definition, thing

MAPS = "/api/v1/watch/namespaces/a/configmaps"
END = "?timeoutSeconds=1"


@pytest.fixture
def maps(client: TestClient) -> TestClient:
    for name in ("one", "two"):
        made = client.post("/api/v1/namespaces/a/configmaps", json={"metadata": {"name": name}})
        assert made.status_code == 201
    return client


def _names(client: TestClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["object"]["metadata"]["name"] for line in answer.text.splitlines()]


def test_a_collection_and_one_object(maps: TestClient) -> None:
    for path in (f"{MAPS}{END}", f"{MAPS}/{END}&watch=0", f"/api/v1/watch/configmaps{END}"):
        assert _names(maps, path) == ["one", "two"]
    for path in (
        f"{MAPS}/one{END}",
        f"{MAPS}/one/{END}",
        f"{MAPS}/one{END}&fieldSelector=metadata.name%3Done",
    ):
        assert _names(maps, path) == ["one"]
    assert _names(maps, f"{MAPS}/none{END}") == []
    assert _names(maps, f"/api/v1/watch/namespaces/a{END}") == ["a"]
    assert _names(maps, f"/apis/apps/v1/watch/deployments{END}") == []


@pytest.mark.parametrize("said", ["metadata.name%3Dtwo", "metadata.namespace%3Da", "metadata.name!%3Dtwo"])
def test_a_selector_names_the_same_object(maps: TestClient, said: str) -> None:
    answer = maps.get(f"{MAPS}/one{END}&fieldSelector={said}")
    assert answer.status_code == 400
    assert answer.json()["message"] == "fieldSelector metadata.name doesn't match requested name"


def test_custom_objects_are_watched_by_any_method(client: TestClient) -> None:
    assert client.post(DEFINITIONS, json=definition()).status_code == 201
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "default"}}).status_code == 201
    assert client.post(THINGS, json=thing()).status_code == 201
    group, _, below = THINGS.partition("/namespaces")
    for path in (f"{group}/watch/namespaces{below}", f"{group}/watch/things", f"{group}/watch/things/one"):
        assert _names(client, path + END) == ["one"]
    answer = client.delete(f"{group}/watch/namespaces{below}/one{END}")
    assert json.loads(answer.text)["type"] == "ADDED"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/watch/configmaps/one", 404),
        ("GET", f"{MAPS}/one/status", 404),
        ("GET", "/api/v1/watch/componentstatuses", 404),
        ("GET", "/api/v1/watch/namespaces/a/bindings", 404),
        ("GET", "/api/v1/watch/nodes/proxy/x", 404),
        ("GET", "/api/v1/watch/watch/configmaps", 404),
        ("DELETE", f"{MAPS}/one", 405),
        ("POST", MAPS, 405),
        ("HEAD", MAPS, 405),
        ("GET", "/api/v1/watch", 500),
    ],
)
def test_what_is_not_watched(server: Server, method: str, path: str, code: int) -> None:
    assert server.asks(MASTER, method, path).status_code == code


def test_what_is_said_of_a_path_that_names_nothing(server: Server) -> None:
    url = "/api/v1/watch?a=<b>&c"
    shown = url.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    answer = server.asks(None, "GET", url.replace("<", "%3C").replace(">", "%3E"))
    assert answer.status_code == 500 and answer.text.startswith('Internal Server Error: "/api/v1/watch?a=')
    assert "<" not in answer.text and "&amp;c" in answer.text and shown.count("&amp;") == 1


def test_it_is_judged_as_a_watch_whatever_the_method(server: Server) -> None:
    server.grant("alice", [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["watch"]}], "a")
    assert server.asks(ALICE, "GET", f"{MAPS}{END}").status_code == 200
    assert server.asks(ALICE, "GET", f"{MAPS}/one{END}").status_code == 200
    assert server.asks(ALICE, "DELETE", f"{MAPS}/one").status_code == 405
    assert server.asks(ALICE, "GET", f"/api/v1/watch/configmaps{END}").status_code == 403
    assert server.asks(ALICE, "GET", "/api/v1/namespaces/a/configmaps").status_code == 403
    said = server.asks(ALICE, "GET", "/api/v1/watch/namespaces/a/secrets/s").json()["message"]
    assert (
        said
        == 'secrets "s" is forbidden: User "alice" cannot watch resource "secrets" in API group "" in the namespace "a"'
    )


def test_a_name_in_the_path_is_the_name_that_is_judged(server: Server) -> None:
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["watch"], "resourceNames": ["one"]}
    server.grant("alice", [rule], "a")
    assert server.asks(ALICE, "GET", f"{MAPS}/one{END}").status_code == 200
    for path in (f"{MAPS}/two", MAPS, f"{MAPS}?fieldSelector=metadata.name%3Done"):
        assert server.asks(ALICE, "GET", path).status_code == 403


def test_discovery_tells_of_none(client: TestClient) -> None:
    assert "watch" not in " ".join(one["name"] for one in client.get("/api/v1").json()["resources"])
    assert not [path for path in client.get("/").json()["paths"] if "watch" in path]
