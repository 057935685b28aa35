"""Server-side apply and the ownership that updates leave behind."""

from __future__ import annotations

import copy
import json
import time
import tracemalloc
from importlib import resources
from typing import Any

import pytest
from work_units import unit

from drakkar.apiserver.patch import field_paths
from drakkar.apiserver.patch.apply import ApplyConflict, ApplyResult, apply
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.field_merge import prune
from drakkar.apiserver.patch.managed_fields import update_managed_fields
from drakkar.apiserver.schema.node import SchemaNode

_FILE = "kubernetes-json-schema/v1.37.0-local/_definitions.json"
DEFINITIONS: dict[str, Any] = json.loads(
    resources.files("kubernetes_validate").joinpath(_FILE).read_text(encoding="utf-8")
)["$defs"]
POD = SchemaNode(DEFINITIONS, DEFINITIONS["io.k8s.api.core.v1.Pod"])
CONFIG_MAP = SchemaNode(DEFINITIONS, DEFINITIONS["io.k8s.api.core.v1.ConfigMap"])
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def pod(*containers: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    meta = {"name": "p", **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": list(containers)}}


def applied(
    live: Any, wanted: Any, manager: str = "a", schema: SchemaNode = POD, **options: Any
) -> dict[str, Any]:
    options = {"force": False, "subresource": "", "now": NOW, **options}
    before = copy.deepcopy(live)
    result = apply(live, wanted, manager, schema=schema, **options)
    assert live == before
    assert isinstance(result, ApplyResult), result
    return result.object


def owners(obj: dict[str, Any]) -> dict[str, Any]:
    return {e["manager"]: e["fieldsV1"] for e in obj["metadata"].get("managedFields", ())}


def test_create_records_what_was_applied() -> None:
    ports = [{"containerPort": 80}]
    result = apply(
        None, pod({"name": "c", "image": "i", "ports": ports}, labels={"x": "1"}), "a", False, POD, "", NOW
    )
    assert isinstance(result, ApplyResult)
    assert result.created
    assert result.object["metadata"]["managedFields"] == [
        {
            "manager": "a",
            "operation": "Apply",
            "apiVersion": "v1",
            "time": NOW,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:metadata": {"f:labels": {"f:x": {}}},
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"c"}': {
                            ".": {},
                            "f:image": {},
                            "f:name": {},
                            "f:ports": {
                                'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}
                            },
                        }
                    }
                },
            },
        }
    ]


def test_applying_the_same_again_changes_nothing() -> None:
    live = applied(None, pod({"name": "c", "image": "i"}))
    result = apply(live, pod({"name": "c", "image": "i"}), "a", False, POD, "", LATER)
    assert isinstance(result, ApplyResult)
    assert not result.changed and not result.created
    assert result.object == live


def test_conflict_and_force() -> None:
    live = applied(None, config(k="1", other="x"), "a", CONFIG_MAP)
    assert applied(live, config(k="1"), "b", CONFIG_MAP)["data"] == {"k": "1", "other": "x"}
    result = apply(live, config(k="2"), "b", False, CONFIG_MAP, "", LATER)
    assert isinstance(result, ApplyConflict)
    assert result.message == 'Apply failed with 1 conflict: conflict with "a": .data.k'
    assert result.causes == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".data.k"}
    ]
    forced = applied(live, config(k="2"), "b", CONFIG_MAP, force=True)
    assert forced["data"] == {"k": "2", "other": "x"}
    assert owners(forced) == {"a": {"f:data": {"f:other": {}}}, "b": {"f:data": {"f:k": {}}}}


def test_conflict_with_an_update_names_its_version() -> None:
    live = config(k="1", l="1")
    live["metadata"]["managedFields"] = update_managed_fields(
        None, live, "kubectl-edit", "v1", "", NOW, CONFIG_MAP
    )
    result = apply(live, config(k="2", l="2"), "b", False, CONFIG_MAP, "", LATER)
    assert isinstance(result, ApplyConflict)
    wanted = 'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using v1:\n- .data.k\n- .data.l'
    assert result.message == wanted


def test_of_many_conflicts_the_first_are_told_however_long_their_names() -> None:
    name = "n" * 200_000

    def env(value: str) -> dict[str, Any]:
        return pod({"name": name, "env": [{"name": f"e{n}", "value": value} for n in range(2_000)]})

    live = applied(None, env("1"))
    tracemalloc.start()
    began = time.process_time()
    result = apply(live, env("2"), "b", False, POD, "", LATER)
    assert isinstance(result, ApplyConflict)
    told = result.message
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told.startswith('Apply failed with 2000 conflicts: conflicts with "a":\n- .spec.containers[name=')
    assert told.endswith(f"and {2_000 - len(result.causes)} more")
    assert 0 < len(result.causes) < 200 and len(told) < 50_000
    assert spent < 500 * unit() and peak < 50_000_000, (spent, peak)


def test_of_many_conflicts_two_hundred_are_told() -> None:
    live = applied(None, config(**{f"k{n:04}": "1" for n in range(1_000)}), "a", CONFIG_MAP)
    result = apply(live, config(**{f"k{n:04}": "2" for n in range(1_000)}), "b", False, CONFIG_MAP, "", LATER)
    assert isinstance(result, ApplyConflict)
    assert [cause["field"] for cause in result.causes] == [f".data.k{n:04}" for n in range(200)]
    assert result.message.startswith("Apply failed with 1000 conflicts") and result.message.endswith(
        "and 800 more"
    )


def test_ownership_of_long_names_is_not_kept_for_later() -> None:
    field_paths._read.cache_clear()
    for number in range(5):
        wanted = config(**{f"{number}" + "k" * 100_000: "v"})
        applied(applied(None, wanted, "a", CONFIG_MAP), wanted, "a", CONFIG_MAP)
    assert not field_paths._read.cache_info().currsize
    applied(applied(None, config(k="v"), "a", CONFIG_MAP), config(k="v"), "a", CONFIG_MAP)
    assert field_paths._read.cache_info().currsize


def test_fields_no_longer_applied_are_removed_unless_owned() -> None:
    live = applied(None, config(k="1", shared="s"), "a", CONFIG_MAP)
    live = applied(live, config(shared="s"), "b", CONFIG_MAP)
    live["data"]["unowned"] = "u"
    after = applied(live, config(new="n"), "a", CONFIG_MAP)
    assert after["data"] == {"shared": "s", "unowned": "u", "new": "n"}
    assert owners(after)["a"] == {"f:data": {"f:new": {}}}


def test_list_items_no_longer_applied_are_removed() -> None:
    live = applied(None, pod({"name": "c"}, {"name": "d"}, labels={"x": "1"}, finalizers=["e/f", "g/h"]))
    live = applied(live, pod({"name": "d", "image": "i"}), "b")
    after = applied(live, pod({"name": "c", "image": "z"}, finalizers=["g/h"]))
    assert after["spec"]["containers"] == [{"name": "c", "image": "z"}, {"name": "d", "image": "i"}]
    assert after["metadata"]["finalizers"] == ["g/h"]
    # The last label went, and the empty map with it; the name stays, since nobody owns it.
    assert "labels" not in after["metadata"] and after["metadata"]["name"] == "p"


def test_order_of_merged_lists() -> None:
    live = applied(None, pod({"name": "a"}, {"name": "injected"}, {"name": "c"}), "other")
    after = applied(live, pod({"name": "c"}, {"name": "n"}, {"name": "a"}))
    assert [c["name"] for c in after["spec"]["containers"]] == ["c", "n", "a", "injected"]
    after = applied(live, pod({"name": "a"}, {"name": "n"}, {"name": "c"}))
    assert [c["name"] for c in after["spec"]["containers"]] == ["a", "injected", "n", "c"]


def test_status_only_reaches_the_status() -> None:
    live = {**pod({"name": "c", "image": "i"}), "status": {"phase": "Pending"}}
    claims = [{"name": "gpu", "resourceClaimName": "p-gpu"}]
    wanted = {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"x": 1},
        "status": {"resourceClaimStatuses": claims},
    }
    after = applied(live, wanted, "ResourceClaimController", subresource="status", force=True)
    assert after["status"] == {"phase": "Pending", "resourceClaimStatuses": claims}
    assert after["spec"] == live["spec"]
    entry = after["metadata"]["managedFields"][0]
    assert entry["subresource"] == "status"
    assert list(entry["fieldsV1"]) == ["f:status"]
    gone = applied(
        after,
        {"apiVersion": "v1", "kind": "Pod", "status": {}},
        "ResourceClaimController",
        subresource="status",
    )
    assert gone["status"] == {"phase": "Pending"}
    # What was there before is nobody's but that of all who wrote it.
    assert owners(gone) == {
        "ResourceClaimController": {"f:status": {}},
        "before-first-apply": {"f:status": {".": {}, "f:phase": {}}},
    }
    main = applied(live, {**pod({"name": "c"}), "status": {"phase": "Failed"}})
    assert main["status"] == {"phase": "Pending"}


def test_atomic_values_are_owned_whole() -> None:
    wanted = pod({"name": "c"})
    wanted["spec"] |= {"tolerations": [{"key": "a"}], "nodeSelector": {"a": "1"}}
    live = applied(None, wanted)
    assert owners(live)["a"]["f:spec"]["f:nodeSelector"] == {}
    other = pod()
    other["spec"] = {"nodeSelector": {"b": "1"}}
    assert isinstance(apply(live, other, "b", False, POD, "", NOW), ApplyConflict)
    assert applied(live, other, "b", force=True)["spec"]["nodeSelector"] == {"b": "1"}


def test_refuses_malformed_configurations() -> None:
    for wanted in (
        [],
        pod({"image": "i"}),
        pod({"name": "c"}, {"name": "c"}),
        pod(managedFields=[{"manager": "x"}]),
    ):
        with pytest.raises(PatchError):
            apply(None, wanted, "a", False, POD, "", NOW)
    with pytest.raises(PatchError):
        apply(None, pod(), "", False, POD, "", NOW)


def update(old: Any, new: Any, manager: str, **options: Any) -> dict[str, Any]:
    options = {"subresource": "", "now": NOW, "schema": CONFIG_MAP, **options}
    entries = update_managed_fields(old, new, manager, "v1", **options)
    return {**new, "metadata": {**new["metadata"], "managedFields": entries}}


def test_updates_move_ownership() -> None:
    live = update(None, config(k="1", l="1"), "create")
    assert owners(live) == {"create": {"f:data": {".": {}, "f:k": {}, "f:l": {}}}}
    edited = update(live, {**live, "data": {"k": "2", "m": "3"}}, "edit", now=LATER)
    assert owners(edited) == {"create": {"f:data": {}}, "edit": {"f:data": {"f:k": {}, "f:m": {}}}}
    times = {e["manager"]: e["time"] for e in edited["metadata"]["managedFields"]}
    assert times == {"create": NOW, "edit": LATER}
    assert update(edited, edited, "edit", now="2027-01-01T00:00:00Z") == edited


def test_an_update_takes_fields_from_appliers() -> None:
    live = applied(None, config(k="1", l="1"), "a", CONFIG_MAP)
    live = update(live, {**live, "data": {"k": "2", "l": "1"}}, "edit")
    assert owners(live)["a"] == {"f:data": {"f:l": {}}}
    assert isinstance(apply(live, config(k="1", l="1"), "a", False, CONFIG_MAP, "", NOW), ApplyConflict)


def test_a_status_update_owns_only_status() -> None:
    old = update(None, pod({"name": "c"}), "create", schema=POD)
    new = {**old, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    live = update(old, new, "kubelet", subresource="status", schema=POD)
    fields = owners(live)["kubelet"]
    assert list(fields) == ["f:status"]
    assert fields["f:status"]["f:conditions"]['k:{"type":"Ready"}'] == {".": {}, "f:status": {}, "f:type": {}}


def test_what_nobody_owned_is_owned_when_it_is_first_applied() -> None:
    live = update(config(k="1"), config(k="2"), "edit")
    assert live["metadata"]["managedFields"] == []
    after = applied(live, config(l="1"), "a", schema=CONFIG_MAP)
    assert owners(after)["a"] == {"f:data": {"f:l": {}}}
    assert owners(after)["before-first-apply"]["f:data"] == {".": {}, "f:k": {}}
    conflict = apply(live, config(k="3"), "a", False, CONFIG_MAP, "", NOW)
    assert isinstance(conflict, ApplyConflict) and "before-first-apply" in conflict.message


def test_what_clients_send_as_managed_fields() -> None:
    live = update(None, config(k="1"), "create")
    reset = {**live, "metadata": {**live["metadata"], "managedFields": [{}]}}
    assert update(live, reset, "x")["metadata"]["managedFields"] == []
    absent = config(k="1")
    assert owners(update(live, absent, "x")) == owners(live)
    broken = {**live, "metadata": {**live["metadata"], "managedFields": [{"operation": "?"}]}}
    assert owners(update(live, broken, "x")) == owners(live)
    entry = {**live["metadata"]["managedFields"][0], "manager": "renamed"}
    migrated = {**live, "metadata": {**live["metadata"], "managedFields": [entry]}}
    assert list(owners(update(live, migrated, "x"))) == ["renamed"]


def test_an_entry_has_nothing_that_was_not_said() -> None:
    live = update(None, config(k="1"), "create")
    entry = {"operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:x": {}}}
    sent = {**live, "metadata": {**live["metadata"], "managedFields": [entry]}}
    assert entry in update(live, sent, "x")["metadata"]["managedFields"]
    # The last of those that name the same owner counts, and what is no entry to Go is none.
    again = {**entry, "fieldsV1": {"f:y": {}}}
    sent["metadata"]["managedFields"] = [entry, again]
    assert update(live, sent, "x")["metadata"]["managedFields"][0] == again
    for lacking in ("apiVersion", "fieldsType"):
        sent["metadata"]["managedFields"] = [{k: v for k, v in entry.items() if k != lacking}]
        assert update(live, sent, "x")["metadata"]["managedFields"] == live["metadata"]["managedFields"]


def test_many_updaters_are_folded() -> None:
    live = update(None, config(first="1"), "create", now="2025-12-31T00:00:00Z")
    data: dict[str, str] = {}
    for index in range(30):
        data = {**data, f"k{index}": "1"}
        live = update(live, {**live, "data": data}, f"m{index:02}", now=f"2026-01-01T00:00:{index:02}Z")
    found = owners(live)
    assert len(found) == 10
    assert "f:k0" in found["ancient-changes"]["f:data"]
    assert found["m29"] == {"f:data": {"f:k29": {}}}


def test_fields_v1_round_trip() -> None:
    fields = {"f:a": {".": {}, "f:b": {}}, "f:l": {'k:{"x":1}': {".": {}, "f:x": {}}}, "f:s": {'v:"q"': {}}}
    assert field_paths.encode(field_paths.decode(fields)) == fields
    spaced = {"f:l": {'k:{"y": 2, "x": 1}': {}}}
    assert field_paths.encode(field_paths.decode(spaced)) == {"f:l": {'k:{"x":1,"y":2}': {}}}
    deep = "v:" + "[" * 100_000 + "]" * 100_000
    for bad in ([], {"x": {}}, {"f:a": 1}, {"k:{": {}}, {deep: {}}):
        with pytest.raises(PatchError):
            field_paths.decode(bad)


def test_prune_ignores_what_is_not_there() -> None:
    doc = {"data": {"a": "1", "b": "2"}}
    tree = {"f:data": {"f:a": None, "f:b": {"f:deeper": None}}, "f:nothing": {"f:x": None}}
    assert prune(doc, tree, CONFIG_MAP) == {"data": {"b": "2"}}


def _deep(count: int, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {f"k{number}": "1" for number in range(count)}
    for _ in range(depth):
        found = {"a": found}
    return {"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "x"}, "spec": found}


def _work(depth: int) -> float:
    """Of applying, updating and abandoning many fields at some depth: the least of some."""

    def once() -> float:
        wanted, nothing = _deep(2_000, depth), _deep(1, depth)
        sent = _deep(2_000, depth)
        sent["spec"]["b"] = "1"
        began = time.process_time()
        live = applied(None, wanted, schema=SchemaNode.unknown())
        live = update(live, sent | {"metadata": live["metadata"]}, "u", schema=SchemaNode.unknown())
        other = applied(live, wanted, "b", schema=SchemaNode.unknown(), force=True)
        assert applied(live, nothing, schema=SchemaNode.unknown()) != live
        assert len(owners(other)) == 3
        return time.process_time() - began

    return min(once() for _ in range(3))


def test_how_deep_fields_are_costs_nothing() -> None:
    assert _work(150) < 4 * _work(1)


def test_sets_of_paths() -> None:
    left = field_paths.decode({"f:a": {".": {}, "f:b": {}}, "f:c": {"f:d": {}}})
    right = field_paths.decode({"f:a": {"f:b": {}}, "f:c": {}})
    assert list(field_paths.paths(left)) == [("f:a",), ("f:a", "f:b"), ("f:c", "f:d")]
    assert list(field_paths.paths(field_paths.union(left, right))) == [
        ("f:a",),
        ("f:a", "f:b"),
        ("f:c",),
        ("f:c", "f:d"),
    ]
    assert list(field_paths.paths(field_paths.intersection(left, right))) == [("f:a", "f:b")]
    assert list(field_paths.paths(field_paths.difference(left, right))) == [("f:a",), ("f:c", "f:d")]
    assert field_paths.difference(left, left) == {} and field_paths.count(left) == 3
    assert field_paths.together([left, right]) == field_paths.union(left, right)
    assert list(field_paths.paths(right)) == [("f:a", "f:b"), ("f:c",)]
