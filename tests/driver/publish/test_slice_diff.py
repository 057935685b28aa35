"""Publishing: what is written for which difference."""

from typing import Any

import pytest

from drakkar.driver.errors import InvalidPoolsError
from drakkar.driver.publish.slice_diff import Owner, Pool, diff_pool, validate
from drakkar.driver.publish.slice_names import BY_DEVICES, BY_INDEX

OWNER = Owner("v1", "Node", "node-1", "u1")


def stored(created, number=0):
    meta = dict(
        created["metadata"], name=created["metadata"]["generateName"] + f"x{number}", uid=f"s{number}"
    )
    return {**created, "metadata": meta}


def slices(*groups):
    return tuple({"devices": [{"name": name} for name in group]} for group in groups)


def publish(pool):
    changes = diff_pool("d.example.com", "p", pool, [], OWNER)
    return [stored(item, number) for number, item in enumerate(changes.create)]


def test_first_publication():
    changes = diff_pool("d.example.com", "p", Pool(slices(["a"])), [], OWNER)
    assert not changes.delete and not changes.update
    (made,) = changes.create
    assert made["metadata"]["generateName"] == "00000-d.example.com-node-1-"
    assert made["spec"]["pool"] == {"name": "p", "generation": 1, "resourceSliceCount": 1}
    assert made["spec"]["nodeName"] == "node-1"


def test_unchanged_writes_nothing():
    pool = Pool(slices(["a"], ["b"]))
    changes = diff_pool("d.example.com", "p", pool, publish(pool), OWNER)
    assert not (changes.delete or changes.update or changes.create)


def test_one_change_keeps_generation_two_bump():
    existing = publish(Pool(slices(["a"], ["b"])))
    one = diff_pool("d.example.com", "p", Pool(slices(["a"], ["c"])), existing, OWNER)
    assert [item["spec"]["pool"]["generation"] for item in one.update] == [1]
    two = diff_pool("d.example.com", "p", Pool(slices(["d"], ["c"])), existing, OWNER)
    assert [item["spec"]["pool"]["generation"] for item in two.update] == [2, 2]


def test_the_highest_generation_stands_and_slices_of_older_ones_go():
    pool = Pool(slices(["a"]))
    older, newer = publish(pool)[0], publish(pool)[0]
    newer["metadata"] = {**newer["metadata"], "name": "00000-d.example.com-node-1-newer", "uid": "newer"}
    newer["spec"] = {**newer["spec"], "pool": {**newer["spec"]["pool"], "generation": 3}}
    for existing in ([older, newer], [newer, older]):
        changes = diff_pool("d.example.com", "p", pool, existing, OWNER)
        assert [one["metadata"]["uid"] for one in changes.delete] == [older["metadata"]["uid"]]
        assert not changes.update and not changes.create


def test_deleted_slice_is_recreated_in_a_new_generation():
    pool = Pool(slices(["a"]))
    changes = diff_pool("d.example.com", "p", pool, [], OWNER)
    assert len(changes.create) == 1
    pool2 = Pool(slices(["a"], ["b"]))
    changes = diff_pool("d.example.com", "p", pool2, publish(pool2)[:1], OWNER)
    assert [item["spec"]["pool"]["generation"] for item in changes.update + changes.create] == [2, 2]


def test_foreign_names_and_unwanted_pools_are_deleted():
    existing = publish(Pool(slices(["a"])))
    existing[0]["metadata"]["name"] = "node-1-d.example.com-abcde"
    assert len(diff_pool("d.example.com", "p", Pool(slices(["a"])), existing, OWNER).delete) == 1
    assert len(diff_pool("d.example.com", "p", None, existing, OWNER).delete) == 1


def test_taint_time_tolerance():
    def pool(when):
        taint = {"key": "k", "effect": "NoSchedule", **({"timeAdded": when} if when else {})}
        return Pool(({"devices": [{"name": "a", "taints": [taint]}]},))

    existing = publish(pool("2026-01-01T00:00:00Z"))
    for when, writes in ((None, 0), ("2026-01-01T00:00:01Z", 0), ("2026-01-01T00:00:05Z", 1)):
        assert len(diff_pool("d.example.com", "p", pool(when), existing, OWNER).update) == writes


def test_wide_index_and_validation():
    assert BY_INDEX.generate(1, 0x100001, "d", "") == "000001-d-"
    with pytest.raises(InvalidPoolsError, match="duplicate device"):
        validate({"p": Pool(slices(["a"], ["a"]))})


def test_slices_of_older_releases_are_known_by_their_devices() -> None:
    assert BY_DEVICES.generate(0, 2, "d", "node") == "node-d-"

    def stored(name: str, *devices: str) -> dict[str, Any]:
        return {"metadata": {"name": name}, "spec": {"devices": [{"name": device} for device in devices]}}

    wanted = [{"devices": [{"name": "a"}]}, {"devices": [{"name": "b"}, {"name": "c"}]}]
    old = [stored("x", "b", "c"), stored("y", "a"), stored("z", "q")]
    matched = BY_DEVICES.match(old, wanted)
    assert [matched[index]["metadata"]["name"] for index in range(2)] == ["y", "x"]
    changed = BY_DEVICES.match([stored("z", "q")], wanted[:1])
    assert changed[0]["metadata"]["name"] == "z"


def test_slices_of_a_node_that_was_made_anew_become_the_new_ones():
    pool = Pool(slices(["a"], ["b"]))
    existing = publish(pool)
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "node-1", "uid": "u1"}
    existing[0]["metadata"]["ownerReferences"].append(other)
    again = Owner("v1", "Node", "node-1", "u2")
    changes = diff_pool("d.example.com", "p", pool, existing, again)
    assert not changes.delete and not changes.create
    assert [[one["uid"] for one in item["metadata"]["ownerReferences"]] for item in changes.update] == [
        ["u2", "u1"],
        ["u2"],
    ]
    assert {item["spec"]["pool"]["generation"] for item in changes.update} == {1}
    settled = diff_pool("d.example.com", "p", pool, changes.update, again)
    assert not (settled.delete or settled.update or settled.create)
