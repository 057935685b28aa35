"""The paths over HTTP: create, list, errors, a bounded watch."""

import json

from starlette.requests import Request
from starlette.testclient import TestClient

from drakkar.apiserver.app import build_app
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.store import Store


async def allow(request: Request, verb: str, kind: Kind, namespace: str, name: str, sub: str) -> None:
    """Let everything pass."""


def test_paths() -> None:
    client = TestClient(build_app(Store(), allow))
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    made = client.post("/api/v1/namespaces/a/configmaps", json={"metadata": {"name": "c"}})
    assert made.status_code == 201 and made.json()["kind"] == "ConfigMap"
    assert [o["metadata"]["name"] for o in client.get("/api/v1/configmaps").json()["items"]] == ["c"]
    missing = client.get("/api/v1/namespaces/a/configmaps/d")
    assert missing.status_code == 404 and missing.json()["message"] == 'configmaps "d" not found'
    watch = client.get("/api/v1/configmaps?watch=1&sendInitialEvents=true&timeoutSeconds=0.1")
    assert [json.loads(line)["type"] for line in watch.text.splitlines()] == ["ADDED", "BOOKMARK"]
    assert client.patch("/api/v1/namespaces/a", json={}).status_code in (405, 415)
    assert client.get("/apis/resource.k8s.io/v1/").json()["resources"][0]["name"] == "resourceclaims"
    assert client.delete("/api/v1/namespaces/a/configmaps/c").status_code == 200
    assert client.get("/api/v1/namespaces/a/configmaps/c").status_code == 404


def test_a_trial_never_writes() -> None:
    client = TestClient(build_app(Store(), allow))
    answer = client.post("/api/v1/namespaces?dryRun=All", json={"metadata": {"name": "a"}})
    assert answer.status_code == 400 and "nothing was written" in answer.json()["message"]
    assert client.get("/api/v1/namespaces/a").status_code == 404


def test_patches_change_what_they_name_and_keep_the_rest() -> None:
    client = TestClient(build_app(Store(), allow))
    client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}})
    path = "/api/v1/namespaces/a/configmaps"
    client.post(path, json={"metadata": {"name": "c"}, "data": {"k": "v", "gone": "x"}})
    merge = {"content-type": "application/merge-patch+json"}
    body = json.dumps({"data": {"gone": None, "new": "y"}})
    assert client.patch(f"{path}/c", content=body, headers=merge).json()["data"] == {"k": "v", "new": "y"}
    steps = {"content-type": "application/json-patch+json"}
    good = json.dumps([{"op": "test", "path": "/data/k", "value": "v"}, {"op": "remove", "path": "/data/k"}])
    assert client.patch(f"{path}/c", content=good, headers=steps).json()["data"] == {"new": "y"}
    assert client.patch(f"{path}/c", content=good, headers=steps).status_code == 422
    stale = json.dumps({"metadata": {"resourceVersion": "1"}, "data": {"new": "z"}})
    assert client.patch(f"{path}/c", content=stale, headers=merge).status_code == 409
    assert client.get(f"{path}/c").json()["data"] == {"new": "y"}
