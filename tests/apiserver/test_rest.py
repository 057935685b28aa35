"""Store and verbs: revisions, conflicts, finalizers, watches, restarts."""

from pathlib import Path

import pytest

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.kinds import BY_PATH
from drakkar.apiserver.rest import Rest, field_matcher
from drakkar.apiserver.store import HistoryGone, Store

NS = BY_PATH["", "v1", "namespaces"]
CM = BY_PATH["", "v1", "configmaps"]


async def test_survives_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    made = await Rest(store).create(NS, "", {"metadata": {"name": "a"}})
    revision = store.revision
    store.close()
    again = Store(tmp_path / "db")
    assert again.revision == revision and Rest(again).get(NS, "", "a") == made
    with pytest.raises(HistoryGone):
        again.since(revision - 1)


async def test_conflict_duplicate_and_missing_namespace() -> None:
    rest = Rest(Store())
    with pytest.raises(StatusError) as caught:
        await rest.create(CM, "x", {"metadata": {"name": "c"}})
    assert caught.value.code == 404
    await rest.create(NS, "", {"metadata": {"name": "x"}})
    first = await rest.create(CM, "x", {"metadata": {"name": "c"}})
    with pytest.raises(StatusError) as caught:
        await rest.create(CM, "x", {"metadata": {"name": "c"}})
    assert caught.value.status["reason"] == "AlreadyExists"
    assert await rest.replace(CM, "x", "c", first) is first
    await rest.replace(CM, "x", "c", {**first, "data": {"k": "v"}})
    with pytest.raises(StatusError) as caught:
        await rest.replace(CM, "x", "c", {**first, "data": {"k": "w"}})
    assert caught.value.status["reason"] == "Conflict"


async def test_finalizer_then_gone() -> None:
    rest = Rest(Store())
    await rest.create(NS, "", {"metadata": {"name": "x", "finalizers": ["a/b"]}})
    marked = await rest.delete(NS, "", "x", {})
    assert "deletionTimestamp" in marked["metadata"]
    meta = {k: v for k, v in marked["metadata"].items() if k != "finalizers"}
    await rest.replace(NS, "", "x", {**marked, "metadata": meta})
    with pytest.raises(StatusError):
        rest.get(NS, "", "x")


async def test_watch_list_and_leaving_a_selector() -> None:
    rest = Rest(Store())
    made = await rest.create(NS, "", {"metadata": {"name": "x"}, "spec": {"p": "1"}})
    watch = rest.watch(NS, None, field_matcher("spec.p=1"), "", True, 5)
    assert (await anext(watch))["type"] == "ADDED"
    assert "k8s.io/initial-events-end" in (await anext(watch))["object"]["metadata"]["annotations"]
    changed = await rest.replace(NS, "", "x", {**made, "spec": {"p": "2"}})
    gone = await anext(watch)
    assert gone["type"] == "DELETED" and gone["object"]["spec"] == {"p": "1"}
    assert gone["object"]["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]
