"""Custom objects whose versions a webhook converts: read, written, listed, watched, and what a bad webhook costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conversion_scenes import BAD, BEHAVIOURS, HOST, SPLIT, conversion
from webhook_program import WebhookProgram

from drakkar.client import ApiError, Informer, Resource
from drakkar.client.changes import Change
from drakkar.testing import MemoryApi

from ..custom.samples import DEFINITIONS, GROUP, define, thing, version

Object = dict[str, Any]
ONE, TWO = (f"/apis/{GROUP}/{name}/namespaces/default/things" for name in ("v1", "v2"))
THINGS_TWO = Resource(GROUP, "v2", "things", "Thing", True)


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[WebhookProgram]:
    with WebhookProgram(tmp_path, BEHAVIOURS).running() as running:
        yield running


async def _define(api: MemoryApi, program: WebhookProgram, name: str) -> None:
    await define(
        api,
        version("v1", spec=HOST),
        version("v2", storage=False, spec=SPLIT, selectableFields=[{"jsonPath": ".spec.host"}]),
        conversion=conversion(program.config(name)),
    )


async def test_each_version_sees_and_writes_its_own_form(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "convert")
    made = await api.request("POST", ONE, json=thing(spec={"address": "here:80"}))
    assert not program.asked
    seen = await api.request("GET", f"{TWO}/one")
    assert seen["apiVersion"] == f"{GROUP}/v2" and seen["metadata"] == made["metadata"]
    # Defaults are those of what is sent and of what is stored, not of what is shown.
    assert seen["spec"] == {"host": "here", "port": "80"}
    seen["spec"]["port"] = "81"
    put = await api.request("PUT", f"{TWO}/one", json=seen)
    assert put["spec"] == {"host": "here", "port": "81"}
    assert (await api.request("GET", f"{ONE}/one"))["spec"] == {"address": "here:81"}
    patched = await api.request(
        "PATCH",
        f"{TWO}/one",
        json={"spec": {"host": "there"}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert patched["spec"]["host"] == "there"
    assert (await api.request("GET", f"{ONE}/one"))["spec"] == {"address": "there:81"}
    gone = await api.request("DELETE", f"{TWO}/one")
    assert gone["status"] == "Success"


async def test_a_new_object_is_stored_in_the_stored_version(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "convert")
    made = await api.request("POST", TWO, json=thing(version="v2", spec={"host": "a", "port": "1"}))
    assert made["spec"] == {"host": "a", "port": "1"}
    asked = [review["request"]["desiredAPIVersion"] for _, review in program.asked]
    assert asked == [f"{GROUP}/v1", f"{GROUP}/v2"]
    (stored,) = api.store.list(f"{GROUP}/things")
    assert stored["apiVersion"] == f"{GROUP}/v1" and stored["spec"] == {"address": "a:1"}


async def test_a_list_is_converted_with_one_question(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "convert")
    for name in ("a", "b", "c"):
        await api.request("POST", ONE, json=thing(name, spec={"address": f"{name}:1"}))
    found = await api.request("GET", TWO, params={"fieldSelector": "spec.host=b"})
    assert [one["metadata"]["name"] for one in found["items"]] == ["b"]
    ((_, review),) = program.asked
    assert [obj["metadata"]["name"] for obj in review["request"]["objects"]] == ["a", "b", "c"]
    page = await api.request("GET", TWO, params={"limit": 2})
    more = await api.request("GET", TWO, params={"limit": 2, "continue": page["metadata"]["continue"]})
    assert [one["spec"]["host"] for one in (*page["items"], *more["items"])] == ["a", "b", "c"]
    await api.request("DELETE", TWO, params={"fieldSelector": "spec.host=b"})
    left = await api.request("GET", ONE)
    assert [one["metadata"]["name"] for one in left["items"]] == ["a", "c"]


async def test_a_watch_tells_of_converted_objects(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "convert")
    await api.request("POST", ONE, json=thing("a", spec={"address": "a:1"}))
    seen: list[Object | None] = []
    heard = asyncio.Event()

    def changed(change: Change) -> None:
        seen.append(change.new)
        heard.set()

    informer = Informer(api, THINGS_TWO, "default")
    informer.add_handler(changed)
    running = asyncio.create_task(informer.run())
    try:
        async with asyncio.timeout(20):
            await heard.wait()
            heard.clear()
            await api.request("POST", ONE, json=thing("b", spec={"address": "b:2"}))
            await heard.wait()
    finally:
        running.cancel()
    assert [obj and obj["spec"] for obj in seen] == [{"host": "a", "port": "1"}, {"host": "b", "port": "2"}]


async def test_labels_are_the_webhook_s_and_all_other_metadata_is_not(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program, "labelled")
    made = await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    seen = await api.request("GET", f"{TWO}/one")
    assert seen["metadata"] == {**made["metadata"], "labels": {"made": "here"}}


@pytest.mark.parametrize("name", BAD)
async def test_what_a_bad_webhook_answers_is_told_and_costs_its_version_only(
    api: MemoryApi, program: WebhookProgram, name: str
) -> None:
    await _define(api, program, name)
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    for path in (f"{TWO}/one", TWO):
        with pytest.raises(ApiError) as caught:
            await api.request("GET", path)
        assert caught.value.code == 500
        assert BAD[name][1] in str(caught.value)
        assert str(caught.value).startswith(f"conversion webhook for {GROUP}/v1, Kind=Thing ")
    with pytest.raises(ApiError):
        await api.request("POST", TWO, json=thing("two", "v2", spec={"host": "b", "port": "2"}))
    assert [obj["metadata"]["name"] for obj in (await api.request("GET", ONE))["items"]] == ["one"]
    await api.request("DELETE", f"{ONE}/one")


async def test_a_webhook_that_is_not_there_is_told_with_its_address(api: MemoryApi) -> None:
    service = {"namespace": "default", "name": "converter", "path": "/convert"}
    await define(
        api,
        version("v1", spec=HOST),
        version("v2", storage=False, spec=SPLIT),
        conversion=conversion({"service": service}),
    )
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    with pytest.raises(ApiError) as caught:
        await api.request("GET", f"{TWO}/one")
    assert (
        f"conversion webhook for {GROUP}/v1, Kind=Thing failed: Post "
        '"https://converter.default.svc:443/convert?timeout=30s": service "converter" not found'
    ) in str(caught.value)


async def test_objects_stay_in_the_version_they_were_stored_in(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program, "convert")
    await api.request("POST", ONE, json=thing("old", spec={"address": "old:1"}))
    path = f"{DEFINITIONS}/things.{GROUP}"
    definition = await api.request("GET", path)
    for one in definition["spec"]["versions"]:
        one["storage"] = one["name"] == "v2"
    await api.request("PUT", path, json=definition)
    await api.request("POST", ONE, json=thing("new", spec={"address": "new:2"}))
    stored = {obj["metadata"]["name"]: obj for obj in api.store.list(f"{GROUP}/things")}
    assert {name: obj["apiVersion"][-2:] for name, obj in stored.items()} == {"old": "v1", "new": "v2"}
    for path, key, wanted in ((ONE, "address", ["new:2", "old:1"]), (TWO, "host", ["new", "old"])):
        assert [one["spec"][key] for one in (await api.request("GET", path))["items"]] == wanted


async def test_a_definition_goes_though_its_webhook_fails(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "broken")
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    with pytest.raises(ApiError, match="conversion webhook"):
        await api.request("DELETE", f"{TWO}/one")
    assert [obj["metadata"]["name"] for obj in api.store.list(f"{GROUP}/things")] == ["one"]
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    assert await api.until(lambda: not api.store.list(f"{GROUP}/things"))
    assert await api.until(lambda: not api.store.list("apiextensions.k8s.io/customresourcedefinitions"))
