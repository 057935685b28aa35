"""The paths over HTTP: create, list, errors, options, a bounded watch."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

CONFIGS = "/api/v1/namespaces/a/configmaps"
MERGE = {"content-type": "application/merge-patch+json"}
STEPS = {"content-type": "application/json-patch+json"}
STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
APPLY = {"content-type": "application/apply-patch+yaml"}


def test_paths(client: TestClient) -> None:
    made = client.post(CONFIGS, json={"metadata": {"name": "c"}})
    assert made.status_code == 201 and made.json()["kind"] == "ConfigMap"
    assert [o["metadata"]["name"] for o in client.get("/api/v1/configmaps").json()["items"]] == ["c"]
    missing = client.get(f"{CONFIGS}/d")
    assert missing.status_code == 404 and missing.json()["message"] == 'configmaps "d" not found'
    watch = client.get(
        "/api/v1/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        "&allowWatchBookmarks=true&timeoutSeconds=1"
    )
    kinds = [json.loads(line)["type"] for line in watch.text.splitlines()]
    assert kinds[:2] == ["ADDED", "BOOKMARK"]
    gone = client.delete(f"{CONFIGS}/c")
    assert gone.json()["status"] == "Success" and gone.json()["details"]["kind"] == "configmaps"
    assert client.get(f"{CONFIGS}/c").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/apis/no.such.group/v1", 404),
        ("GET", "/apis/apps/v2/deployments", 404),
        ("GET", "/api/v1/nosuchthings", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/api/v1/configmaps", 405),
        ("DELETE", "/api/v1/namespaces", 405),
        ("PUT", CONFIGS, 405),
        ("GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", 405),
        ("DELETE", "/api/v1/namespaces/a/pods/x/status", 405),
        ("GET", f"{CONFIGS}?fieldSelector=spec.foo=1", 400),
        ("GET", f"{CONFIGS}?labelSelector=a+b+c", 400),
        ("GET", f"{CONFIGS}?resourceVersionMatch=Exact", 422),
        ("GET", f"{CONFIGS}?resourceVersion=99999&resourceVersionMatch=NotOlderThan", 504),
        ("GET", f"{CONFIGS}?continue=rubbish", 400),
        ("GET", f"{CONFIGS}?sendInitialEvents=true", 422),
        ("GET", f"{CONFIGS}?watch=true&sendInitialEvents=true", 422),
        ("POST", f"{CONFIGS}?fieldValidation=Foo", 422),
        ("POST", f"{CONFIGS}?dryRun=Some", 422),
    ],
)
def test_refusals(client: TestClient, method: str, path: str, code: int) -> None:
    assert client.request(method, path, content=b"{}").status_code == code


def test_unknown_groups_and_unknown_resources_are_told_apart(client: TestClient) -> None:
    assert client.get("/apis/no.such.group/v1/x").text == "404 page not found\n"
    assert (
        client.get("/api/v1/nosuch").json()["message"] == "the server could not find the requested resource"
    )


def test_a_trial_never_writes(client: TestClient) -> None:
    answer = client.post(f"{CONFIGS}?dryRun=All", json={"metadata": {"name": "c"}})
    assert answer.status_code == 201 and answer.json()["metadata"]["uid"]
    assert "resourceVersion" not in answer.json()["metadata"]
    assert client.get(f"{CONFIGS}/c").status_code == 404
    made = client.post(CONFIGS, json={"metadata": {"name": "c"}, "data": {"k": "v"}}).json()
    changed = client.patch(f"{CONFIGS}/c?dryRun=All", content=b'{"data":{"k":"w"}}', headers=MERGE)
    assert changed.json()["data"] == {"k": "w"}
    assert client.delete(f"{CONFIGS}/c?dryRun=All").status_code == 200
    assert client.get(f"{CONFIGS}/c").json() == made


def test_patches_change_what_they_name_and_keep_the_rest(client: TestClient) -> None:
    client.post(CONFIGS, json={"metadata": {"name": "c"}, "data": {"k": "v", "gone": "x"}})
    body = json.dumps({"data": {"gone": None, "new": "y"}})
    assert client.patch(f"{CONFIGS}/c", content=body, headers=MERGE).json()["data"] == {"k": "v", "new": "y"}
    good = json.dumps([{"op": "test", "path": "/data/k", "value": "v"}, {"op": "remove", "path": "/data/k"}])
    assert client.patch(f"{CONFIGS}/c", content=good, headers=STEPS).json()["data"] == {"new": "y"}
    assert client.patch(f"{CONFIGS}/c", content=good, headers=STEPS).status_code == 422
    stale = json.dumps({"metadata": {"resourceVersion": "1"}, "data": {"new": "z"}})
    assert client.patch(f"{CONFIGS}/c", content=stale, headers=MERGE).status_code == 409
    before = client.get(f"{CONFIGS}/c").json()
    assert before["data"] == {"new": "y"}
    same = client.patch(f"{CONFIGS}/c", content=b'{"data":{"new":"y"}}', headers=MERGE).json()
    assert same["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    plain = client.patch(f"{CONFIGS}/c", json={})
    assert plain.status_code == 415 and plain.json()["message"] == "415: Unsupported Media Type"


def test_strategic_patch_knows_the_keys_of_lists(client: TestClient) -> None:
    pod: dict[str, Any] = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    assert client.post("/api/v1/namespaces/a/pods", json=pod).status_code == 201
    for kind in ("Ready", "PodScheduled"):
        body = json.dumps({"status": {"conditions": [{"type": kind, "status": "True"}]}})
        path = "/api/v1/namespaces/a/pods/p/status"
        assert client.patch(path, content=body, headers=STRATEGIC).status_code == 200
    found = client.get("/api/v1/namespaces/a/pods/p").json()
    assert {c["type"] for c in found["status"]["conditions"]} == {"Ready", "PodScheduled"}


def test_strict_decoding(client: TestClient) -> None:
    raw = b'{"metadata":{"name":"c"},"dta":{},"data":{"a":"1","a":"2"}}'
    strict = client.post(f"{CONFIGS}?fieldValidation=Strict", content=raw)
    assert strict.status_code == 400
    assert strict.json()["message"] == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "dta", duplicate field "data.a"'
    )
    warned = client.post(CONFIGS, content=raw)
    assert warned.status_code == 201 and "dta" not in warned.json()
    assert warned.headers.get_list("warning") == [
        '299 - "unknown field \\"dta\\""',
        '299 - "duplicate field \\"data.a\\""',
    ]
    wrong = client.post(CONFIGS, content=b'{"metadata":{"name":"d"},"data":{"a":1}}')
    assert "json: cannot unmarshal number into Go struct field ConfigMap.data" in wrong.json()["message"]
    path = f"{CONFIGS}/c?fieldValidation=Strict"
    patched = client.patch(path, content=b'{"dta":{"x":"y"}}', headers=MERGE)
    assert patched.status_code == 422 and 'unknown field "dta"' in patched.json()["message"]


def test_bodies_in_yaml_and_nulls(client: TestClient) -> None:
    text = (
        b"metadata:\n  name: yaml\n  creationTimestamp: null\n  finalizers: null\ndata:\n  day: 2024-01-01\n"
    )
    made = client.post(CONFIGS, content=text, headers={"content-type": "application/yaml"})
    assert made.status_code == 201, made.text
    assert made.json()["data"] == {"day": "2024-01-01"} and "finalizers" not in made.json()["metadata"]
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(8)
    )
    refused = client.post(CONFIGS, content=bomb.encode(), headers={"content-type": "application/yaml"})
    assert refused.status_code == 400


def test_apply_owns_fields_and_conflicts(client: TestClient) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {k: v}\n"
    path = f"{CONFIGS}/s"
    assert client.patch(path, content=body, headers=APPLY).status_code == 422
    assert client.patch(f"{path}?fieldManager=one", content=body, headers=APPLY).status_code == 201
    again = client.patch(f"{path}?fieldManager=one", content=body, headers=APPLY)
    assert again.status_code == 200
    other = client.patch(f"{path}?fieldManager=two", content=body.replace(b"k: v", b"k: w"), headers=APPLY)
    assert other.status_code == 409
    assert other.json()["details"]["causes"][0]["field"] == ".data.k"
    path += "?fieldManager=two&force=true"
    forced = client.patch(path, content=body.replace(b"k: v", b"k: w"), headers=APPLY)
    assert forced.json()["data"] == {"k": "w"}
    unknown = client.patch(path, content=body + b"dta: {x: y}\n", headers=APPLY)
    assert unknown.status_code == 500 and ".dta: field not declared in schema" in unknown.json()["message"]


def test_tables_and_metadata_alone(client: TestClient) -> None:
    client.post(CONFIGS, json={"metadata": {"name": "c"}, "data": {"k": "v"}})
    wanted = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    table = client.get(CONFIGS, headers=wanted).json()
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["c", 1] or table["rows"][0]["cells"][:2] == ["c", "1"]
    assert table["rows"][0]["object"]["metadata"]["namespace"] == "a"
    assert client.get(f"{CONFIGS}/c", headers=wanted).json()["kind"] == "Table"
    watched = client.get(f"{CONFIGS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=1", headers=wanted)
    events = [json.loads(line) for line in watched.text.splitlines()]
    assert events[0]["object"]["columnDefinitions"]
    marked = events[1]["object"]
    assert marked["columnDefinitions"] is None
    assert "k8s.io/initial-events-end" in marked["rows"][0]["object"]["metadata"]["annotations"]
    alone = {"accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    listed = client.get(CONFIGS, headers=alone).json()
    assert listed["kind"] == "PartialObjectMetadataList" and "data" not in listed["items"][0]
    assert (
        client.get(CONFIGS, headers={"accept": "application/json;as=Table;v=v2;g=meta.k8s.io"}).status_code
        == 406
    )


def test_pages_come_from_one_snapshot(client: TestClient) -> None:
    for name in "bcdef":
        client.post(CONFIGS, json={"metadata": {"name": name, "labels": {"l": name}}})
    first = client.get(f"{CONFIGS}?limit=2").json()
    assert first["metadata"]["remainingItemCount"] == 3
    client.delete(f"{CONFIGS}/d")
    client.post(CONFIGS, json={"metadata": {"name": "e2"}})
    token = first["metadata"]["continue"]
    rest = client.get(CONFIGS, params={"limit": "500", "continue": token}).json()
    assert [o["metadata"]["name"] for o in rest["items"]] == ["d", "e", "f"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    picked = client.get(f"{CONFIGS}?labelSelector=l+in+(b,f)").json()
    assert [o["metadata"]["name"] for o in picked["items"]] == ["b", "f"]
    assert len(client.delete(f"{CONFIGS}?labelSelector=l").json()["items"]) == 4
    assert [o["metadata"]["name"] for o in client.get(CONFIGS).json()["items"]] == ["e2"]
