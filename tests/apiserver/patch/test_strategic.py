"""Strategic merge patches as kubectl, the kubelet and the controllers send them."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import pytest

from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.strategic import strategic
from drakkar.apiserver.schema.node import SchemaNode

_FILE = "kubernetes-json-schema/v1.37.0-local/_definitions.json"
DEFINITIONS: dict[str, Any] = json.loads(
    resources.files("kubernetes_validate").joinpath(_FILE).read_text(encoding="utf-8")
)["$defs"]
POD = SchemaNode(DEFINITIONS, DEFINITIONS["io.k8s.api.core.v1.Pod"])
DEPLOYMENT = SchemaNode(DEFINITIONS, DEFINITIONS["io.k8s.api.apps.v1.Deployment"])


def pod(*names: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": n, "image": n} for n in names], **spec},
    }


def names(doc: dict[str, Any], field: str = "containers") -> list[str]:
    return [item["name"] for item in doc["spec"][field]]


def test_merges_items_by_key_and_keeps_the_document() -> None:
    doc = pod("a", "b")
    before = copy.deepcopy(doc)
    new = strategic(doc, {"spec": {"containers": [{"name": "b", "image": "x", "tty": True}]}}, POD)
    assert new["spec"]["containers"] == [
        {"name": "a", "image": "a"},
        {"name": "b", "image": "x", "tty": True},
    ]
    assert doc == before


def test_a_new_item_of_a_patch_comes_before_the_others() -> None:
    assert names(strategic(pod("a"), {"spec": {"containers": [{"name": "n"}]}}, POD)) == ["n", "a"]


def test_set_element_order() -> None:
    order = [{"name": "c"}, {"name": "n"}, {"name": "a"}]
    patch = {"spec": {"$setElementOrder/containers": order, "containers": [{"name": "n", "image": "n"}]}}
    assert names(strategic(pod("a", "c"), patch, POD)) == ["c", "n", "a"]
    only_order = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    assert names(strategic(pod("a", "b"), only_order, POD)) == ["b", "a"]


def test_items_that_only_the_server_has_keep_their_place() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "a"}, {"name": "c"}]}}
    assert names(strategic(pod("a", "injected", "c"), patch, POD)) == ["a", "injected", "c"]


def test_order_that_contradicts_the_list_is_refused() -> None:
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}, {"name": "b"}],
            "containers": [{"name": "b"}, {"name": "a"}],
        }
    }
    with pytest.raises(PatchError):
        strategic(pod("a", "b"), patch, POD)


def test_delete_directive() -> None:
    assert names(
        strategic(pod("a", "b"), {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}, POD)
    ) == ["b"]
    assert strategic(
        {"metadata": {"labels": {"a": "b"}}}, {"metadata": {"labels": {"$patch": "delete"}}}, POD
    ) == {"metadata": {"labels": {}}}


def test_replace_directive() -> None:
    patch = {"spec": {"containers": [{"$patch": "replace"}, {"name": "z"}]}}
    assert strategic(pod("a", "b"), patch, POD)["spec"]["containers"] == [{"name": "z"}]
    doc = {"metadata": {"labels": {"a": "b"}}}
    assert strategic(doc, {"metadata": {"labels": {"$patch": "replace", "c": "d"}}}, POD)["metadata"] == {
        "labels": {"c": "d"}
    }


def test_finalizers_are_a_set() -> None:
    doc = {"metadata": {"finalizers": ["a", "b"]}}
    assert strategic(doc, {"metadata": {"finalizers": ["b", "c"]}}, POD)["metadata"]["finalizers"] == [
        "a",
        "b",
        "c",
    ]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b"]}}
    assert strategic(doc, patch, POD)["metadata"]["finalizers"] == ["b"]
    assert strategic({"metadata": {}}, patch, POD) == {"metadata": {}}


def test_retain_keys() -> None:
    doc = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic(doc, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}
    volume = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}
    change = {"$retainKeys": ["name", "configMap"], "name": "v", "configMap": {"name": "c"}}
    assert strategic(volume, {"spec": {"volumes": [change]}}, POD)["spec"]["volumes"] == [
        {"name": "v", "configMap": {"name": "c"}}
    ]
    with pytest.raises(PatchError):
        strategic(doc, {"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}}, DEPLOYMENT)


def test_null_deletes_and_is_never_stored() -> None:
    doc = {"metadata": {"labels": {"a": "b"}}}
    patch = {"metadata": {"labels": {"a": None, "x": None}, "annotations": {"y": None, "z": "1"}}}
    assert strategic(doc, patch, POD) == {"metadata": {"labels": {}, "annotations": {"z": "1"}}}


def test_atomic_lists_are_replaced_whole() -> None:
    doc = pod("a", tolerations=[{"key": "a"}])
    patch = {"spec": {"tolerations": [{"key": "b"}], "$setElementOrder/tolerations": [{"key": "b"}]}}
    assert strategic(doc, patch, POD)["spec"]["tolerations"] == [{"key": "b"}]


def test_status_conditions_merge_by_type() -> None:
    doc = {"status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "X", "status": "True"}]}}
    patch = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert strategic(doc, patch, POD)["status"]["conditions"][0] == {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    "patch",
    [
        [],
        {"$patch": "merge"},
        {"$nonsense": 1},
        {"spec": {"containers": [{"image": "x"}]}},
        {"spec": {"containers": ["x"]}},
        {"spec": {"containers": [{"name": "a", "$patch": "x"}]}},
        {"spec": {"$setElementOrder/containers": {}}},
    ],
)
def test_refuses_malformed_patches(patch: Any) -> None:
    with pytest.raises(PatchError) as caught:
        strategic(pod("a"), patch, POD)
    assert not caught.value.invalid


def test_whole_numbers_are_integers_however_they_are_written() -> None:
    new = strategic({"spec": {}}, {"spec": {"replicas": 1e3, "revisionHistoryLimit": 2.0}}, DEPLOYMENT)
    assert [type(value) for value in new["spec"].values()] == [int, int]
    assert strategic({}, {"a": [1.5, {"b": 1e300}]}, DEPLOYMENT) == {"a": [1.5, {"b": 1e300}]}
