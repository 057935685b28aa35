"""The scheduling loop against an API server in memory."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from drakkar.client.changes import Change
from drakkar.scheduler.long_selectors import LongSelectors
from drakkar.scheduler.stored_claim import FINALIZER
from drakkar.testing.fates import Fate

from .bench import UNHELPFUL, Bench, claim, node, pod


async def test_a_pod_that_waits_for_another_is_placed_once_that_has_its_label() -> None:
    bench = Bench([])
    bench.client.put("nodes", {**node("n1"), "metadata": {"name": "n1", "labels": {"zone": "a"}}})
    bench.client.put("pods", pod("first"))
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}
    waiting = pod("second")
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    waiting["spec"]["affinity"] = {"podAffinity": required}
    bench.client.put("pods", waiting)
    for _ in range(3):
        await bench.drain()
        bench.now += 20
    assert bench.client.bindings == [("first", "n1")]
    labelled = bench.client.have("pods", "first", "default")
    labelled["metadata"]["labels"] = {"app": "x"}
    bench.client.put("pods", labelled)
    bench.now += 20
    await bench.drain()
    assert bench.client.bindings == [("first", "n1"), ("second", "n1")]


async def test_a_class_that_does_not_exist_is_named_in_the_event_and_its_creation_helps() -> None:
    bench = Bench(["d0"])
    bench.client.put("resourceclaims", claim("c", "absent"))
    bench.client.put("pods", pod("p", "c"))
    await bench.drain()
    expected = "0/1 nodes are available: request r: device class absent does not exist." + UNHELPFUL
    assert bench.messages("p") == [expected]
    conditions = bench.client.have("pods", "p", "default")["status"]["conditions"]
    assert [(c["type"], c["status"], c["reason"], c["message"]) for c in conditions] == [
        ("PodScheduled", "False", "Unschedulable", expected)
    ]
    assert bench.scheduler.queue.where(("default", "p")) == "unschedulable"
    bench.client.put("deviceclasses", {"metadata": {"name": "absent"}})
    assert bench.scheduler.queue.where(("default", "p")) == "backoff"


@pytest.mark.parametrize("late_watch", [False, True])
async def test_two_pods_race_for_one_device(late_watch: bool) -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    for letter in "ab":
        bench.client.put("resourceclaims", claim(f"c{letter}"))
        bench.client.put("pods", pod(f"p{letter}", f"c{letter}"))
    if late_watch:
        bench.client.hush()
    await bench.attempts()
    await bench.until(lambda: bench.client.have("resourceclaims", "ca", "default").get("status"))
    if late_watch:
        # Somebody else's allocation may be what the watch shows next, so the pod waits for it.
        assert bench.client.bindings == []
        assert bench.devices.assumed
        bench.client.deliver()
    await bench.drain()
    assert bench.client.bindings == [("pa", "n1")]
    assert not bench.devices.assumed
    (told,) = bench.messages("pb")
    assert told.startswith("0/1 nodes are available: 1 cannot allocate all claims. preemption: ")
    stored = bench.client.have("resourceclaims", "ca", "default")
    assert stored["metadata"]["finalizers"] == [FINALIZER]
    assert stored["status"]["allocation"]["devices"]["results"][0]["device"] == "d0"
    assert [r["name"] for r in stored["status"]["reservedFor"]] == ["pa"]
    assert "status" not in bench.client.have("resourceclaims", "cb", "default")


async def test_two_pods_share_a_claim() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    bench.client.put("pods", pod("pa", "c"))
    await bench.drain()
    bench.client.put("pods", pod("pb", "c"))
    await bench.drain()
    stored = bench.client.have("resourceclaims", "c", "default")
    assert [r["name"] for r in stored["status"]["reservedFor"]] == ["pa", "pb"]
    assert [name for name, _ in bench.client.bindings] == ["pa", "pb"]


async def test_higher_priority_goes_first() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    for name, priority in (("low", 1), ("high", 100), ("mid", 50)):
        bench.client.put("resourceclaims", claim(name))
        bench.client.put("pods", pod(name, name, priority))
    await bench.drain()
    assert bench.client.bindings == [("high", "n1")]
    assert bench.messages("low") and bench.messages("mid")


async def test_a_conflict_is_retried_after_reading_again() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    bench.client.put("pods", pod("p", "c"))
    left = [1, 2]

    def overtaken(verb: str, resource: str) -> Fate:
        """Somebody else writes first, twice."""
        if verb == "update" and left:
            left.pop()
            bench.client.put("resourceclaims", bench.client.have("resourceclaims", "c", "default"))
        return "done"

    bench.client.fates.choose = overtaken
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_a_claim_from_a_template_is_waited_for_in_silence_and_must_be_owned() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    waiting = pod("p")
    waiting["spec"]["resourceClaims"] = [{"name": "x", "resourceClaimTemplateName": "t"}]
    waiting = bench.client.put("pods", waiting)
    await bench.drain()
    assert bench.events.seen == []
    waiting["status"] = {"resourceClaimStatuses": [{"name": "x", "resourceClaimName": "p-x"}]}
    bench.client.put("resourceclaims", claim("p-x"))
    bench.client.put("pods", waiting)
    await bench.drain()
    assert bench.events.seen == [] and bench.scheduler.queue.where(("default", "p")) == "unschedulable"
    owner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "p",
        "uid": waiting["metadata"]["uid"],
        "controller": True,
    }
    owned = bench.client.have("resourceclaims", "p-x", "default")
    owned["metadata"]["ownerReferences"] = [owner]
    bench.client.put("resourceclaims", owned)
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_the_loop_ends_when_told() -> None:
    bench = Bench([])
    bench.client.put("pods", pod("p"))
    stop = asyncio.Event()

    def until_bound(change: Change) -> None:
        stop.set()

    bench.client.hear("pods", until_bound)
    async with asyncio.timeout(5):
        await bench.scheduler.run_until(stop)
    assert bench.client.bindings == [("p", "n1")]


@pytest.mark.parametrize("operator", ["In", "Maybe"])
async def test_an_allocation_out_of_reach_that_nobody_uses_is_freed(operator: str) -> None:
    bench = Bench(["d0"])
    elsewhere = {"matchFields": [{"key": "metadata.name", "operator": operator, "values": ["n2"]}]}
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d9"}
    allocation = {"devices": {"results": [result]}, "nodeSelector": {"nodeSelectorTerms": [elsewhere]}}
    bench.client.put("resourceclaims", {**claim("c"), "status": {"allocation": allocation}})
    bench.client.put("pods", pod("p", "c"))
    await bench.drain()
    assert bench.client.have("resourceclaims", "c", "default")["status"] == {}
    assert bench.messages("p")[0].startswith(
        "0/1 nodes are available: 1 resourceclaim not available on the node."
    )


async def test_selectors_that_take_long_to_compile_keep_nobody_else_waiting() -> None:
    bench = Bench(["d0", "d1"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    compiled = bench.devices.slow["slow"] = threading.Event()
    for name in ("slow", "quick"):
        bench.client.put("resourceclaims", claim(name))
        bench.client.put("pods", pod(name, name))
    await bench.attempts()
    await bench.until(lambda: bench.client.bindings == [("quick", "n1")])
    compiled.set()
    await bench.drain()
    await bench.drain()
    assert bench.client.bindings == [("quick", "n1"), ("slow", "n1")]
    assert bench.messages("slow") == []


def test_which_selectors_are_compiled_first() -> None:
    def asking(*expressions: str) -> dict[str, Any]:
        selectors = [{"cel": {"expression": text}} for text in expressions]
        made = claim("c")
        made["spec"]["devices"]["requests"] = [
            {"name": "a", "exactly": {"selectors": selectors[:1]}},
            {"name": "b", "firstAvailable": [{"name": "x", "selectors": selectors[1:]}]},
        ]
        return made

    long = " || ".join(f'device.driver == "driver-{number}"' for number in range(200))
    known = LongSelectors()
    assert known.unprepared([asking("true", "false")]) == []
    assert known.unprepared([asking("true", long)]) == ["true", long]
    known.prepare(["true", long, "no such thing"])
    assert known.unprepared([asking("true", long), asking("no such thing")]) == []


async def test_a_mistake_of_ours_is_told_to_who_waits_for_the_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench([])
    bench.client.put("pods", pod("p"))
    with monkeypatch.context() as patch:
        patch.setattr(bench.scheduler.snapshot, "form", lambda *_: 1 // 0)
        key = bench.scheduler.queue.pop_ready()
        assert key is not None
        await bench.scheduler.attempt_surely(key)
        await bench.drain()
    (told,) = bench.messages("p")
    assert "internal error: ZeroDivisionError" in told
    (condition,) = bench.client.have("pods", "p", "default")["status"]["conditions"]
    assert (condition["reason"], condition["message"]) == ("SchedulerError", told)
    # It is tried again, and whatever was wrong is over.
    bench.now += 60
    bench.scheduler.queue.move()
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_a_selector_that_cannot_be_compiled_beside_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))

    def prepare(expressions: list[str]) -> None:
        raise ValueError("too odd")

    monkeypatch.setattr(bench.devices, "unprepared", lambda claims: ["odd"])
    monkeypatch.setattr(bench.devices, "prepare", prepare)
    bench.client.put("pods", pod("p", "c"))
    await bench.attempts()
    await bench.until(lambda: bench.messages("p"))
    assert "too odd" in bench.messages("p")[0]


async def test_a_pod_that_changes_between_its_turn_and_the_attempt_is_bound_once() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    made = bench.client.put("pods", pod("p", "c"))
    key = bench.scheduler.queue.pop_ready()
    assert key is not None
    made["metadata"]["labels"] = {"a": "b"}
    bench.client.put("pods", made)
    await bench.scheduler.attempt(key)
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]
    stored = bench.client.have("resourceclaims", "c", "default")
    assert len(stored["status"]["reservedFor"]) == 1 and not bench.messages("p")
