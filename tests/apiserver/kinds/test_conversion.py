"""One set of objects under several names: events in two groups, DRA kinds in three versions."""

from __future__ import annotations

from starlette.testclient import TestClient

DRA = "/apis/resource.k8s.io"


def test_events_are_the_same_in_both_groups(client: TestClient) -> None:
    event = {
        "metadata": {"name": "e"},
        "regarding": {"kind": "Pod", "name": "p", "namespace": "a", "uid": "u1"},
        "note": "hello",
        "reason": "Scheduled",
        "reportingController": "scheduler",
        "reportingInstance": "s-1",
        "action": "Binding",
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "type": "Normal",
    }
    assert client.post("/apis/events.k8s.io/v1/namespaces/a/events", json=event).status_code == 201
    selector = "fieldSelector=involvedObject.uid=u1"
    found = client.get(f"/api/v1/namespaces/a/events?{selector}").json()["items"][0]
    assert found["message"] == "hello" and found["involvedObject"]["name"] == "p"
    assert found["reportingComponent"] == "scheduler"
    again = client.get("/apis/events.k8s.io/v1/events?fieldSelector=regarding.name=p").json()["items"][0]
    assert again["note"] == "hello"
    assert "message" not in again


def test_older_versions_of_claims_and_slices(client: TestClient) -> None:
    request = {"name": "r", "deviceClassName": "c"}
    claim = {"metadata": {"name": "x"}, "spec": {"devices": {"requests": [request]}}}
    made = client.post(f"{DRA}/v1beta1/namespaces/a/resourceclaims", json=claim)
    assert made.status_code == 201 and "deprecated" in made.headers["warning"]
    stored = client.get(f"{DRA}/v1/namespaces/a/resourceclaims/x").json()
    assert stored["spec"]["devices"]["requests"] == [
        {"name": "r", "exactly": {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 1}}
    ]
    newer = client.get(f"{DRA}/v1beta2/namespaces/a/resourceclaims/x").json()
    assert newer == {**stored, "apiVersion": "resource.k8s.io/v1beta2"}
    device = {"name": "d", "basic": {"attributes": {"a": {"int": 1}}}}
    spec = {
        "driver": "x.y",
        "nodeName": "n",
        "pool": {"name": "n", "resourceSliceCount": 1},
        "devices": [device],
    }
    body = {"metadata": {"name": "s"}, "spec": {**spec, "allNodes": False}}
    made = client.post(f"{DRA}/v1beta1/resourceslices?fieldValidation=Strict", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["spec"]["devices"] == [device]
    assert client.get(f"{DRA}/v1/resourceslices/s").json()["spec"]["devices"] == [
        {"name": "d", "attributes": {"a": {"int": 1}}}
    ]
    patch = {"metadata": {"labels": {"l": "m"}}}
    headers = {"content-type": "application/merge-patch+json"}
    changed = client.patch(f"{DRA}/v1beta1/resourceslices/s", json=patch, headers=headers).json()
    assert changed["metadata"]["generation"] == 1 and changed["spec"]["devices"] == [device]


def test_an_empty_node_name_of_an_older_slice_is_none(client: TestClient) -> None:
    pool = {"name": "n", "resourceSliceCount": 1}
    for name, where, kept in (
        ("one", {"nodeName": "", "allNodes": True}, {"allNodes": True}),
        ("two", {"nodeName": "n", "allNodes": False}, {"nodeName": "n"}),
    ):
        body = {"metadata": {"name": name}, "spec": {"driver": "x.y", "pool": pool, "devices": [], **where}}
        made = client.post(f"{DRA}/v1beta1/resourceslices", json=body)
        assert made.status_code == 201, made.text
        found = client.get(f"{DRA}/v1/resourceslices/{name}").json()["spec"]
        assert {key: found[key] for key in ("nodeName", "allNodes") if key in found} == kept
