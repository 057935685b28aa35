"""Other resources for a pod that is there: what may change, what it must fit in, and whose it is."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

Object = dict[str, Any]
HOME = "/api/v1/namespaces/a"
POD = f"{HOME}/pods/p"
_STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
_APPLY = {"Content-Type": "application/apply-patch+yaml"}
_NODE = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}}


def make(client: TestClient, requests: Object, limits: Object | None = None, **spec: Any) -> Object:
    resources = {"requests": requests, "limits": limits or {}}
    body = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}], **spec},
    }
    made = client.post(f"{HOME}/pods", json=body)
    assert made.status_code == 201, made.text
    found: Object = made.json()
    return found


def resize(client: TestClient, requests: Object, limits: Object | None = None, **more: Any) -> Any:
    resources = {"requests": requests, **({"limits": limits} if limits else {})}
    body = {"spec": {"containers": [{"name": "c", "resources": resources, **more}]}}
    return client.patch(f"{POD}/resize", json=body, headers=_STRATEGIC)


def test_cpu_and_memory_change_and_are_counted(client: TestClient) -> None:
    before = make(client, {"cpu": "1"}, {"cpu": "2"})
    answer = resize(client, {"cpu": "1500m"})
    assert answer.status_code == 200, answer.text
    after = client.get(POD).json()
    assert answer.json() == after == client.get(f"{POD}/resize").json()
    assert after["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "1500m"},
        "limits": {"cpu": "2"},
    }
    assert (before["metadata"]["generation"], after["metadata"]["generation"]) == (1, 2)
    assert after["status"] == before["status"]


def test_all_else_that_is_sent_is_left_alone(client: TestClient) -> None:
    before = make(client, {"cpu": "1"})
    sent = {
        **before,
        "metadata": {**before["metadata"], "labels": {"a": "b"}},
        "status": {"phase": "Running"},
    }
    sent["spec"] = {**before["spec"], "activeDeadlineSeconds": 7}
    sent["spec"]["containers"] = [{**before["spec"]["containers"][0], "image": "other"}]
    answer = client.put(f"{POD}/resize", json=sent)
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (after["spec"], after["status"]) == (before["spec"], before["status"])
    assert after["metadata"]["generation"] == 1 and "labels" not in after["metadata"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"requests": {"example.com/x": "1"}, "limits": {"example.com/x": "1"}},
            "only cpu and memory resources",
        ),
        ({"requests": {"cpu": "1"}, "limits": {"cpu": None}}, "resource limits cannot be removed"),
        ({"requests": {"cpu": "3"}}, "must be less than or equal to cpu limit of 2"),
        (
            {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "Pod QOS Class may not change",
        ),
    ],
)
def test_what_may_not_change(client: TestClient, change: Object, said: str) -> None:
    make(client, {"cpu": "1"}, {"cpu": "2"})
    answer = resize(client, change["requests"], change.get("limits"))
    assert answer.status_code == 422 and said in answer.text, answer.text


def test_what_a_change_of_resources_does_stays(client: TestClient) -> None:
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    make(client, {"cpu": "1"})
    answer = resize(client, {"cpu": "1"}, resizePolicy=policy)
    assert answer.status_code == 422 and "only cpu and memory resources are mutable" in answer.text


def test_containers_are_those_that_there_are(client: TestClient) -> None:
    before = make(client, {"cpu": "1"})
    container = before["spec"]["containers"][0]
    for containers, said in (
        ([container, {**container, "name": "d"}], "containers may not be added or removed on resize"),
        ([{**container, "name": "d"}], "containers may not be renamed or reordered on resize"),
    ):
        answer = client.put(
            f"{POD}/resize", json={**before, "spec": {**before["spec"], "containers": containers}}
        )
        assert answer.status_code == 422 and said in answer.text, answer.text


def test_a_node_that_tells_nothing_of_containers_cannot_resize_them(client: TestClient) -> None:
    make(client, {"cpu": "1"}, nodeName="n")
    client.post("/api/v1/nodes", json=_NODE)
    running = {"name": "c", "image": "i", "imageID": "", "ready": True, "restartCount": 0}
    running["state"] = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    for resources, code in ((None, 422), ({"requests": {"cpu": "1"}}, 200)):
        status = {**running, **({"resources": resources} if resources else {})}
        told = client.patch(
            f"{POD}/status", json={"status": {"containerStatuses": [status]}}, headers=_STRATEGIC
        )
        assert told.status_code == 200, told.text
        assert resize(client, {"cpu": "2"}).status_code == code


def test_a_pod_fits_its_node_alone(client: TestClient) -> None:
    make(client, {"cpu": "1"}, nodeName="n")
    assert resize(client, {"cpu": "2"}).json()["message"] == 'pods "p" is forbidden: node "n" not found'
    client.post("/api/v1/nodes", json=_NODE)
    answer = resize(client, {"cpu": "5"}).json()
    said = "node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000"
    assert (answer["code"], answer["message"]) == (403, f'pods "p" is forbidden: {said}')
    assert answer["details"]["causes"] == [{"reason": "NodeCapacity"}]
    assert resize(client, {"cpu": "4"}).status_code == 200
    client.patch(
        "/api/v1/nodes/n", json={"metadata": {"labels": {"kubernetes.io/os": "windows"}}}, headers=_STRATEGIC
    )
    answer = resize(client, {"cpu": "3"}).json()
    assert answer["details"]["causes"] == [{"reason": "UnsupportedPlatform"}]


def test_ranges_and_quotas_hold(client: TestClient) -> None:
    make(client, {"cpu": "1"})
    limit = {"type": "Container", "max": {"cpu": "3"}, "default": {"cpu": "3"}}
    client.post(f"{HOME}/limitranges", json={"metadata": {"name": "l"}, "spec": {"limits": [limit]}})
    answer = resize(client, {"cpu": "2"})
    assert answer.json()["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "3"}
    assert "annotations" not in answer.json()["metadata"]
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"requests.cpu": "2500m"}}}
    client.post(f"{HOME}/resourcequotas", json=quota)
    used = {"status": {"hard": {"requests.cpu": "2500m"}, "used": {"requests.cpu": "2"}}}
    client.patch(f"{HOME}/resourcequotas/q/status", json=used, headers=_STRATEGIC)
    assert "exceeded quota: q, requested: requests.cpu=1" in resize(client, {"cpu": "3"}).json()["message"]
    assert resize(client, {"cpu": "2500m"}).status_code == 200
    assert client.get(f"{HOME}/resourcequotas/q").json()["status"]["used"] == {"requests.cpu": "2500m"}


def test_a_pod_as_a_whole(client: TestClient) -> None:
    make(client, {"cpu": "1"}, resources={"requests": {"cpu": "2"}})
    body = {"spec": {"resources": {"requests": {"cpu": "3"}}}}
    answer = client.patch(f"{POD}/resize?fieldManager=m", json=body, headers=_STRATEGIC)
    assert answer.json()["spec"]["resources"]["requests"] == {"cpu": "3"}, answer.text
    (owned,) = [one for one in answer.json()["metadata"]["managedFields"] if one["manager"] == "m"]
    # It had been filled in, so that nobody had it.
    assert owned["fieldsV1"] == {"f:spec": {"f:resources": {"f:requests": {"f:cpu": {}}}}}
    body = {"spec": {"resources": {"requests": {"cpu": None, "memory": "1Gi"}}}}
    answer = client.patch(f"{POD}/resize", json=body, headers=_STRATEGIC)
    # It is filled in by what the containers ask for.
    assert answer.json()["spec"]["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}, answer.text


def test_who_applies_resources_owns_them(client: TestClient) -> None:
    make(client, {"cpu": "1"})
    wanted = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]},
    }
    answer = client.patch(f"{POD}/resize?fieldManager=m&force=true", json=wanted, headers=_APPLY).json()
    (owned,) = [one for one in answer["metadata"]["managedFields"] if one["manager"] == "m"]
    assert owned["subresource"] == "resize"
    container = {".": {}, "f:name": {}, "f:resources": {"f:requests": {"f:cpu": {}}}}
    # What is not stored is owned all the same, as upstream has it.
    assert owned["fieldsV1"] == {
        "f:metadata": {"f:labels": {"f:a": {}}},
        "f:spec": {"f:containers": {'k:{"name":"c"}': container}},
    }
    assert "labels" not in answer["metadata"]
