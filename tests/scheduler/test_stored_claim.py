"""A claim as it is stored, and what the scheduler's writes make of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult, ResourceClaimConsumerReference, decode, encode
from drakkar.scheduler.stored_claim import FINALIZER, SETTLED, StoredClaim

USER = ResourceClaimConsumerReference(resource="pods", name="p", uid=Uid("p1"))
OTHER = {"resource": "pods", "name": "q", "uid": "q1", "later": 1}


def allocation(**fields: Any) -> dict[str, Any]:
    result = {"request": "r", "driver": "d", "pool": "n", "device": "gpu-0", **fields}
    return {"devices": {"results": [result]}, "allocationTimestamp": "2026-01-01T00:00:00Z"}


def claim(status: dict[str, Any] | None = None, **metadata: Any) -> StoredClaim:
    named = {"namespace": "n", "name": "c", "uid": "c1", "resourceVersion": "7", **metadata}
    obj: dict[str, Any] = {"metadata": named, "spec": {"later": True}}
    return StoredClaim(obj if status is None else {**obj, "status": status})


def test_a_reservation_carries_what_nobody_here_knows_and_leaves_the_old_one_as_it_was() -> None:
    before = claim({"reservedFor": [OTHER], "devices": [{"x": 1}], "later": 2})
    kept = copy.deepcopy(before.obj)
    found = decode(AllocationResult, allocation())
    after = before.reserved(found, USER)
    assert before.obj == kept and after.obj["spec"] == {"later": True}
    mine = {"resource": "pods", "name": "p", "uid": "p1"}
    assert after.obj["status"] == {
        "reservedFor": [OTHER, mine],
        "devices": [{"x": 1}],
        "later": 2,
        "allocation": encode(found),
    }
    assert after.users == ["q1", "p1"] and after.has(found)
    assert after.reserved(None, USER).obj == after.obj


@pytest.mark.parametrize("fields", [{"device": "gpu-1"}, {"request": "s"}, {"shareID": "x"}])
def test_other_devices_are_another_allocation(fields: dict[str, Any]) -> None:
    stored = claim({"allocation": {**allocation(), "later": 1}})
    assert stored.has(decode(AllocationResult, allocation()))
    assert not stored.has(decode(AllocationResult, allocation(**fields)))


def test_an_allocation_that_cannot_be_read_is_one() -> None:
    stored = claim({"allocation": {"devices": 5}}, finalizers=[FINALIZER])
    assert stored.is_allocated and not stored.is_protected_only
    assert not stored.has(decode(AllocationResult, allocation()))


def test_giving_back() -> None:
    status = {"allocation": allocation(), "reservedFor": [OTHER, {"uid": "p1"}], "devices": [], "later": 1}
    shared = claim(status)
    left = shared.without(Uid("p1"), deallocate=True)
    assert left is not None and left.obj["status"] == {**status, "reservedFor": [OTHER]}
    assert left.without(Uid("p1"), deallocate=True) is None
    alone = claim({**status, "reservedFor": [{"uid": "p1"}]})
    kept, freed = alone.without(Uid("p1"), deallocate=False), alone.without(Uid("p1"), deallocate=True)
    assert kept is not None and kept.obj["status"] == {"allocation": allocation(), "devices": [], "later": 1}
    assert freed is not None and freed.obj["status"] == {"later": 1}
    assert "status" not in claim().freed().obj


def test_a_void_change_takes_the_finalizer_or_notes_the_version() -> None:
    assert claim(finalizers=["x"]).protected().obj["metadata"]["finalizers"] == ["x", FINALIZER]
    waiting = claim(finalizers=["x", FINALIZER])
    assert waiting.is_protected_only and waiting.void().obj["metadata"]["finalizers"] == ["x"]
    held = claim({"allocation": allocation()}, finalizers=[FINALIZER], annotations={"a": "1"})
    changed = held.void().obj
    assert changed["metadata"]["annotations"] == {"a": "1", SETTLED: "7"}
    assert changed["metadata"]["finalizers"] == [FINALIZER] and changed["status"] == held.obj["status"]


def test_a_new_allocation_says_when_it_was_found_and_an_old_one_stays_as_it_is() -> None:
    timeless = {"devices": allocation()["devices"]}
    found = decode(AllocationResult, timeless)
    at = "2026-02-02T00:00:00Z"
    after = claim({}).reserved(found, USER, at)
    assert after.obj["status"]["allocation"] == {**encode(found), "allocationTimestamp": at}
    assert after.allocated_at is not None and claim({"allocation": timeless}).allocated_at is None
    assert claim({"allocation": timeless}).reserved(None, USER, at).obj["status"]["allocation"] == timeless
