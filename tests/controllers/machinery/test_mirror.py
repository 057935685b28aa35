"""Mirrors: own writes are seen at once, and stale news do not undo them."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.object import ObjectKey
from drakkar.client.changes import Added, ChangeOf, Deleted, Updated
from drakkar.client.resources import PODS
from drakkar.controllers.machinery import mirror as mirror_module
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.seen import Seen
from drakkar.testing import MemoryApi

Object = dict[str, Any]


def pod(version: int, uid: str = "u", **metadata: Any) -> Object:
    return {
        "metadata": {
            "name": "p",
            "namespace": "n",
            "uid": uid,
            "resourceVersion": str(version),
            **metadata,
        },
        "spec": {},
    }


def seen(mirror: Mirror) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []

    def handle(change: ChangeOf[Seen[Any]]) -> None:
        shown = change.new or change.old
        assert shown is not None
        told.append((type(change).__name__, shown.obj["metadata"]["resourceVersion"]))

    mirror.add_handler(handle)
    return told


@pytest.fixture
async def mirror() -> Mirror:
    client: Any = MemoryApi()
    return Mirror(client, PODS)


async def test_older_news_are_no_news(mirror: Mirror) -> None:
    told = seen(mirror)
    mirror.learn(pod(5))
    mirror._on_event(Added(pod(3)))
    mirror._on_event(Updated(pod(3), pod(5)))
    mirror._on_event(Updated(pod(5), pod(6)))
    assert told == [("Added", "5"), ("Updated", "6")]
    held = mirror.get("n", "p")
    assert held is not None and (held.obj["apiVersion"], held.obj["kind"]) == ("v1", "Pod")


async def test_an_answer_that_comes_after_the_deletion_is_ignored(mirror: Mirror) -> None:
    mirror._on_event(Added(pod(1)))
    mirror._on_event(Deleted(pod(2)))
    mirror.learn(pod(2))
    assert mirror.all() == [] and mirror.deleted("u")


async def test_the_next_of_the_same_name_survives_the_end_of_the_first(mirror: Mirror) -> None:
    mirror._on_event(Added(pod(1)))
    told = seen(mirror)
    mirror.learn(pod(3, "v"))
    mirror._on_event(Deleted(pod(2)))
    assert told == [("Added", "1"), ("Deleted", "1"), ("Added", "3")]
    held = mirror.get("n", "p")
    assert held is not None and held.obj["metadata"]["uid"] == "v"


async def test_indexes_follow(mirror: Mirror) -> None:
    owner = {"uid": "o", "controller": True}
    mirror.learn(pod(1, ownerReferences=[owner]))
    assert mirror.controlled("o") == mirror.owned("o") == mirror.in_namespace("n") == mirror.all()
    mirror.learn(pod(2))
    assert mirror.owned("o") == [] and mirror.by_uid("u") is not None
    mirror._on_event(Deleted(pod(2)))
    assert mirror.in_namespace("n") == [] and mirror.by_uid("u") is None


async def test_what_no_watch_confirms_is_taken_back(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "_CONFIRM_SECONDS", 0.0)
    told = seen(mirror)
    made = pod(4)
    mirror.learn(made)
    held = mirror.get("n", "p")
    assert held is not None
    mirror._confirm(held)
    assert told == [("Added", "4"), ("Deleted", "4")]


async def test_a_deletion_shows_until_the_watch_knows_better(mirror: Mirror) -> None:
    mirror._on_event(Added(pod(1)))
    mirror.learn_deletion(ObjectKey("n", "p"), "other")
    assert [held.is_deleting for held in mirror.all()] == [False]
    mirror.learn_deletion(ObjectKey("n", "p"), "u")
    held = mirror.get("n", "p")
    assert held is not None and held.obj["metadata"]["deletionTimestamp"]
    mirror._on_event(Updated(pod(1), pod(2)))
    held = mirror.get("n", "p")
    assert held is not None and "deletionTimestamp" not in held.obj["metadata"]


async def test_an_object_that_cannot_be_read_is_told_once_and_is_not_there(
    mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    told = seen(mirror)
    mirror._on_event(Added(pod(1)))
    broken = {**pod(2), "spec": {"containers": "none"}}
    mirror._on_event(Updated(pod(1), broken))
    mirror._on_event(Updated(broken, {**broken, "metadata": {**broken["metadata"], "resourceVersion": "3"}}))
    assert mirror.all() == [] and mirror.by_uid("u") is None
    assert [kind for kind, _ in told] == ["Added", "Deleted"]
    lines = [record.message for record in caplog.records if "left out" in record.message]
    assert lines == ["Pod n/p is left out: Expected `array`, got `str` - at `$.spec.containers`"]
    mirror._on_event(Updated(broken, pod(4)))
    assert [kind for kind, _ in told] == ["Added", "Deleted", "Added"]


async def test_an_owner_without_an_id_is_no_reason_to_fail(mirror: Mirror) -> None:
    mirror._on_event(Added(pod(1, ownerReferences=[{"kind": "Node", "name": "w"}])))
    assert mirror.get("n", "p") is not None and mirror.owned("x") == []


async def test_a_server_that_has_gone_back_is_believed(mirror: Mirror) -> None:
    mirror.learn(pod(9))
    mirror._on_event(Added(pod(9)))
    mirror._on_event(Deleted(pod(9)))
    assert mirror.deleted("u")
    mirror._on_event(Added({**pod(8, "v"), "metadata": {**pod(8, "v")["metadata"], "name": "other"}}))
    mirror._rewound()
    assert not mirror.deleted("u")
    # An older state of what went, and of what is there.
    mirror._on_event(Added(pod(3)))
    other = {**pod(2, "v"), "metadata": {**pod(2, "v")["metadata"], "name": "other"}}
    mirror._on_event(Added(other))
    assert [found.obj["metadata"]["resourceVersion"] for found in mirror.all()] == ["2", "3"]
    # From there on versions count again.
    mirror._on_event(Updated(other, {**other, "metadata": {**other["metadata"], "resourceVersion": "1"}}))
    found = mirror.get("n", "other")
    assert found is not None and found.obj["metadata"]["resourceVersion"] == "2"
