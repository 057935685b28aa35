"""What heavy work finds out beside the event loop may be overtaken meanwhile: it is not what the others go by then."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from drakkar.apiserver.access.node_pods import NodePods
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Rbac
from drakkar.apiserver.storage.change import Event
from drakkar.apiserver.storage.database import Key
from drakkar.apiserver.storage.store import Store

ASKED = Attributes("get", "", "pods", namespace="a", name="p")


def test_rights_that_go_while_they_are_looked_up_are_gone() -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    subjects = [{"kind": "User", "name": "alice"}]
    reference = {"kind": "ClusterRole", "name": "r"}
    bindings: list[Any] = [{"metadata": {"name": "b"}, "subjects": subjects, "roleRef": reference}]
    changes, meanwhile = [0], []

    def listing(resource: str, namespace: str) -> list[Any]:
        if resource != "clusterrolebindings":
            return []
        read = list(bindings)
        if not changes[0]:
            changes[0] += 1
            bindings.clear()
            # Another request, on the loop.
            meanwhile.append(rbac.decide("alice", (), ASKED)[0])
        return read

    rbac = Rbac(listing, lambda *place: {"rules": rules}, lambda: changes[0])
    rbac.decide("alice", (), ASKED)
    assert meanwhile == [False]
    assert rbac.decide("alice", (), ASKED) == (False, "")


def _pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "a"}, "spec": {"nodeName": "n"}}


async def test_a_pod_that_goes_while_pods_are_read_is_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = NodePods(store)
    await store.create(("/pods", "a", "p"), _pod("p"))
    assert [pod["metadata"]["name"] for pod in pods.on("n", "")] == ["p"]
    made = await store.create(("/pods", "a", "q"), _pod("q"))
    has_read, goes_on, newer = threading.Event(), threading.Event(), store.newer

    def slow(resource: str, revision: int) -> Any:
        events = newer(resource, revision)
        if not has_read.is_set():
            has_read.set()
            goes_on.wait(30)
        return events

    monkeypatch.setattr(store, "newer", slow)
    heavy = threading.Thread(target=pods.on, args=("n", ""))
    heavy.start()
    assert has_read.wait(30)
    await store.delete(("/pods", "a", "q"), made["metadata"]["resourceVersion"])
    light = threading.Thread(target=pods.on, args=("n", ""))
    light.start()
    light.join(0.5)
    goes_on.set()
    heavy.join(30)
    light.join(30)
    assert [pod["metadata"]["name"] for pod in pods.on("n", "")] == ["p"]


async def test_a_revision_is_that_of_the_store_only_when_its_object_is_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, seen = store._shelves.apply, []

    def watched(event: Event, row: Any) -> None:
        seen.append((store.revision, event.revision))
        apply(event, row)

    monkeypatch.setattr(store._shelves, "apply", watched)
    key: Key = ("/pods", "a", "p")
    made = await store.create(key, _pod("p"))
    await store.update(key, made, made["metadata"]["resourceVersion"])
    assert len(seen) == 2 and all(before < its for before, its in seen)
    assert store.revision == seen[-1][1]
