"""What was sent and never answered: no device is free, and no pod is tried again, before it is certain what became of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.client import ConflictError
from drakkar.client.resources import RESOURCECLAIMS
from drakkar.scheduler import bind, claim_writer, scheduler
from drakkar.scheduler.stored_claim import FINALIZER

from .bench import Bench, claim, pod


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bind, claim_writer, scheduler):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.0)


def bench_of(*pods: str) -> Bench:
    """One device, and pods with a claim each."""
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    for letter in pods:
        bench.client.put("resourceclaims", claim(f"c{letter}"))
        bench.client.put("pods", pod(f"p{letter}", f"c{letter}"))
    return bench


async def turns() -> None:
    """Let everybody come as far as they can."""
    for _ in range(50):
        await asyncio.sleep(0)


def once(bench: Bench, verb: str, plural: str, fate: str) -> None:
    """The next request of this kind comes to this end; all others are done."""
    left = [fate]

    def choose(asked: str, of: str) -> str:
        return left.pop() if left and (asked, of) == (verb, plural) else "done"

    bench.client.fates.choose = choose


def holders(bench: Bench) -> dict[str, list[str]]:
    """Which claims the server says have which device."""
    found: dict[str, list[str]] = {}
    for obj in bench.client.all("resourceclaims"):
        if allocation := (obj.get("status") or {}).get("allocation"):
            device = allocation["devices"]["results"][0]["device"]
            found.setdefault(device, []).append(obj["metadata"]["name"])
    return found


async def test_an_allocation_that_would_land_late_is_made_void_before_its_device_is_free() -> None:
    bench = bench_of("a", "b")
    once(bench, "update", "resourceclaims/status", "late")
    await bench.drain()
    # The other pod found nothing: the device was still in the books while nobody knew.
    assert holders(bench) == {}
    assert bench.client.fates.waiting
    assert FINALIZER not in (
        bench.client.have("resourceclaims", "ca", "default")["metadata"].get("finalizers") or []
    )
    bench.now += 60
    await bench.drain()
    await bench.client.fates.land()
    assert bench.client.fates.landed == ["update resourceclaims/status: Conflict"]
    # The pod that failed has a new turn, behind the other one.
    assert holders(bench) == {"d0": ["cb"]}
    assert bench.client.bindings == [("pb", "n1")]


async def test_the_device_stays_taken_for_as_long_as_the_server_is_away() -> None:
    bench = bench_of("a", "b")
    fates = {"resourceclaims": "away", "resourceclaims/status": "late"}
    bench.client.fates.choose = lambda verb, resource: (
        "done" if verb == "update" and resource == "resourceclaims" else fates.get(resource, "done")
    )
    await bench.attempts()
    await bench.until(lambda: bench.messages("pa") and bench.messages("pb"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert bench.devices.assumed == {"uid-resourceclaims-default-ca": "d0"}
    assert "devices of default/ca stay taken until it is certain" in bench.messages("pa")[0]
    await bench.client.fates.land()
    fates.clear()
    await bench.drain()
    # It had been stored after all.
    assert holders(bench) == {"d0": ["ca"]}
    assert bench.devices.assumed == {}
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("pa", "n1")]


@pytest.mark.parametrize("fate", ["before", "after", "away"])
@pytest.mark.parametrize(
    ("verb", "plural"),
    [("update", "resourceclaims"), ("update", "resourceclaims/status"), ("create", "pods/binding")],
)
async def test_whatever_is_lost_the_pod_runs_in_the_end_and_nothing_is_held_twice(
    verb: str, plural: str, fate: str
) -> None:
    bench = bench_of("a", "b")
    once(bench, verb, plural, fate)
    for _ in range(3):
        await bench.drain()
        bench.now += 60
    assert bench.client.bindings[0] in (("pa", "n1"), ("pb", "n1")) and len(bench.client.bindings) == 1
    assert len(holders(bench)["d0"]) == 1
    assert bench.devices.assumed == {}


async def test_a_binding_that_would_land_late_is_made_void_before_the_claim_is_given_back() -> None:
    bench = bench_of("a")
    once(bench, "create", "pods/binding", "late")
    await bench.drain()
    status = bench.client.have("resourceclaims", "ca", "default")["status"]
    assert status["allocation"]
    assert "reservedFor" not in status
    await bench.client.fates.land()
    assert bench.client.fates.landed == ["create pods/binding: Conflict"]
    assert bench.client.bindings == []
    assert bench.messages("pa") == ["connection lost"]
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("pa", "n1")]


async def test_a_binding_that_was_stored_counts_although_its_answer_was_lost() -> None:
    bench = bench_of("a")
    once(bench, "create", "pods/binding", "after")
    await bench.drain()
    assert [
        entry["name"]
        for entry in bench.client.have("resourceclaims", "ca", "default")["status"]["reservedFor"]
    ]
    assert ("pa", "Normal", "Scheduled", "Successfully assigned default/pa to n1") in bench.events.seen


async def test_a_reservation_that_would_be_taken_back_late_does_not_cost_a_running_pod_its_claim() -> None:
    """Taking back is a write as any other: the pod is not tried again while it is in doubt."""
    bench = bench_of("a")
    # The binding fails for good, and then the answer of taking back is lost.
    left = {("create", "pods/binding"): "before", ("update", "resourceclaims/status"): "done"}
    told: list[tuple[str, str]] = []

    def choose(verb: str, plural: str) -> str:
        told.append((verb, plural))
        if (verb, plural) == ("update", "resourceclaims/status") and ("create", "pods/binding") in told:
            return "late" if told.count((verb, plural)) == 2 else "done"
        return left.pop((verb, plural), "done")

    bench.client.fates.choose = choose
    await bench.drain()
    bench.now += 60
    await bench.drain()
    await bench.client.fates.land()
    assert all("Conflict" in end for end in bench.client.fates.landed)
    assert bench.client.bindings == [("pa", "n1")]
    reserved = bench.client.have("resourceclaims", "ca", "default")["status"]["reservedFor"]
    assert [entry["name"] for entry in reserved] == ["pa"]


async def test_a_mistake_in_the_middle_of_a_binding_gives_back_what_it_holds() -> None:
    bench = bench_of("a", "b")
    bind_one = bench.client.post_subresource

    async def fails(*_: Any, **__: Any) -> None:
        bench.client.post_subresource = bind_one  # type: ignore[method-assign]
        raise ZeroDivisionError("a mistake")

    bench.client.post_subresource = fails  # type: ignore[method-assign, assignment]
    await bench.drain()
    assert "ZeroDivisionError" in bench.messages("pa")[0]
    assert bench.devices.assumed == {}
    bench.now += 60
    await bench.drain()
    assert len(bench.client.bindings) == 1


async def test_a_pod_made_anew_under_the_same_name_is_not_counted_where_the_old_one_was() -> None:
    bench = bench_of("a")
    once(bench, "create", "pods/binding", "late")
    await bench.attempts()
    bench.client.remove("pods", "pa", "default")
    await bench.drain()
    bench.client.put(
        "pods", {**pod("pa", "ca"), "metadata": {"name": "pa", "namespace": "default", "uid": "new"}}
    )
    bench.now += 60
    await bench.drain()
    await bench.client.fates.land()
    assert bench.client.bindings == [("pa", "n1")]
    reserved = bench.client.have("resourceclaims", "ca", "default")["status"]["reservedFor"]
    assert [entry["uid"] for entry in reserved] == ["new"]


async def test_taking_over_makes_void_what_the_one_before_had_on_its_way() -> None:
    """The scheduler before this one wrote the finalizer, sent the allocation, and was killed."""
    bench = bench_of("a", "b")
    before = bench.client.have("resourceclaims", "ca", "default")
    before["metadata"]["finalizers"] = [FINALIZER]
    before = bench.client.put("resourceclaims", before)
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d0"}
    before["status"] = {"allocation": {"devices": {"results": [result]}}}
    left = ["before", "away"]
    bench.client.fates.choose = lambda verb, plural: (
        left.pop() if left and verb in ("list", "update") else "done"
    )
    await bench.scheduler.take_over()
    with pytest.raises(ConflictError):
        await bench.client.update(RESOURCECLAIMS, before, "status")
    await bench.drain()
    assert holders(bench) == {"d0": ["ca"]}


@pytest.mark.parametrize("fate", ["away", "before", "after", "late"])
async def test_a_claim_is_made_void_however_often_the_server_is_away(fate: str) -> None:
    bench = bench_of("a")
    before = bench.client.have("resourceclaims", "ca", "default")
    before["metadata"]["finalizers"] = [FINALIZER]
    before = bench.client.put("resourceclaims", before)
    once(bench, "update", "resourceclaims", fate)
    await bench.scheduler.take_over()
    assert bench.client.have("resourceclaims", "ca", "default")["metadata"].get("finalizers") is None
    with pytest.raises(ConflictError):
        await bench.client.update(RESOURCECLAIMS, before, "status")


@pytest.mark.parametrize("fate", ["done", "away", "before", "after"])
async def test_a_claim_that_is_being_deleted_is_let_go_by_a_pod_that_never_got_its_node(fate: str) -> None:
    """The scheduler before this one reserved it, and was killed before the binding; then the claim was deleted."""
    bench = bench_of("a", "b")
    uid = bench.client.have("pods", "pa", "default")["metadata"]["uid"]
    found = bench.client.have("resourceclaims", "ca", "default")
    found["metadata"] |= {"finalizers": [FINALIZER], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d0"}
    users = [
        {"resource": "pods", "name": name, "uid": one} for name, one in (("pa", uid), ("other", "theirs"))
    ]
    found["status"] = {"allocation": {"devices": {"results": [result]}}, "reservedFor": users}
    bench.client.put("resourceclaims", found)
    once(bench, "update", "resourceclaims", fate)
    await bench.drain()
    status = bench.client.have("resourceclaims", "ca", "default")["status"]
    assert status["reservedFor"] == users[1:]
    # Another one uses it still.
    assert status["allocation"]["devices"]["results"] == [result]
    assert not bench.messages("pa")


async def test_nothing_is_decided_before_what_the_one_before_stored_last_is_in_the_books() -> None:
    """Its allocation arrived after our first list, and the watch has not shown it when we read the claims again."""
    bench = bench_of("a", "b")
    bench.client.hush()
    stored = bench.client.have("resourceclaims", "cb", "default")
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d0"}
    stored["status"] = {"allocation": {"devices": {"results": [result]}}}
    bench.client.put("resourceclaims", stored)
    taking_over = asyncio.create_task(bench.scheduler.take_over())
    await turns()
    assert not taking_over.done()
    bench.client.deliver()
    async with asyncio.timeout(5):
        await taking_over
    await bench.drain()
    assert holders(bench) == {"d0": ["cb"]}


async def test_what_is_gone_before_the_watch_has_shown_it_is_not_waited_for() -> None:
    bench = bench_of("a")
    bench.client.put("resourceclaims", claim("short"))
    bench.client.hush()
    stored = bench.client.have("resourceclaims", "short", "default")
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d0"}
    stored["status"] = {"allocation": {"devices": {"results": [result]}}}
    bench.client.put("resourceclaims", stored)
    taking_over = asyncio.create_task(bench.scheduler.take_over())
    await turns()
    bench.client.remove("resourceclaims", "short", "default")
    async with asyncio.timeout(5):
        await taking_over


async def test_the_second_scheduler_to_take_a_device_undoes_its_own_before_the_pod_is_bound() -> None:
    bench = bench_of("a")
    bench.client.put("resourceclaims", claim("theirs"))
    theirs = bench.client.have("resourceclaims", "theirs", "default")
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d0"}
    theirs["status"] = {"allocation": {"devices": {"results": [result]}}}
    bench.client.hush()
    bench.client.put("resourceclaims", theirs)
    await bench.attempts()
    await bench.until(lambda: holders(bench) == {"d0": ["ca", "theirs"]})
    bench.client.deliver()
    await bench.drain()
    assert holders(bench) == {"d0": ["theirs"]}
    assert bench.client.bindings == []
    assert bench.messages("pa") == [
        "device d0 of claim default/ca was given to claim default/theirs by another scheduler"
    ]
    assert [reason for name, _, reason, _ in bench.events.seen if name == "ca"] == ["DeviceAllocatedTwice"]
    bench.client.remove("resourceclaims", "theirs", "default")
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("pa", "n1")]


async def test_a_pod_of_ours_that_was_first_is_bound_and_the_others_claim_is_told_of() -> None:
    bench = bench_of("a")
    await bench.drain()
    theirs = bench.client.put("resourceclaims", claim("theirs"))
    theirs["status"] = bench.client.have("resourceclaims", "ca", "default")["status"]
    bench.client.put("resourceclaims", theirs)
    assert bench.client.bindings == [("pa", "n1")]
    assert [(name, reason) for name, _, reason, _ in bench.events.seen if "Twice" in reason] == [
        ("theirs", "DeviceAllocatedTwice")
    ]
