"""Custom objects through the API server: owners, scale, selectors, columns, tables, warnings, garbage and namespaces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.client import ApiError, InvalidError, Resource
from drakkar.testing import MemoryApi

from .samples import DEFINITIONS, GROUP, THINGS, define, thing, version

Object = dict[str, Any]
SPEC = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "default": 1},
        "mode": {"type": "string"},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name", "port"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "port": {"type": "integer", "default": 80}},
            },
        },
    },
}
SCALE = {"scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}, "status": {}}
MERGE = {"Content-Type": "application/merge-patch+json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    await define(
        made,
        version(
            spec=SPEC,
            subresources=SCALE,
            selectableFields=[{"jsonPath": ".spec.mode"}],
            additionalPrinterColumns=[{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
        ),
    )
    yield made
    await made.aclose()


async def test_each_manager_owns_the_items_it_applied(api: MemoryApi) -> None:
    for manager, name in (("m", "a"), ("n", "b")):
        await api.request(
            "PATCH",
            f"{THINGS}/one",
            params={"fieldManager": manager},
            json=thing(spec={"parts": [{"name": name}]}),
            headers=APPLY,
        )
    found = await api.request("GET", f"{THINGS}/one")
    assert [part["name"] for part in found["spec"]["parts"]] == ["a", "b"]
    owned = {one["manager"]: one["fieldsV1"] for one in found["metadata"]["managedFields"]}
    # The key that was left out is the default's, and nobody's.
    assert list(owned["m"]["f:spec"]["f:parts"]) == ['k:{"name":"a","port":80}']
    with pytest.raises(ApiError, match="field not declared in schema"):
        await api.request(
            "PATCH", f"{THINGS}/one", params={"fieldManager": "m"}, json=thing(spec={"x": 1}), headers=APPLY
        )


async def test_fields_that_are_selected_by(api: MemoryApi) -> None:
    for name, mode in (("a", "fast"), ("b", "slow")):
        await api.request("POST", THINGS, json=thing(name, spec={"mode": mode}))
    found = await api.request("GET", THINGS, params={"fieldSelector": "spec.mode=slow"})
    assert [one["metadata"]["name"] for one in found["items"]] == ["b"]
    with pytest.raises(ApiError, match="field label not supported"):
        await api.request("GET", THINGS, params={"fieldSelector": "spec.size=1"})


async def test_a_table_has_the_columns_of_the_definition(api: MemoryApi) -> None:
    await api.request("POST", THINGS, json=thing(spec={}))
    table = await api.request(
        "GET", THINGS, headers={"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}
    )
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "Size"]
    assert table["rows"][0]["cells"] == ["one", 1]


async def test_the_status_is_written_apart(api: MemoryApi) -> None:
    await api.request("POST", THINGS, json=thing(spec={}, status={"size": 7}))
    assert "status" not in await api.request("GET", f"{THINGS}/one")
    assert (await api.request("GET", f"{THINGS}/one/scale"))["spec"] == {"replicas": 1}
    await api.request("POST", THINGS, json=thing("bare"))
    with pytest.raises(ApiError, match="does not exist"):
        await api.request("GET", f"{THINGS}/bare/scale")
    # A patch may set what nothing has set before, and must.
    with pytest.raises(ApiError, match=r'the spec replicas field "\.spec\.size" cannot be empty'):
        await api.request("PATCH", f"{THINGS}/bare/scale", json={"metadata": {}}, headers=MERGE)
    patch = {"spec": {"replicas": 3}}
    scaled = await api.request("PATCH", f"{THINGS}/bare/scale", json=patch, headers=MERGE)
    assert scaled["spec"] == {"replicas": 3}


async def test_events_carry_defaults_that_came_later(api: MemoryApi) -> None:
    await api.request("POST", THINGS, json=thing(spec={}))
    new = version(
        spec={**SPEC, "properties": {**SPEC["properties"], "late": {"type": "string", "default": "x"}}}
    )
    await api.request(
        "PATCH", f"{DEFINITIONS}/things.{GROUP}", json={"spec": {"versions": [new]}}, headers=MERGE
    )
    things = Resource(GROUP, "v1", "things", "Thing", True)
    events = api.watch(things, "default")
    async with asyncio.timeout(5):
        kind, obj = await anext(aiter(events))
    assert (kind, obj["spec"]) == ("ADDED", {"size": 1, "late": "x"})


async def test_strictness_is_the_clients_choice(api: MemoryApi) -> None:
    wrong = thing(spec={"nobody": 1})
    with pytest.raises(ApiError, match=r'strict decoding error: unknown field "spec\.nobody"'):
        await api.request("POST", THINGS, params={"fieldValidation": "Strict"}, json=wrong)
    made = await api.request("POST", THINGS, params={"fieldValidation": "Ignore"}, json=wrong)
    assert made["spec"] == {"size": 1}


async def test_a_document_of_openapi_has_the_kind(api: MemoryApi) -> None:
    document = await api.request("GET", f"/openapi/v3/apis/{GROUP}/v1")
    schemas = document["components"]["schemas"]
    assert schemas["com.example.stable.v1.Thing"]["properties"]["spec"]["properties"]["size"]["default"] == 1
    assert "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" in schemas
    assert json.dumps(document).count("x-kubernetes-group-version-kind") > 5


async def test_a_bad_object_is_refused_with_all_that_is_wrong(api: MemoryApi) -> None:
    with pytest.raises(InvalidError) as caught:
        await api.request("POST", THINGS, json=thing(spec={"size": "x", "parts": [{"port": 1}]}))
    said = str(caught.value)
    assert "spec.size" in said and "spec.parts[0].name: Required value" in said
