"""Items of lists: those of Kubernetes' own kinds do not say what they are, custom ones do; watches tell it of all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.testclient import TestClient

from drakkar.apiserver.http import answers
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.storage.database import Stored
from drakkar.apiserver.storage.in_order import in_order
from drakkar.apiserver.storage.shelf import Shelf
from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]
MAPS = "/api/v1/namespaces/a/configmaps"
CLAIMS = "/apis/resource.k8s.io/{version}/namespaces/a/resourceclaims"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def told(client: TestClient, path: str, **more: Any) -> list[Any]:
    return [(one.get("kind"), one.get("apiVersion")) for one in client.get(path, **more).json()["items"]]


def test_the_list_says_it_for_all(client: TestClient) -> None:
    for name in ("x", "y"):
        # Whatever stands first in what is sent.
        sent = {
            "data": {"k": '{"kind":"ConfigMap","apiVersion":"v1",'},
            "metadata": {"name": name},
            "kind": "ConfigMap",
        }
        assert client.post(MAPS, json=sent).status_code == 201
        client.put(f"{MAPS}/{name}", json={**sent, "data": {"k": "v"}})
    whole = client.get(MAPS).json()
    assert (whole["kind"], whole["apiVersion"]) == ("ConfigMapList", "v1")
    one = client.get(f"{MAPS}/x").json()
    assert list(one)[:2] == ["kind", "apiVersion"]
    assert whole["items"][0] == {
        key: value for key, value in one.items() if key not in ("kind", "apiVersion")
    }
    assert told(client, MAPS) == [(None, None)] * 2
    assert told(client, "/api/v1/configmaps", params={"limit": "1"}) == [(None, None)]
    assert (
        told(client, MAPS, headers={"Accept": METADATA}) == [("PartialObjectMetadata", "meta.k8s.io/v1")] * 2
    )
    gone = client.delete(MAPS).json()
    assert [one.get("kind") for one in gone["items"]] == [None, None]
    assert client.get(MAPS).json()["items"] == []


def test_in_every_version(client: TestClient) -> None:
    request = {"name": "r", "exactly": {"deviceClassName": "c"}}
    body = {"metadata": {"name": "c"}, "spec": {"devices": {"requests": [request]}}}
    assert client.post(CLAIMS.format(version="v1"), json=body).status_code == 201
    for version in ("v1", "v1beta2", "v1beta1"):
        path = CLAIMS.format(version=version)
        assert told(client, path) == [(None, None)]
        one = client.get(f"{path}/c").json()
        assert one["apiVersion"] == f"resource.k8s.io/{version}"
        assert client.get(path).json()["items"][0]["spec"] == one["spec"]


def test_custom_objects_each_say_it(client: TestClient) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": "example.org", "scope": "Namespaced", "names": names, "versions": [version]}
    client.post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        json={"metadata": {"name": "widgets.example.org"}, "spec": spec},
    )
    path = "/apis/example.org/v1/namespaces/a/widgets"
    body = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}}
    assert client.post(path, json=body).status_code == 201
    assert told(client, path) == [("Widget", "example.org/v1")]
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert told(client, definitions) == [(None, None)]


def test_what_is_stored_in_another_order_or_without_is_listed(client: TestClient, store: Store) -> None:
    odd: dict[str, Object] = {
        "a": {
            "metadata": {"name": "a", "namespace": "n", "uid": "1"},
            "apiVersion": "v1",
            "kind": "ConfigMap",
        },
        "b": {"metadata": {"name": "b", "namespace": "n", "uid": "2"}},
        "c": {
            "kind": "Other",
            "apiVersion": "v1beta9",
            "metadata": {"name": "c", "namespace": "n", "uid": "3"},
        },
        "d": {
            "kind": "ConfigMap",
            "metadata": {"name": "d", "namespace": "n", "uid": "4"},
            "apiVersion": "v1",
        },
    }
    for name, obj in odd.items():
        asyncio.run(store.create(("/configmaps", "n", name), obj))
    items = client.get("/api/v1/namespaces/n/configmaps").json()["items"]
    assert [list(one) for one in items] == [["metadata"]] * 4
    assert [one["metadata"]["name"] for one in items] == list(odd)


def test_what_was_stored_in_another_order_is_put_in_order() -> None:
    shelf, obj = Shelf(0), {"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "ConfigMap"}
    shelf.load(Stored(("/configmaps", "n", "a"), obj, 0, 1))
    assert list(shelf.objects["n", "a"]) == ["kind", "apiVersion", "metadata"]


def test_the_order_of_what_is_stored() -> None:
    obj = {"spec": 1, "apiVersion": "v1", "kind": "K"}
    assert list(in_order(obj)) == ["kind", "apiVersion", "spec"] and in_order(obj) == obj
    right, without = {"kind": "K", "apiVersion": "v1"}, {"spec": 1, "kind": "K"}
    assert in_order(right) is right and in_order(without) is without


def test_a_list_is_the_same_whether_its_items_are_left_something_out_or_not() -> None:
    kind = registry().at("", "v1", "configmaps")
    assert kind is not None
    items = [{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": str(at)}} for at in range(700)]
    found = {
        "kind": "ConfigMapList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7"},
        "items": items,
    }
    bare = [{"metadata": one["metadata"]} for one in items]
    assert json.loads(answers.encoded_list(kind, found, "object")) == {**found, "items": bare}
    nothing = {**found, "items": []}
    assert json.loads(answers.encoded_list(kind, nothing, "object")) == nothing
