"""Store and verbs: revisions, conflicts, finalizers, watches, restarts."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.selection import everything, field_matcher
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import WatchOptions, told

NS = registry().at("", "v1", "namespaces")
CM = registry().at("", "v1", "configmaps")
NODES = registry().at("", "v1", "nodes")
LEASES = registry().at("coordination.k8s.io", "v1", "leases")


async def test_survives_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    made = await Rest(store, registry()).create(NS, "", {"metadata": {"name": "a"}})
    revision = store.revision
    store.close()
    again = Store(tmp_path / "db")
    assert again.revision == revision and await Rest(again, registry()).get(NS, "", "a") == made
    with pytest.raises(HistoryGoneError):
        again.since("/namespaces", revision - 1)
    watch = told(Rest(again, registry()).watch(NS, None, everything, WatchOptions(start=revision - 1)))
    assert (await anext(watch)).object["code"] == 410


async def test_conflict_duplicate_and_missing_namespace() -> None:
    rest = Rest(Store(), registry())
    with pytest.raises(StatusError) as caught:
        await rest.create(CM, "x", {"metadata": {"name": "c"}})
    assert caught.value.code == 404
    await rest.create(NS, "", {"metadata": {"name": "x"}})
    first = await rest.create(CM, "x", {"metadata": {"name": "c"}})
    with pytest.raises(StatusError) as caught:
        await rest.create(CM, "x", {"metadata": {"name": "c"}})
    assert caught.value.status["reason"] == "AlreadyExists"
    assert (await rest.replace(CM, "x", "c", first)) == first
    await rest.replace(CM, "x", "c", {**first, "data": {"k": "v"}})
    with pytest.raises(StatusError) as caught:
        await rest.replace(CM, "x", "c", {**first, "data": {"k": "w"}})
    assert caught.value.status["reason"] == "Conflict"
    await rest.create(LEASES, "x", {"metadata": {"name": "l"}})
    with pytest.raises(StatusError) as caught:
        await rest.replace(LEASES, "x", "l", {"metadata": {"name": "l"}})
    assert caught.value.code == 422


async def test_finalizer_then_gone() -> None:
    rest = Rest(Store(), registry())
    await rest.create(NODES, "", {"metadata": {"name": "x", "finalizers": ["a/b"]}})
    marked = await rest.delete(NODES, "", "x", {})
    assert "deletionTimestamp" in marked["metadata"]
    again = await rest.delete(NODES, "", "x", {})
    assert again["metadata"]["resourceVersion"] == marked["metadata"]["resourceVersion"]
    more = {**marked, "metadata": {**marked["metadata"], "finalizers": ["a/b", "c/d"]}}
    with pytest.raises(StatusError) as caught:
        await rest.replace(NODES, "", "x", more)
    assert caught.value.code == 422
    meta = {k: v for k, v in marked["metadata"].items() if k != "finalizers"}
    await rest.replace(NODES, "", "x", {**marked, "metadata": meta})
    with pytest.raises(StatusError):
        await rest.get(NODES, "", "x")


async def test_a_namespace_goes_when_it_is_finalized() -> None:
    rest = Rest(Store(), registry())
    made = await rest.create(NS, "", {"metadata": {"name": "x"}})
    assert made["spec"] == {"finalizers": ["kubernetes"]} and made["status"] == {"phase": "Active"}
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "x"}
    marked = await rest.delete(NS, "", "x", {})
    assert marked["status"]["phase"] == "Terminating"
    with pytest.raises(StatusError) as caught:
        await rest.create(CM, "x", {"metadata": {"name": "c"}})
    assert caught.value.code == 403 and "because it is being terminated" in str(caught.value)
    await rest.replace(NS, "", "x", {**marked, "spec": {}}, "finalize")
    with pytest.raises(StatusError):
        await rest.get(NS, "", "x")
    await rest.create(NS, "", {"metadata": {"name": "default"}})
    with pytest.raises(StatusError) as caught:
        await rest.delete(NS, "", "default", {})
    assert caught.value.code == 403


async def test_who_writes_a_namespaces_finalizers_writes_its_metadata() -> None:
    rest = Rest(Store(), registry())
    await rest.create(NS, "", {"metadata": {"name": "x", "labels": {"a": "b"}, "annotations": {"c": "d"}}})
    meta = {"name": "x", "labels": {"e": "f"}, "finalizers": ["g.io/h"]}
    sent = {"metadata": meta, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Terminating"}}
    done = await rest.replace(NS, "", "x", sent, "finalize")
    assert done["metadata"]["labels"] == {"e": "f", "kubernetes.io/metadata.name": "x"}
    assert "annotations" not in done["metadata"] and done["metadata"]["finalizers"] == ["g.io/h"]
    assert done["status"] == {"phase": "Active"}
    with pytest.raises(StatusError) as caught:
        await rest.replace(
            NS, "", "x", {**sent, "metadata": {"name": "x", "labels": {"a b": ""}}}, "finalize"
        )
    assert caught.value.code == 422 and "metadata.labels" in str(caught.value)


async def test_watch_list_and_leaving_a_selector() -> None:
    rest = Rest(Store(), registry())
    await rest.create(NODES, "", {"metadata": {"name": "x"}})
    options = WatchOptions(initial=True, seconds=5)
    watch = told(rest.watch(NODES, None, field_matcher(NODES, "spec.unschedulable=false"), options))
    assert (await anext(watch)).kind == "ADDED"
    assert "k8s.io/initial-events-end" in (await anext(watch)).object["metadata"]["annotations"]
    changed = await rest.change(NODES, "", "x", lambda old: {**old, "spec": {"unschedulable": True}})
    gone = await anext(watch)
    assert gone.kind == "DELETED" and "unschedulable" not in gone.object["spec"]
    assert gone.object["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]
    await rest.change(NODES, "", "x", lambda old: {**old, "spec": {}})
    assert (await anext(watch)).kind == "ADDED"


async def test_a_watch_ends_with_the_server() -> None:
    store = Store()
    watch = told(
        Rest(store, registry()).watch(NODES, None, everything, WatchOptions(start=store.revision, seconds=60))
    )
    store.end_watches()
    with pytest.raises(StopAsyncIteration):
        await anext(watch)


async def test_bookmarks_tell_how_far_the_server_is() -> None:
    rest = Rest(Store(), registry())
    start = rest.store.revision
    options = WatchOptions(start=start, bookmarks=True, seconds=0.2)
    watch = told(rest.watch(NODES, None, everything, options))
    await rest.create(NS, "", {"metadata": {"name": "other"}})
    mark = await anext(watch)
    assert mark.kind == "BOOKMARK"
    assert mark.object["metadata"] == {"resourceVersion": str(rest.store.revision)}


def test_what_has_no_namespace_loses_one_that_it_is_given(client: TestClient) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    role = {"metadata": {"name": "r", "namespace": "a"}, "rules": []}
    assert "namespace" not in client.post(path, json=role).json()["metadata"]
    again = client.put(f"{path}/r", json={**role, "rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]})
    assert again.status_code == 200 and "namespace" not in again.json()["metadata"]
