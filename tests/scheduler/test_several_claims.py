"""Pods with several claims, and errors that end an attempt (dra-semantics 5.2, 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from drakkar.placement import NodeInfo
from drakkar.scheduler.cycle import AttemptError

from .bench import Bench, claim, node, pod
from .stand_ins import CountedAsk


def with_claims(*names: str) -> dict[str, Any]:
    """A pod with these claims, in this order."""
    made = pod("p")
    made["spec"]["resourceClaims"] = [
        {"name": f"x{at}", "resourceClaimName": name} for at, name in enumerate(names)
    ]
    return made


def allocated(name: str, device: str, node: str) -> dict[str, Any]:
    """A claim that has a device of a node."""
    where = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    result = {"request": "r", "driver": "d", "pool": "p", "device": device}
    found = {"devices": {"results": [result]}, "nodeSelector": {"nodeSelectorTerms": [where]}}
    return {**claim(name), "status": {"allocation": found}}


def devices(bench: Bench, name: str) -> list[str]:
    """The devices that a claim has."""
    found = bench.client.have("resourceclaims", name, "default")["status"]["allocation"]["devices"]["results"]
    return [one["device"] for one in found]


@pytest.fixture
def bench() -> Bench:
    made = Bench(["d0", "d1"])
    made.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    return made


async def test_claims_are_allocated_together_in_the_pods_order(bench: Bench) -> None:
    for name in "abc":
        bench.client.put("resourceclaims", claim(name))
    bench.client.put("pods", with_claims("b", "a"))
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]
    assert (devices(bench, "b"), devices(bench, "a")) == (["d0"], ["d1"])


@pytest.mark.parametrize("names", [("has", "a", "b"), ("a", "has", "b"), ("a", "b", "has")])
async def test_what_was_found_goes_to_the_claims_it_was_found_for(
    bench: Bench, names: tuple[str, ...]
) -> None:
    bench.client.put("resourceclaims", allocated("has", "d9", "n1"))
    for name in "ab":
        bench.client.put("resourceclaims", claim(name))
    bench.client.put("pods", with_claims(*names))
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]
    assert [devices(bench, name) for name in ("has", "a", "b")] == [["d9"], ["d0"], ["d1"]]


async def test_a_node_without_devices_and_out_of_reach_is_told_by_what_the_allocator_says(
    bench: Bench,
) -> None:
    bench.client.put("resourceclaims", allocated("has", "d9", "n2"))
    for name in "abc":
        bench.client.put("resourceclaims", claim(name))
    bench.client.put("pods", with_claims("has", "a", "b", "c"))
    await bench.drain()
    assert bench.messages("p")[0].startswith("0/1 nodes are available: 1 cannot allocate all claims.")


class Fails(CountedAsk):
    """Fails on one node as no other node can mend."""

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes:
        return bytes([1] * len(nodes))

    def on(self, node: NodeInfo) -> Any:
        if node.name == "n2":
            raise AttemptError("a selector is at fault")
        return super().on(node)


async def test_an_error_ends_the_attempt_whatever_was_found_and_the_pod_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.client.put("nodes", node("n2"))
    with monkeypatch.context() as patch:
        patch.setattr(bench.devices, "ask", lambda claims: Fails(bench.devices, ["r"] * len(claims)))
        bench.client.put("resourceclaims", claim("a"))
        bench.client.put("pods", with_claims("a"))
        await bench.drain()
    assert bench.client.bindings == [] and "a selector is at fault" in bench.messages("p")[0]
    assert bench.scheduler.queue.where(("default", "p")) == "backoff"
    bench.now += 60
    await bench.drain()
    assert bench.client.bindings == [("p", "n1")]


async def test_any_change_of_a_claim_lets_its_pods_be_tried_again(bench: Bench) -> None:
    for name in "abc":
        bench.client.put("resourceclaims", claim(name))
    bench.client.put("pods", with_claims("a", "b", "c"))
    await bench.drain()
    assert bench.scheduler.queue.where(("default", "p")) == "unschedulable"
    changed = claim("b")
    changed["metadata"]["labels"] = {"of": "no consequence"}
    bench.client.put("resourceclaims", changed)
    assert bench.scheduler.queue.where(("default", "p")) == "backoff"
