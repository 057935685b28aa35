"""DELETE: graceful pods, finalizers, propagation, preconditions, collections."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.kinds.core import PODS as PODS_KIND
from drakkar.apiserver.resources import deletion

PODS = "/api/v1/namespaces/a/pods"
CONFIGS = "/api/v1/namespaces/a/configmaps"
MERGE = {"content-type": "application/merge-patch+json"}


@pytest.fixture
def bound(client: TestClient) -> TestClient:
    """With a pod `p` that is bound to a node."""
    body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    client.post(PODS, json=body)
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
    assert client.post(f"{PODS}/p/binding", json=binding).status_code == 201
    return client


def options(client: TestClient, path: str, **body: Any) -> Any:
    return client.request("DELETE", path, json=body)


def test_a_bound_pod_gets_its_grace(bound: TestClient) -> None:
    first = bound.delete(f"{PODS}/p").json()["metadata"]
    assert first["deletionGracePeriodSeconds"] == 30 and first["generation"] == 2
    longer = options(bound, f"{PODS}/p", gracePeriodSeconds=60).json()["metadata"]
    assert longer == first
    shorter = options(bound, f"{PODS}/p", gracePeriodSeconds=5).json()["metadata"]
    assert shorter["deletionGracePeriodSeconds"] == 5
    assert shorter["deletionTimestamp"] < first["deletionTimestamp"]
    wrong = options(bound, f"{PODS}/p", gracePeriodSeconds=0, preconditions={"uid": "other"})
    assert wrong.status_code == 409 and "the UID in the precondition (other)" in wrong.json()["message"]
    last = options(bound, f"{PODS}/p", gracePeriodSeconds=0, preconditions={"uid": first["uid"]})
    assert last.json()["kind"] == "Pod" and bound.get(f"{PODS}/p").status_code == 404


def test_a_pod_with_a_finalizer_outlives_its_grace(bound: TestClient) -> None:
    finalizer = b'{"metadata":{"finalizers":["batch.kubernetes.io/job-tracking"]}}'
    bound.patch(f"{PODS}/p", content=finalizer, headers=MERGE)
    bound.delete(f"{PODS}/p")
    # The job controller takes its finalizer off while the pod still has time: the pod must stay.
    off = b'{"metadata":{"finalizers":null}}'
    assert bound.patch(f"{PODS}/p", content=off, headers=MERGE).status_code == 200
    assert bound.get(f"{PODS}/p").status_code == 200
    assert bound.delete(f"{PODS}/p?gracePeriodSeconds=0").status_code == 200
    assert bound.get(f"{PODS}/p").status_code == 404


def test_a_pod_without_a_node_goes_at_once(client: TestClient) -> None:
    body = {"metadata": {"name": "q"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    client.post(PODS, json=body)
    assert client.delete(f"{PODS}/q").json()["metadata"]["name"] == "q"
    assert client.get(f"{PODS}/q").status_code == 404


@pytest.mark.parametrize(
    ("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")]
)
def test_propagation(client: TestClient, policy: str, finalizer: str) -> None:
    client.post(CONFIGS, json={"metadata": {"name": "c"}})
    found = client.delete(f"{CONFIGS}/c?propagationPolicy={policy}").json()
    assert found["metadata"]["finalizers"] == [finalizer]
    version = found["metadata"]["resourceVersion"]
    again = options(client, f"{CONFIGS}/c", propagationPolicy=policy).json()
    assert again["metadata"]["resourceVersion"] == version
    off = f'{{"metadata":{{"resourceVersion":"{version}","finalizers":null}}}}'
    assert client.patch(f"{CONFIGS}/c", content=off, headers=MERGE).status_code == 200
    assert client.get(f"{CONFIGS}/c").status_code == 404


def test_bad_options_and_stale_versions(client: TestClient) -> None:
    client.post(CONFIGS, json={"metadata": {"name": "c"}})
    assert options(client, f"{CONFIGS}/c", propagationPolicy="Sideways").status_code == 422
    assert (
        options(client, f"{CONFIGS}/c", propagationPolicy="Orphan", orphanDependents=True).status_code == 422
    )
    assert options(client, f"{CONFIGS}/c", preconditions=[]).status_code == 400
    assert options(client, f"{CONFIGS}/c", kind="Pod").status_code == 400
    stale = options(client, f"{CONFIGS}/c", preconditions={"resourceVersion": "1"})
    assert stale.status_code == 409 and stale.json()["details"]["kind"] == "ConfigMap"
    assert options(client, CONFIGS, preconditions={"uid": "other"}).status_code == 409
    assert client.get(f"{CONFIGS}/c").status_code == 200


def test_jobs_keep_their_pods_unless_told_otherwise(client: TestClient) -> None:
    path = "/apis/batch/v1/namespaces/a/jobs"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}}
    for name in ("j", "k"):
        client.post(path, json={"metadata": {"name": name}, "spec": {"template": template}})
    silent = client.delete(f"{path}/j")
    assert silent.json()["metadata"]["finalizers"] == ["orphan"]
    assert "child pods are preserved" in silent.headers["warning"]
    told = client.delete(f"{path}/k?propagationPolicy=Background")
    assert told.json()["status"] == "Success" and "warning" not in told.headers


def test_a_grace_that_is_over_ends_now_and_not_before() -> None:
    now = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    meta = {"name": "p", "deletionTimestamp": "2026-01-01T12:50:00Z", "deletionGracePeriodSeconds": 3600}
    pod = {"metadata": meta, "spec": {"nodeName": "n"}}
    for grace, moment, left in ((5, "2026-01-01T12:00:00Z", 1), (1800, "2026-01-01T12:20:00Z", 1800)):
        decision = deletion.decide(PODS_KIND, pod, {"gracePeriodSeconds": grace}, now)
        assert isinstance(decision, deletion.Marked)
        marked = decision.object["metadata"]
        assert (marked["deletionTimestamp"], marked["deletionGracePeriodSeconds"]) == (moment, left)
