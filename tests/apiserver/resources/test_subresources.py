"""Binding, eviction, scale, tokens and reviews."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from drakkar.apiserver.access.token_request import issue
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.storage.store import Store

PODS = "/api/v1/namespaces/a/pods"
MERGE = {"content-type": "application/merge-patch+json"}
STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
APPLY = {"content-type": "application/apply-patch+yaml"}


def make_pod(
    client: TestClient, name: str, labels: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    meta = {"name": name, "labels": labels or {}}
    body = {"metadata": meta, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}
    answer = client.post(PODS, json=body)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def test_binding_happens_once(client: TestClient) -> None:
    make_pod(client, "p")
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}}
    done = client.post(f"{PODS}/p/binding", json=binding)
    assert done.status_code == 201 and done.json()["status"] == "Success"
    pod = client.get(f"{PODS}/p").json()
    assert pod["spec"]["nodeName"] == "n1" and pod["status"]["phase"] == "Pending"
    assert pod["status"]["conditions"][0]["type"] == "PodScheduled"
    again = client.post("/api/v1/namespaces/a/bindings", json=binding)
    assert again.status_code == 409
    assert again.json()["message"] == (
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"'
    )
    assert client.post(f"{PODS}/q/binding", json=binding).status_code == 400
    binding["metadata"] = {"name": "q"}
    assert client.post(f"{PODS}/q/binding", json=binding).status_code == 404


def test_eviction_asks_the_budgets(client: TestClient) -> None:
    make_pod(client, "p", {"l": "m"})
    budgets = "/apis/policy/v1/namespaces/a/poddisruptionbudgets"
    spec = {"selector": {"matchLabels": {"l": "m"}}, "minAvailable": 1}
    client.post(budgets, json={"metadata": {"name": "b"}, "spec": spec})
    client.patch(f"{PODS}/p/status", content=b'{"status":{"phase":"Running"}}', headers=MERGE)
    eviction = {"metadata": {"name": "p"}}
    refused = client.post(f"{PODS}/p/eviction", json=eviction)
    assert refused.status_code == 429 and "violate the pod's disruption budget" in refused.json()["message"]
    counted = b'{"status":{"disruptionsAllowed":1,"observedGeneration":1}}'
    client.patch(f"{budgets}/b/status", content=counted, headers=MERGE)
    trial = {**eviction, "deleteOptions": {"dryRun": ["All"]}}
    assert client.post(f"{PODS}/p/eviction", json=trial).status_code == 201
    assert client.get(f"{PODS}/p").status_code == 200
    assert client.post(f"{PODS}/p/eviction", json=eviction).status_code == 201
    assert client.get(f"{PODS}/p").status_code == 404
    # It is spent, whoever counts again.
    left = client.get(f"{budgets}/b").json()["status"]
    assert left["disruptionsAllowed"] == 0 and list(left["disruptedPods"]) == ["p"]
    assert client.get(f"{PODS}/p").status_code == 404


def test_scale(client: TestClient) -> None:
    path = "/apis/apps/v1/namespaces/a/replicasets"
    spec = {"selector": {"matchLabels": {"l": "m"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}}
    labels = {"metadata": {"labels": {"l": "m", "a": "y"}}}
    template = {**labels, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    client.post(path, json={"metadata": {"name": "r"}, "spec": {**spec, "template": template}})
    scale = client.get(f"{path}/r/scale").json()
    assert (scale["apiVersion"], scale["spec"]) == ("autoscaling/v1", {"replicas": 1})
    assert scale["status"] == {"replicas": 0, "selector": "a,l=m"}
    for headers in (MERGE, STRATEGIC):
        for wanted in (3, 0):
            body = json.dumps({"spec": {"replicas": wanted}})
            assert client.patch(f"{path}/r/scale", content=body, headers=headers).status_code == 200
            assert client.get(f"{path}/r").json()["spec"]["replicas"] == wanted
    assert client.get(f"{path}/r").json()["metadata"]["generation"] == 5
    assert client.put(f"{path}/r/scale", json=scale).status_code == 409
    negative = {"spec": {"replicas": -1}}
    assert client.put(f"{path}/r/scale", json=negative).status_code == 422


def test_the_claim_statuses_of_a_pod_are_applied(client: TestClient) -> None:
    make_pod(client, "p", resourceClaims=[{"name": "g", "resourceClaimTemplateName": "t"}])
    body = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "status": {"resourceClaimStatuses": [{"name": "g", "resourceClaimName": "p-g-x"}]},
        }
    )
    path = f"{PODS}/p/status?fieldManager=ResourceClaimController&force=true"
    done = client.patch(path, content=body, headers=APPLY)
    assert done.status_code == 200
    assert done.json()["status"]["resourceClaimStatuses"][0]["resourceClaimName"] == "p-g-x"
    assert done.json()["status"]["phase"] == "Pending"


@pytest.fixture
def issuer(tmp_path: Path) -> TokenIssuer:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return TokenIssuer(path)


def test_tokens_are_bound_to_pods(client: TestClient, store: Store, issuer: TokenIssuer) -> None:
    pod = make_pod(client, "p")
    reference = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}
    request = {"spec": {"audiences": None, "boundObjectRef": reference, "expirationSeconds": 3607}}
    answer = issue(store, issuer, "a", "default", request)
    claims = json.loads(base64.urlsafe_b64decode(answer["status"]["token"].split(".")[1] + "=="))
    assert claims["kubernetes.io"]["pod"] == {"name": "p", "uid": pod["metadata"]["uid"]}
    assert claims["exp"] - claims["iat"] == 3607
    for spec, code in (
        ({"boundObjectRef": {**reference, "uid": "other"}}, 409),
        ({"boundObjectRef": {**reference, "name": "q"}}, 404),
        ({"boundObjectRef": {"kind": "Deployment", "name": "d"}}, 400),
        ({"expirationSeconds": 10}, 422),
    ):
        with pytest.raises(Exception) as caught:
            issue(store, issuer, "a", "default", {"spec": spec})
        assert getattr(caught.value, "code", None) == code


def review(client: TestClient, group: str, plural: str, spec: dict[str, Any]) -> Any:
    return client.post(f"/apis/{group}.k8s.io/v1/{plural}", json={"spec": spec})


def test_reviews(client: TestClient) -> None:
    me = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json={}).json()
    assert me["status"]["userInfo"]["username"] == "admin"
    good = review(client, "authentication", "tokenreviews", {"token": "good"}).json()
    assert good["status"]["authenticated"] and good["status"]["audiences"] == ["https://issuer"]
    bad = review(client, "authentication", "tokenreviews", {"token": "bad"}).json()
    assert bad["status"] == {"user": {}, "error": "invalid bearer token"}
    asked = {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "a"}}
    mine = review(client, "authorization", "selfsubjectaccessreviews", asked).json()
    assert mine["status"] == {"allowed": True}
    theirs = review(client, "authorization", "subjectaccessreviews", {**asked, "user": "bob"})
    assert theirs.status_code == 201 and theirs.json()["status"] == {"allowed": False}
    assert review(client, "authorization", "subjectaccessreviews", asked).status_code == 422
    rules = review(client, "authorization", "selfsubjectrulesreviews", {"namespace": "a"}).json()
    assert rules["status"]["resourceRules"][0]["verbs"] == ["*"] and not rules["status"]["incomplete"]
    path = "/apis/authorization.k8s.io/v1/namespaces/b/localsubjectaccessreviews"
    assert client.post(path, json={"spec": {**asked, "user": "bob"}}).status_code == 422


def test_a_status_is_written_of_the_object_it_was_meant_for_and_says_little_else_of_it(
    client: TestClient,
) -> None:
    make_pod(client, "p", {"l": "m"})
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
    said = {"metadata": {"ownerReferences": [owner], "labels": {"l": "n"}}, "status": {"phase": "Running"}}
    written = client.patch(f"{PODS}/p/status", content=json.dumps(said), headers=MERGE).json()
    assert written["metadata"].get("ownerReferences") is None and written["metadata"]["labels"] == {"l": "n"}
    said = {"metadata": {"uid": "that of the pod before"}, "status": {"phase": "Failed"}}
    refused = client.patch(f"{PODS}/p/status", content=json.dumps(said), headers=MERGE)
    assert refused.status_code == 422
    assert [cause["field"] for cause in refused.json()["details"]["causes"]] == ["metadata.uid"]


def test_ephemeral_containers_are_added_and_stay(client: TestClient) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    path = "/api/v1/namespaces/a/pods"
    assert client.post(path, json=pod).status_code == 201
    path = f"{path}/p/ephemeralcontainers"

    def patch(*ephemeral: object, **more: object) -> Any:
        change = {**more, "spec": {"ephemeralContainers": ephemeral, "nodeName": "n"}}
        return client.patch(path, json=change, headers={"content-type": "application/merge-patch+json"})

    debugger = {"name": "d", "image": "i", "targetContainerName": "c"}
    made = patch(debugger, metadata={"labels": {"a": "b"}})
    assert made.status_code == 200, made.text
    (stored,) = made.json()["spec"]["ephemeralContainers"]
    assert stored["terminationMessagePolicy"] == "File" and stored["imagePullPolicy"] == "Always"
    # Nothing else comes of it.
    assert "nodeName" not in made.json()["spec"] and "labels" not in made.json()["metadata"]
    assert made.json()["metadata"]["generation"] == 2
    assert client.get(path).json()["spec"]["ephemeralContainers"] == [stored]
    for wrong, said in (
        ([], "may not be removed"),
        ([{**stored, "image": "j"}], "may not be changed"),
        ([stored, {**debugger, "name": "e", "targetContainerName": "x"}], "targetContainerName"),
        ([stored, {**debugger, "name": "c"}], "Duplicate value"),
    ):
        refused = patch(*wrong)
        assert refused.status_code == 422 and said in refused.text, refused.text
    assert patch(stored, {**debugger, "name": "e"}).status_code == 200
