"""Definitions: names, serving, change, the end of their objects, and what is there after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.client import ApiError, ForbiddenError, InvalidError, NotFoundError
from drakkar.testing import MemoryApi
from drakkar.testing.open_gate import OpenGate

from .samples import DEFINITIONS, GROUP, THINGS, define, definition, thing, version

Object = dict[str, Any]


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()


def conditions(obj: Object) -> dict[str, str]:
    """The conditions of a definition."""
    return {one["type"]: one["status"] for one in obj["status"].get("conditions") or ()}


async def test_a_kind_is_served_when_its_definition_is_answered(api: MemoryApi) -> None:
    made = await define(api)
    assert made["status"]["storedVersions"] == ["v1"]
    assert conditions(await api.request("GET", f"{DEFINITIONS}/things.{GROUP}")) == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    assert (await api.request("POST", THINGS, json=thing()))["metadata"]["generation"] == 1
    listed = await api.request("GET", THINGS)
    assert (listed["kind"], len(listed["items"])) == ("ThingList", 1)


async def test_names_are_given_once(api: MemoryApi) -> None:
    await define(api)
    other = definition(plural="others", kind="Thing")
    await api.request("POST", DEFINITIONS, json=other)
    path = f"{DEFINITIONS}/others.{GROUP}"
    assert conditions(await api.request("GET", path)) == {"NamesAccepted": "False", "Established": "False"}
    with pytest.raises(NotFoundError):
        await api.request("GET", f"/apis/{GROUP}/v1/namespaces/default/others")
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    assert conditions(await api.request("GET", path))["Established"] == "True"
    assert (await api.request("GET", f"/apis/{GROUP}/v1/namespaces/default/others"))["items"] == []


async def test_objects_go_with_their_definition(api: MemoryApi) -> None:
    await define(api)
    for number in range(50):
        await api.request("POST", THINGS, json=thing(f"t{number}"))
    held = thing("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    await api.request("POST", THINGS, json=held)
    path = f"{DEFINITIONS}/things.{GROUP}"
    assert conditions(await api.request("DELETE", path))["Terminating"] == "True"
    with pytest.raises(ForbiddenError, match="terminating"):
        await api.request("POST", THINGS, json=thing("late"))
    while len(api.store.list(f"{GROUP}/things")) > 1:
        assert await api.store.wait(f"{GROUP}/things", api.store.revision, 5)
    left = await api.request("GET", THINGS)
    assert [one["metadata"]["name"] for one in left["items"]] == ["held"]
    await api.request(
        "PATCH",
        f"{THINGS}/held",
        json={"metadata": {"finalizers": None}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    for gone in (path, THINGS, f"/apis/{GROUP}"):
        with pytest.raises(NotFoundError):
            await api.request("GET", gone)


async def test_a_schema_may_change_while_objects_exist(api: MemoryApi) -> None:
    await define(api, version(spec={"type": "object", "properties": {"a": {"type": "string"}}}))
    await api.request("POST", THINGS, json=thing(spec={"a": "x"}))
    new = version(
        spec={
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": 5}},
        }
    )
    patch = {"spec": {"versions": [new]}}
    media = {"Content-Type": "application/merge-patch+json"}
    await api.request("PATCH", f"{DEFINITIONS}/things.{GROUP}", json=patch, headers=media)
    # A default that has come since is read, and stored with the next write.
    assert (await api.request("GET", f"{THINGS}/one"))["spec"] == {"a": "x", "b": 5}
    assert api.store.list(f"{GROUP}/things")[0]["spec"] == {"a": "x"}
    await api.request("PATCH", f"{THINGS}/one", json={"metadata": {"labels": {"c": "d"}}}, headers=media)
    assert api.store.list(f"{GROUP}/things")[0]["spec"] == {"a": "x", "b": 5}


async def test_what_cannot_be_served_is_refused(api: MemoryApi) -> None:
    webhook = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": {"url": "http://a.example"}, "conversionReviewVersions": ["v1"]},
    }
    with pytest.raises(InvalidError, match="'https' is the only allowed URL scheme"):
        await define(api, conversion=webhook)
    with pytest.raises(InvalidError, match=r"must be spec\.names\.plural"):
        await api.request("POST", DEFINITIONS, json={**definition(), "metadata": {"name": "x.y"}})


async def test_a_definition_in_a_group_that_is_there_displaces_nothing(api: MemoryApi) -> None:
    mine = definition(group="resource.k8s.io", plural="deviceclasses", kind="DeviceClass")
    mine["metadata"] = {
        "name": "deviceclasses.resource.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
    }
    await api.request("POST", DEFINITIONS, json=mine)
    with pytest.raises(ApiError):
        await api.request(
            "POST",
            "/apis/resource.k8s.io/v1/deviceclasses",
            json={"metadata": {"name": "a"}, "spec": {"selectors": 5}},
        )
    await api.request(
        "POST", "/apis/resource.k8s.io/v1/deviceclasses", json={"metadata": {"name": "a"}, "spec": {}}
    )
    await api.request("DELETE", f"{DEFINITIONS}/deviceclasses.resource.k8s.io")
    assert len((await api.request("GET", "/apis/resource.k8s.io/v1/deviceclasses"))["items"]) == 1


def test_kinds_and_objects_survive_a_restart(tmp_path: Path) -> None:
    for turn in range(2):
        store = Store(tmp_path / "objects.sqlite")
        client = TestClient(build_app(Rest(store, registry()), OpenGate()))
        if turn == 0:
            assert (
                client.post("/api/v1/namespaces", json={"metadata": {"name": "default"}}).status_code == 201
            )
            assert client.post(DEFINITIONS, json=definition()).status_code == 201
            assert client.post(THINGS, json=thing(spec={})).status_code == 201
        assert client.get(f"{THINGS}/one").json()["spec"] == {}
        assert client.get(f"/apis/{GROUP}").json()["preferredVersion"]["version"] == "v1"
        store.close()


async def test_versions_come_in_their_order(api: MemoryApi) -> None:
    names = ("v1alpha1", "v2", "v1", "v10", "v1beta2", "foo")
    await define(api, *(version(name, name == "v1") for name in names))
    group = await api.request("GET", f"/apis/{GROUP}")
    assert [one["version"] for one in group["versions"]] == ["v10", "v2", "v1", "v1beta2", "v1alpha1", "foo"]


async def test_a_version_that_is_not_served_is_still_what_is_stored(api: MemoryApi) -> None:
    hidden = {**version("v1"), "served": False}
    await define(api, hidden, version("v2", False))
    things = f"/apis/{GROUP}/v2/namespaces/default/things"
    made = await api.request("POST", things, json=thing(version="v2"))
    assert made["apiVersion"] == f"{GROUP}/v2"
    assert api.store.list(f"{GROUP}/things")[0]["apiVersion"] == f"{GROUP}/v1"
    with pytest.raises(NotFoundError):
        await api.request("GET", THINGS)
