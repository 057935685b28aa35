"""ResourceClaims, templates, slices and taint rules as the API server guards them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.api.gates import Gates
from drakkar.apiserver.kinds import device_gates

DRA = "/apis/resource.k8s.io/v1"
CLAIMS = f"{DRA}/namespaces/a/resourceclaims"
MERGE = {"content-type": "application/merge-patch+json"}
RESULT = {"request": "r", "driver": "d.x", "pool": "n", "device": "g0"}
POD = {"resource": "pods", "name": "p", "uid": "u1"}


def made(client: TestClient, **exactly: Any) -> dict[str, Any]:
    request = {"name": "r", "exactly": {"deviceClassName": "c", **exactly}}
    body = {"metadata": {"name": "x"}, "spec": {"devices": {"requests": [request]}}}
    found: dict[str, Any] = client.post(CLAIMS, json=body).json()
    return found


def put(client: TestClient, claim: dict[str, Any], **status: Any) -> Any:
    return client.put(f"{CLAIMS}/x/status", json={**claim, "status": status})


def test_spec_is_defaulted_and_stays(client: TestClient) -> None:
    claim = made(client)
    assert claim["spec"]["devices"]["requests"][0]["exactly"] == {
        "deviceClassName": "c",
        "allocationMode": "ExactCount",
        "count": 1,
    }
    assert claim["status"] == {} and "generation" not in claim["metadata"]
    refused = client.patch(f"{CLAIMS}/x", content=b'{"spec":{"devices":{"requests":null}}}', headers=MERGE)
    assert refused.status_code == 422
    assert refused.json()["message"] == (
        'ResourceClaim.resource.k8s.io "x" is invalid: spec: Invalid value: null: field is immutable'
    )
    ignored = client.patch(f"{CLAIMS}/x", content=b'{"status":{"reservedFor":[]}}', headers=MERGE)
    assert ignored.json() == claim


def test_status_is_set_and_cleared_but_not_modified(client: TestClient) -> None:
    claim = made(client)
    assert "may not be specified" in put(client, claim, reservedFor=[POD]).json()["message"]
    wrong = {"devices": {"results": [{**RESULT, "request": "other"}]}}
    assert put(client, claim, allocation=wrong).status_code == 422
    allocation = {"devices": {"results": [RESULT]}}
    labelled = {**claim, "metadata": {**claim["metadata"], "labels": {"l": "m"}}}
    done = put(client, labelled, allocation=allocation, reservedFor=[POD])
    assert done.status_code == 200 and "labels" not in done.json()["metadata"]
    claim = done.json()
    other = {"devices": {"results": [{**RESULT, "device": "g1"}]}}
    assert put(client, claim, allocation=other).status_code == 422
    twice = put(client, claim, allocation=allocation, reservedFor=[POD, POD])
    assert "Duplicate value" in twice.json()["message"]
    device = {"driver": "d.x", "pool": "n", "device": "g0"}
    claim = put(client, claim, allocation=allocation, devices=[device]).json()
    assert claim["status"]["devices"] == [device]
    stranger = {**device, "device": "g7"}
    assert put(client, claim, allocation=allocation, devices=[stranger]).status_code == 422
    cleared = put(client, claim, devices=[device]).json()
    assert cleared["status"] == {}


def test_a_claim_in_use_waits_for_its_finalizer(client: TestClient) -> None:
    claim = made(client)
    protected = b'{"metadata":{"finalizers":["resource.kubernetes.io/delete-protection"]}}'
    claim = client.patch(f"{CLAIMS}/x", content=protected, headers=MERGE).json()
    allocation = {"devices": {"results": [RESULT]}}
    claim = put(client, claim, allocation=allocation, reservedFor=[POD]).json()
    claim = client.delete(f"{CLAIMS}/x").json()
    assert claim["metadata"]["deletionTimestamp"] and claim["metadata"]["deletionGracePeriodSeconds"] == 0
    more = put(client, claim, allocation=allocation, reservedFor=[POD, {**POD, "uid": "u2"}])
    assert "new entries may not be added" in more.json()["message"]
    freed = put(client, claim).json()
    last = client.patch(f"{CLAIMS}/x", content=b'{"metadata":{"finalizers":null}}', headers=MERGE)
    assert last.status_code == 200 and last.json()["metadata"]["uid"] == freed["metadata"]["uid"]
    assert client.get(f"{CLAIMS}/x").status_code == 404


def test_admin_access_needs_the_label(client: TestClient) -> None:
    assert "admin access to devices requires" in made(client, adminAccess=True)["message"]
    label = b'{"metadata":{"labels":{"resource.kubernetes.io/admin-access":"true"}}}'
    client.patch("/api/v1/namespaces/a", content=label, headers=MERGE)
    assert made(client, adminAccess=True)["kind"] == "ResourceClaim"


def test_templates_default_what_is_inside(client: TestClient) -> None:
    alternative = {"name": "b", "deviceClassName": "c"}
    spec = {"spec": {"devices": {"requests": [{"name": "r", "firstAvailable": [alternative]}]}}}
    body = {"metadata": {"name": "t"}, "spec": spec}
    found = client.post(f"{DRA}/namespaces/a/resourceclaimtemplates", json=body).json()
    assert found["spec"]["spec"]["devices"]["requests"][0]["firstAvailable"] == [
        {**alternative, "allocationMode": "ExactCount", "count": 1}
    ]


def test_slices_keep_their_driver_and_date_their_taints(client: TestClient) -> None:
    device = {"name": "g0", "taints": [{"key": "k", "effect": "NoSchedule"}]}
    spec = {
        "driver": "d.x",
        "nodeName": "n",
        "pool": {"name": "n", "resourceSliceCount": 1},
        "devices": [device],
    }
    path = f"{DRA}/resourceslices"
    found = client.post(path, json={"metadata": {"generateName": "n-"}, "spec": spec}).json()
    assert found["spec"]["devices"][0]["taints"][0]["timeAdded"].endswith("Z")
    one = f"{path}/{found['metadata']['name']}"
    assert client.patch(one, content=b'{"spec":{"driver":"e.x"}}', headers=MERGE).status_code == 422
    raised = client.patch(one, content=b'{"spec":{"pool":{"generation":2}}}', headers=MERGE).json()
    assert raised["metadata"]["generation"] == 2
    query = "fieldSelector=spec.driver=d.x,spec.nodeName=n,spec.pool.name=n"
    assert len(client.get(f"{path}?{query}").json()["items"]) == 1
    assert client.get(f"{path}?fieldSelector=spec.foo=1").json()["message"] == (
        "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.foo"
    )
    assert len(client.delete(f"{path}?{query}").json()["items"]) == 1


def test_a_rule_is_dated_anew_with_another_effect(client: TestClient) -> None:
    path = f"{DRA}/devicetaintrules"
    taint = {"key": "k", "effect": "None", "timeAdded": "2020-01-01T00:00:00Z"}
    client.post(path, json={"metadata": {"name": "r"}, "spec": {"deviceSelector": {}, "taint": taint}})
    same = client.patch(f"{path}/r", content=b'{"spec":{"taint":{"value":"v"}}}', headers=MERGE).json()
    assert same["spec"]["taint"]["timeAdded"] == taint["timeAdded"]
    assert same["spec"]["deviceSelector"] == {}
    other = client.patch(f"{path}/r", content=b'{"spec":{"taint":{"effect":"NoExecute"}}}', headers=MERGE)
    assert other.json()["spec"]["taint"]["timeAdded"] != taint["timeAdded"]


def test_fields_of_gates_that_are_off_are_dropped() -> None:
    device = {"name": "g0", "attributes": {"a": {"ints": [1]}, "b": {"int": 1}}}
    old = {"spec": {"devices": [device], "skipNodeOperations": ["*"]}}
    new = copy.deepcopy(old)
    device_gates.drop(device_gates.SLICES, new, None, Gates.default())
    assert new == {"spec": {"devices": [{"name": "g0", "attributes": {"a": {}, "b": {"int": 1}}}]}}
    for before, gates in (
        (old, Gates.default()),
        (None, Gates.parse("DRAListTypeAttributes=true,DRAOptionalNodeOperations=true")),
    ):
        kept = copy.deepcopy(old)
        device_gates.drop(device_gates.SLICES, kept, before, gates)
        assert kept == old
    for text in ("DRAAdminAccess=false", "DRADeviceTaints", "DRADeviceTaints=perhaps"):
        with pytest.raises(ValueError):
            Gates.parse(text)
