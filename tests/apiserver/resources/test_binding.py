"""A binding is for the pod, and where it says so for the version of the pod, that it was decided for."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

PODS = "/api/v1/namespaces/a/pods"


@pytest.fixture
def pod(client: TestClient) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i"}]}
    answer = client.post(PODS, json={"metadata": {"name": "p"}, "spec": spec})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
def test_another_pod_or_another_version_is_a_conflict(
    client: TestClient, pod: dict[str, Any], field: str
) -> None:
    target = {"kind": "Node", "name": "n"}
    wrong = {"metadata": {"name": "p", field: "12345"}, "target": target}
    refused = client.post(f"{PODS}/p/binding", json=wrong)
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    assert "12345" in refused.json()["message"]
    right = {"metadata": {"name": "p", field: pod["metadata"][field]}, "target": target}
    assert client.post(f"{PODS}/p/binding", json=right).status_code == 201
    assert client.get(f"{PODS}/p").json()["spec"]["nodeName"] == "n"


def test_a_version_in_a_patch_of_the_status_is_a_condition(client: TestClient, pod: dict[str, Any]) -> None:
    head = {"Content-Type": "application/strategic-merge-patch+json"}
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulerError", "message": "x"}
    meta = {"uid": pod["metadata"]["uid"], "resourceVersion": pod["metadata"]["resourceVersion"]}
    body = {"metadata": meta, "status": {"conditions": [condition]}}
    first = client.patch(f"{PODS}/p/status", json=body, headers=head)
    assert first.status_code == 200
    assert first.json()["metadata"]["resourceVersion"] != meta["resourceVersion"]
    assert client.patch(f"{PODS}/p/status", json=body, headers=head).status_code == 409


def test_a_pod_that_has_its_node_waits_for_none(client: TestClient, pod: dict[str, Any]) -> None:
    head = {"Content-Type": "application/merge-patch+json"}
    waits = {"status": {"nominatedNodeName": "other"}}
    assert client.patch(f"{PODS}/p/status", json=waits, headers=head).status_code == 200
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
    assert client.post(f"{PODS}/p/binding", json=binding).status_code == 201
    assert "nominatedNodeName" not in client.get(f"{PODS}/p").json()["status"]
