"""The scheduling loop against an API server in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.scheduler.reserve import FINALIZER
from drakkar.scheduler.scheduler import Scheduler

from .fake_client import CountedDevices, FakeClient, FakeEvents


def node(name: str, **allocatable: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "4", "pods": "10", **allocatable}}}


def pod(name: str, claim: str | None = None, priority: int = 0) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "c"}], "priority": priority}
    if claim:
        spec["resourceClaims"] = [{"name": "x", "resourceClaimName": claim}]
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def claim(name: str, device_class: str = "gpu") -> dict[str, Any]:
    requests = [{"name": "r", "exactly": {"deviceClassName": device_class}}]
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"devices": {"requests": requests}}}


class Bench:
    def __init__(self, devices: list[str]) -> None:
        self.client, self.events = FakeClient(), FakeEvents()
        self.devices = CountedDevices({"n1": devices})
        self.scheduler = Scheduler(self.client, self.events, self.devices)  # type: ignore[arg-type]
        self.client.handlers = {
            "pods": self.scheduler.on_pod,
            "nodes": self.scheduler.on_node,
            "resourceclaims": self.scheduler.on_claim,
            "deviceclasses": self.scheduler.on_class,
        }
        self.client.put("nodes", node("n1"))

    async def drain(self) -> None:
        """Attempt every pod that is ready, and let the bindings end."""
        while (key := self.scheduler.queue.pop_ready()) is not None:
            await self.scheduler.attempt(key)
        async with asyncio.timeout(5):
            await asyncio.gather(*self.scheduler._binding)

    def messages(self, name: str) -> list[str]:
        return [
            message
            for who, _, reason, message in self.events.seen
            if who == name and reason == "FailedScheduling"
        ]


async def test_a_class_that_does_not_exist_is_named_in_the_event_and_its_creation_helps() -> None:
    bench = Bench(["d0"])
    bench.client.put("resourceclaims", claim("c", "absent"))
    bench.client.put("pods", pod("p", "c"))
    await bench.drain()
    expected = "0/1 nodes are available: request r: device class absent does not exist."
    assert bench.messages("p") == [expected]
    conditions = bench.client.find("pods", "p", "default")["status"]["conditions"]
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
    bench.client.quiet = late_watch
    await bench.drain()
    assert bench.client.bindings == [("pa", "n1")]
    assert bench.messages("pb") == ["0/1 nodes are available: 1 cannot allocate all claims."]
    stored = bench.client.find("resourceclaims", "ca", "default")
    assert stored["metadata"]["finalizers"] == [FINALIZER]
    assert stored["status"]["allocation"]["devices"]["results"][0]["device"] == "d0"
    assert [r["name"] for r in stored["status"]["reservedFor"]] == ["pa"]
    assert "status" not in bench.client.find("resourceclaims", "cb", "default")
    assert bool(bench.devices.assumed) is late_watch


async def test_two_pods_share_a_claim() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    bench.client.put("pods", pod("pa", "c"))
    await bench.drain()
    bench.client.put("pods", pod("pb", "c"))
    await bench.drain()
    stored = bench.client.find("resourceclaims", "c", "default")
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
    bench.client.conflicts = 2
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
    assert "pod is not owner" in bench.messages("p")[0]


async def test_the_loop_ends_when_told() -> None:
    bench = Bench([])
    bench.client.put("pods", pod("p"))
    stop = asyncio.Event()
    inner = bench.client.handlers["pods"]

    def until_bound(kind: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        inner(kind, old, new)
        stop.set()

    bench.client.handlers["pods"] = until_bound
    async with asyncio.timeout(5):
        await bench.scheduler.run_until(stop)
    assert bench.client.bindings == [("p", "n1")]


async def test_a_failed_binding_takes_back_the_reservation_and_keeps_the_allocation() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    bench.client.put("pods", pod("p", "c"))

    async def refuse(*_: Any, **__: Any) -> None:
        raise OSError("connection lost")

    bench.client.post_subresource = refuse  # type: ignore[method-assign]
    await bench.drain()
    status = bench.client.find("resourceclaims", "c", "default")["status"]
    assert status["allocation"]
    assert status["reservedFor"] == []
    assert bench.messages("p") == ["connection lost"]
    assert bench.scheduler.queue.where(("default", "p")) == "backoff"


async def test_an_answer_lost_on_the_way_does_not_free_the_device() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    for letter in "ab":
        bench.client.put("resourceclaims", claim(f"c{letter}"))
        bench.client.put("pods", pod(f"p{letter}", f"c{letter}"))
    bench.client.quiet = True
    update = bench.client.update

    async def lossy(res: Any, obj: dict[str, Any], subresource: str | None = None) -> dict[str, Any]:
        answer = await update(res, obj, subresource)
        if subresource == "status":
            raise OSError("connection lost")
        return answer

    bench.client.update = lossy  # type: ignore[method-assign]
    await bench.drain()
    assert bench.devices.assumed != {}
    assert "status" not in bench.client.find("resourceclaims", "cb", "default")


async def test_an_allocation_out_of_reach_that_nobody_uses_is_freed() -> None:
    bench = Bench(["d0"])
    elsewhere = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}
    result = {"request": "r", "driver": "d", "pool": "p", "device": "d9"}
    allocation = {"devices": {"results": [result]}, "nodeSelector": {"nodeSelectorTerms": [elsewhere]}}
    bench.client.put("resourceclaims", {**claim("c"), "status": {"allocation": allocation}})
    bench.client.put("pods", pod("p", "c"))
    await bench.drain()
    assert bench.client.find("resourceclaims", "c", "default")["status"] == {}
    assert bench.messages("p")[0].startswith(
        "0/1 nodes are available: 1 resourceclaim not available on the node."
    )
