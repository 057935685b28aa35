"""Quotas at the moment of a write: what they refuse leaves nothing behind, and nothing gets past them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.errors import LARGEST
from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]
HOME = "/api/v1/namespaces/a"
MERGE = {"content-type": "application/merge-patch+json"}


def give(client: TestClient, hard: Object, used: Object | None = None, name: str = "q", **spec: Any) -> None:
    """Have a quota of which so much is used."""
    made = client.post(
        f"{HOME}/resourcequotas", json={"metadata": {"name": name}, "spec": {"hard": hard, **spec}}
    )
    assert made.status_code == 201, made.text
    status = {"hard": hard, "used": dict.fromkeys(hard, "0") if used is None else used}
    told = client.patch(f"{HOME}/resourcequotas/{name}/status", json={"status": status}, headers=MERGE)
    assert told.status_code == 200, told.text


def used(client: TestClient, name: str = "q") -> Object:
    found: Object = client.get(f"{HOME}/resourcequotas/{name}").json()["status"]["used"]
    return found


def pod(name: str, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def named(name: str, **parts: Any) -> Object:
    return {"metadata": {"name": name}, **parts}


def test_what_is_made_is_counted_and_what_is_too_much_refused(client: TestClient) -> None:
    give(client, {"pods": "1", "count/pods": "5"})
    assert client.post(f"{HOME}/pods", json=pod("a")).status_code == 201
    assert used(client) == {"pods": "1", "count/pods": "1"}
    refused = client.post(f"{HOME}/pods", json=pod("b"))
    assert refused.status_code == 403
    assert refused.json()["message"] == (
        'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )
    assert refused.json()["details"] == {"name": "b", "kind": "pods"}
    assert used(client) == {"pods": "1", "count/pods": "1"}


def test_a_dry_run_is_refused_alike_and_counts_nothing(client: TestClient) -> None:
    give(client, {"configmaps": "1"})
    for _ in range(3):
        assert client.post(f"{HOME}/configmaps?dryRun=All", json=named("c")).status_code == 201
    assert used(client) == {"configmaps": "0"}
    assert client.post(f"{HOME}/configmaps", json=named("c")).status_code == 201
    assert client.post(f"{HOME}/configmaps?dryRun=All", json=named("d")).status_code == 403
    assert used(client) == {"configmaps": "1"}


def test_what_fails_otherwise_counts_nothing(client: TestClient) -> None:
    give(client, {"configmaps": "2"})
    assert client.post(f"{HOME}/configmaps", json=named("A b")).status_code == 422
    assert client.post(f"{HOME}/configmaps", json=named("c")).status_code == 201
    assert client.post(f"{HOME}/configmaps", json=named("c")).status_code == 409
    large = named("d", data={"a": "x" * (LARGEST - 1000), "b": "y" * 2000})
    assert client.post(f"{HOME}/configmaps", json=large).status_code in (413, 422)
    assert used(client) == {"configmaps": "1"}


def test_a_name_that_is_taken_is_told_only_where_there_is_room(client: TestClient) -> None:
    give(client, {"configmaps": "1"})
    assert client.post(f"{HOME}/configmaps", json=named("c")).status_code == 201
    assert client.post(f"{HOME}/configmaps", json=named("c")).status_code == 403


def test_changes_that_use_more(client: TestClient) -> None:
    give(client, {"services": "1", "services.nodeports": "1"})
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    service = named("s", spec={"ports": ports})
    assert client.post(f"{HOME}/services", json=service).status_code == 201
    path = f"{HOME}/services/s"
    refused = client.patch(path, json={"spec": {"type": "NodePort"}}, headers=MERGE)
    assert refused.status_code == 403
    assert "requested: services.nodeports=2, used: services.nodeports=0" in refused.json()["message"]
    fewer = {"spec": {"type": "NodePort", "ports": ports[:1]}}
    assert client.patch(f"{path}?dryRun=All", json=fewer, headers=MERGE).status_code == 200
    assert used(client)["services.nodeports"] == "0"
    assert client.patch(path, json=fewer, headers=MERGE).status_code == 200
    assert used(client)["services.nodeports"] == "1"


def test_a_quota_of_a_scope(client: TestClient) -> None:
    give(client, {"pods": "1"}, scopes=["Terminating"])
    assert client.post(f"{HOME}/pods", json=pod("a")).status_code == 201
    assert client.post(f"{HOME}/pods", json=pod("b")).status_code == 201
    ends = {"spec": {"activeDeadlineSeconds": 100}}
    assert client.patch(f"{HOME}/pods/a", json=ends, headers=MERGE).status_code == 200
    assert used(client) == {"pods": "1"}
    assert client.patch(f"{HOME}/pods/b", json=ends, headers=MERGE).status_code == 403


def test_claims_of_old_versions_count_as_well(client: TestClient) -> None:
    give(client, {"gpu.deviceclass.resource.k8s.io/devices": "2"})
    path = "/apis/resource.k8s.io/{}/namespaces/a/resourceclaims"
    request = {"name": "r", "deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 2}
    claim = named("c", spec={"devices": {"requests": [request]}})
    assert client.post(path.format("v1beta1"), json=claim).status_code == 201
    assert used(client) == {"gpu.deviceclass.resource.k8s.io/devices": "2"}
    newer = named("d", spec={"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}})
    assert client.post(path.format("v1"), json=newer).status_code == 403


def test_policies_are_asked_first(client: TestClient) -> None:
    give(client, {"configmaps": "0"})
    answer = client.post(f"{HOME}/configmaps", json=named("c", data={"a b": "c"}))
    assert answer.status_code == 422


def test_other_namespaces_are_their_own(client: TestClient) -> None:
    give(client, {"configmaps": "0"})
    assert client.post("/api/v1/namespaces", json=named("b")).status_code == 201
    assert client.post("/api/v1/namespaces/b/configmaps", json=named("c")).status_code == 201


async def _made(store: Store, count: int, weight: int) -> list[bool]:
    rest = Rest(store, registry())
    kind = rest.kinds.at("", "v1", "configmaps")
    assert kind is not None

    async def make(at: int) -> bool:
        try:
            await rest.create(kind, "a", named(f"c{at}"), WriteOptions(weight=weight))
        except StatusError:
            return False
        return True

    return list(await asyncio.gather(*(make(at) for at in range(count))))


@pytest.mark.parametrize("weight", [0, 100_000])
def test_writes_at_the_same_time_never_exceed_a_quota(client: TestClient, store: Store, weight: int) -> None:
    """Heavy ones are prepared beside the event loop."""
    give(client, {"configmaps": "7"})
    made = asyncio.run(_made(store, 30, weight))
    assert sum(made) == 7
    assert used(client) == {"configmaps": "7"}
    assert len(store.list("/configmaps", "a")) == 7


def test_the_usage_is_there_before_the_object(client: TestClient, store: Store) -> None:
    """Whoever sees an object finds it counted."""
    give(client, {"configmaps": "7"})
    made = client.post(f"{HOME}/configmaps", json=named("c")).json()
    quota = store.get(("/resourcequotas", "a", "q"))
    assert quota is not None
    counted = int(quota["metadata"]["resourceVersion"])
    assert counted == int(made["metadata"]["resourceVersion"]) - 1


def test_what_is_used_of_other_things_stays_as_it_is(client: TestClient) -> None:
    give(
        client,
        {"count/secrets": "9", "count/configmaps": "9"},
        {"count/secrets": "7", "count/configmaps": "1"},
    )
    assert client.post(f"{HOME}/configmaps", json=named("m")).status_code == 201
    assert used(client) == {"count/secrets": "7", "count/configmaps": "2"}
