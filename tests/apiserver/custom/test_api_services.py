"""Group versions of custom kinds have APIServices, which come and go with their definitions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import upkeep
from drakkar.apiserver.resources.api_services import AUTOMANAGED
from drakkar.apiserver.resources.rest import Rest
from drakkar.testing import MemoryApi
from drakkar.testing.open_gate import OpenGate

from .samples import DEFINITIONS, GROUP, define, definition, version

RESOURCE = "apiregistration.k8s.io/apiservices"
PATH = "/apis/apiregistration.k8s.io/v1/apiservices"


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()


async def names(api: MemoryApi, count: int) -> list[str]:
    """Of all that there are, as soon as there are so many."""
    async with asyncio.timeout(20):
        while len(found := api.store.list(RESOURCE)) != count:
            await api.store.wait(RESOURCE, api.store.revision, 20)
    return sorted(one["metadata"]["name"] for one in found)


async def test_they_come_and_go_with_versions(api: MemoryApi) -> None:
    await define(api, version("v1"), version("v2", storage=False))
    assert await names(api, 2) == [f"v1.{GROUP}", f"v2.{GROUP}"]
    found: dict[str, Any] = await api.request("GET", f"{PATH}/v2.{GROUP}")
    assert found["metadata"]["labels"] == {AUTOMANAGED: "true"}
    assert found["spec"] == {
        "group": GROUP,
        "version": "v2",
        "groupPriorityMinimum": 1000,
        "versionPriority": 100,
    }
    assert [one["status"] for one in found["status"]["conditions"]] == ["True"]
    # Another kind of the same version holds it.
    await define(api, plural="others", kind="Other")
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    assert await names(api, 1) == [f"v1.{GROUP}"]
    await api.request("DELETE", f"{DEFINITIONS}/others.{GROUP}")
    assert await names(api, 0) == []


async def test_one_that_somebody_took_over_stays(api: MemoryApi) -> None:
    await define(api)
    await names(api, 1)
    media = {"Content-Type": "application/merge-patch+json"}
    change = {"metadata": {"labels": {AUTOMANAGED: None}}}
    await api.request("PATCH", f"{PATH}/v1.{GROUP}", json=change, headers=media)
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    await asyncio.sleep(0)
    assert await names(api, 1) == [f"v1.{GROUP}"]


async def test_a_restart_finds_what_is_missing_and_what_is_left(api: MemoryApi) -> None:
    await define(api)
    await names(api, 1)
    stored = api.store.list(RESOURCE)[0]
    meta = stored["metadata"]
    await api.store.delete((RESOURCE, "", meta["name"]), meta["resourceVersion"])
    left = {**stored, "metadata": {**meta, "name": "v1.gone.example.com", "uid": "u"}}
    await api.store.create((RESOURCE, "", "v1.gone.example.com"), left)
    build_app(Rest(api.store, registry()), OpenGate())
    async with asyncio.timeout(20):
        while [one["metadata"]["name"] for one in api.store.list(RESOURCE)] != [f"v1.{GROUP}"]:
            await api.store.wait(RESOURCE, api.store.revision, 20)


async def test_built_in_groups_have_theirs(api: MemoryApi) -> None:
    group = "networking.k8s.io"
    other = definition(plural="widgets", kind="Widget", group=group)
    other["metadata"] = {
        "name": f"widgets.{group}",
        "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
    }
    await api.request("POST", DEFINITIONS, json=other)
    await define(api)
    assert await names(api, 1) == [f"v1.{GROUP}"]


async def test_one_that_is_taken_away_or_changed_is_made_again(api: MemoryApi) -> None:
    await define(api)
    await names(api, 1)
    path = f"{PATH}/v1.{GROUP}"
    first = await api.request("GET", path)
    await api.request("DELETE", path)
    assert await names(api, 1) == [f"v1.{GROUP}"]
    again = await api.request("GET", path)
    assert again["metadata"]["uid"] != first["metadata"]["uid"] and again["spec"] == first["spec"]
    media = {"Content-Type": "application/merge-patch+json"}
    change = {"spec": {"versionPriority": 7}}
    assert (await api.request("PATCH", path, json=change, headers=media))["spec"]["versionPriority"] == 7
    assert await api.until(lambda: api.have("apiservices", f"v1.{GROUP}")["spec"] == first["spec"])


async def test_one_that_cannot_be_made_keeps_no_other_one_away(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = upkeep.keep

    async def kept(rest: Rest, kind: Kind, wanted: dict[str, Any]) -> None:
        if wanted["metadata"]["name"].startswith("v1."):
            raise StatusError(409, "Conflict", "somebody else writes it")
        await keep(rest, kind, wanted)

    monkeypatch.setattr(upkeep, "keep", kept)
    await define(api, version("v1"), version("v2", storage=False))
    assert await names(api, 1) == [f"v2.{GROUP}"]
