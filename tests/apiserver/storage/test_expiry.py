"""Events go after an hour, or when they are too many; new namespaces get their account in time; numbers are kept."""

from __future__ import annotations

import asyncio
import datetime

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.admission.pods import wait_for_account
from drakkar.apiserver.storage import expiry
from drakkar.apiserver.storage.store import Store

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


async def test_old_events_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"old": "10:00", "young": "11:59", "repeated": "10:01", "fresh": "11:58"}
    for name, clock in seen.items():
        event = {"metadata": {"name": name, "namespace": "a", "creationTimestamp": f"2026-01-01T{clock}:00Z"}}
        if name == "repeated":
            event["series"] = {"lastObservedTime": "2026-01-01T11:30:00.123456Z"}
        await store.create(("/events", "a", name), event)
    assert await expiry.sweep(store, NOW) == 1
    assert [e["metadata"]["name"] for e in store.list("/events")] == ["fresh", "repeated", "young"]
    monkeypatch.setattr(expiry, "MOST", 1)
    assert await expiry.sweep(store, NOW) == 2
    assert [e["metadata"]["name"] for e in store.list("/events")] == ["young"]


async def test_a_pod_waits_for_the_account_that_is_just_made(store: Store) -> None:
    pod: dict[str, object] = {"spec": {}}
    waiting = asyncio.create_task(wait_for_account("a", pod, store))
    await asyncio.sleep(0)
    assert not waiting.done()
    await store.create(("/serviceaccounts", "a", "default"), {"metadata": {"name": "default"}})
    await asyncio.wait_for(waiting, 0.5)
    await asyncio.wait_for(wait_for_account("a", {"spec": {"serviceAccountName": "other"}}, store), 0.1)


def test_metrics(client: TestClient) -> None:
    client.get("/api/v1/namespaces/a/configmaps/x")
    text = client.get("/metrics").text
    assert 'apiserver_storage_objects{resource="namespaces"} 1.0' in text
    line = next(
        one for one in text.splitlines() if one.startswith("apiserver_request_total{") and 'verb="get"' in one
    )
    assert 'code="404"' in line and line.endswith(" 1.0")
