"""What metadata every kind is refused for, and that what was stored before can still be let go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]
PODS = "/api/v1/namespaces/a/pods"
CLAIMS = "/apis/resource.k8s.io/v1/namespaces/a/resourceclaims"
MAPS = "/api/v1/namespaces/a/configmaps"
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "1"}
CLAIM_SPEC = {"devices": {"requests": [{"name": "nic", "exactly": {"deviceClassName": "c"}}]}}


def _refused(client: TestClient, path: str, meta: Object, **rest: Any) -> list[tuple[str, str]]:
    answer = client.post(path, json={"metadata": {"name": "x", **meta}, **rest})
    assert answer.status_code == 422, answer.text
    return [(cause["field"], cause["message"]) for cause in answer.json()["details"]["causes"]]


def test_owners_have_ids_and_one_controls(client: TestClient) -> None:
    anonymous = {key: value for key, value in OWNER.items() if key != "uid"}
    assert _refused(client, MAPS, {"ownerReferences": [anonymous]}) == [
        ("metadata.ownerReferences[0].uid", "Required value: must not be empty")
    ]
    two = [{**OWNER, "controller": True}, {**OWNER, "name": "b", "uid": "2", "controller": True}]
    ((field, message),) = _refused(client, CLAIMS, {"ownerReferences": two}, spec=CLAIM_SPEC)
    assert field == "metadata.ownerReferences"
    assert message.endswith(
        'Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b'
    )


def test_a_finalizer_has_a_domain(client: TestClient) -> None:
    said = 'Invalid value: "cleanup": name is neither a standard finalizer name nor is it fully qualified'
    meta = {"finalizers": ["cleanup"]}
    assert _refused(client, CLAIMS, meta, spec=CLAIM_SPEC) == [("metadata.finalizers[0]", said)]


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ({"generateName": "UP-"}, "metadata.generateName"),
        ({"generation": -1}, "metadata.generation"),
        ({"labels": {"a": "b c"}}, "metadata.labels"),
        ({"annotations": {"a": "\u00e4" * 131073}}, "metadata.annotations"),
        ({"finalizers": ["orphan", "foregroundDeletion"]}, "metadata.finalizers"),
        ({"ownerReferences": [{**OWNER, "kind": "Event"}]}, "metadata.ownerReferences[0]"),
    ],
)
def test_other_metadata(client: TestClient, meta: Object, field: str) -> None:
    assert field in [where for where, _ in _refused(client, MAPS, meta)]


def test_what_was_stored_before_a_rule_can_be_changed_and_let_go(client: TestClient, store: Store) -> None:
    meta = {
        "name": "old",
        "namespace": "a",
        "uid": "u",
        "finalizers": ["bare"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "gone"}],
    }
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    asyncio.run(store.create(("/configmaps", "a", "old"), obj))
    patch = {"Content-Type": "application/merge-patch+json"}
    labelled = client.patch(f"{MAPS}/old", json={"metadata": {"labels": {"b": "c"}}}, headers=patch)
    assert labelled.status_code == 200, labelled.text
    worse = client.patch(f"{MAPS}/old", json={"metadata": {"finalizers": ["bare", "other"]}}, headers=patch)
    assert worse.status_code == 422
    assert client.delete(f"{MAPS}/old").status_code == 200
    freed = client.patch(f"{MAPS}/old", json={"metadata": {"finalizers": None}}, headers=patch)
    assert freed.status_code == 200
    assert client.get(f"{MAPS}/old").status_code == 404
