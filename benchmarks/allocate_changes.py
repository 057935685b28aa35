"""How long an allocation takes on a node that has just changed: a claim there, or one of its slices."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from allocate_clusters import SLICES, Object, node_name
from allocate_scheduling import Scheduler

from drakkar.allocator import Allocated, Node
from drakkar.api.resource import AllocationResult, ResourceSlice, decode

CHANGES = 500


def _claim_taken(scheduler: Scheduler, index: int) -> Callable[[], None]:
    """A claim's allocation of the last GPU of a node arrives."""
    driver, pool = SLICES["gpus"](index)[0]["spec"]["driver"], node_name(index)
    result = {"request": "gpu", "driver": driver, "pool": pool, "device": "gpu-7"}
    allocation = decode(AllocationResult, {"devices": {"results": [result]}})
    return lambda: scheduler.ledger.set_claim(f"new-{index}", allocation)


def _slice_changed(scheduler: Scheduler, index: int) -> Callable[[], None]:
    """A new generation of a node's pool arrives, in which each device has a new version of its driver."""
    slice_: Object = json.loads(json.dumps(SLICES["gpus"](index)[0]))
    slice_["spec"]["pool"]["generation"] = 2
    for device in slice_["spec"]["devices"]:
        device["attributes"]["driverVersion"] = {"version": f"580.{index}.0"}
    changed = decode(ResourceSlice, slice_)
    return lambda: scheduler.inventory.set_slice(changed)


def _took(
    scheduler: Scheduler, change: Callable[[Scheduler, int], Callable[[], None]]
) -> tuple[float, float]:
    """Seconds in which half, and 99 of 100, were done; the change itself is in it."""
    took = []
    for number in range(CHANGES):
        index = number * 7919 % scheduler.cluster.nodes
        apply, claims, node = change(scheduler, index), scheduler.claims(number), Node(node_name(index))
        began = time.perf_counter()
        apply()
        outcome = scheduler.allocator.allocate(claims, node)
        if isinstance(outcome, Allocated):
            assert len(outcome.results) == len(claims)
        took.append(time.perf_counter() - began)
    return statistics.median(took), statistics.quantiles(took, n=100)[-1]


def table(scheduler: Scheduler) -> list[str]:
    """A row a kind of change."""
    rows = ["| just before | median | 99 of 100 within |", "|---|---|---|"]
    for what, change in (
        ("a claim took a device there", _claim_taken),
        ("its slice got a new generation", _slice_changed),
    ):
        median, nearly_all = _took(scheduler, change)
        rows.append(f"| {what} | {median * 1e3:.3f} ms | {nearly_all * 1e3:.3f} ms |")
        print(rows[-1], flush=True)
    return rows
