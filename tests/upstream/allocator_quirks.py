"""Which quirk of upstream (dra-semantics 12) may make the two allocators differ on a case; None where none does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from drakkar.api.quantity import Quantity

from .allocator_answers import Answer

Object = dict[str, Any]
Pool = tuple[str, str]


def _requests(case: Object) -> Iterator[Object]:
    for claim in case["claims"]:
        for request in claim["spec"]["devices"]["requests"]:
            yield from request.get("firstAvailable") or [request["exactly"]]


def _alternatives(case: Object) -> Iterator[Object]:
    for claim in case["claims"]:
        for request in claim["spec"]["devices"]["requests"]:
            yield from request.get("firstAvailable") or ()


def _everything(requests: Iterator[Object]) -> bool:
    return any(request.get("allocationMode") == "All" for request in requests)


def _pool(spec: Object) -> Pool:
    return spec["driver"], spec["pool"]["name"]


def _generations_differ(case: Object) -> bool:
    seen: dict[Pool, set[int]] = defaultdict(set)
    for slice_ in case["slices"]:
        seen[_pool(slice_["spec"])].add(slice_["spec"]["pool"]["generation"])
    return any(len(generations) > 1 for generations in seen.values())


def _overdrawn(case: Object) -> bool:
    """Whether allocated devices use more of some counter than there is."""
    taken = {
        (result["driver"], result["pool"], result["device"])
        for claim in case["allocated"]
        for result in claim["status"]["allocation"]["devices"]["results"]
        if not result.get("adminAccess")
    }
    left: dict[tuple[Pool, str, str], int] = defaultdict(int)
    for slice_ in case["slices"]:
        spec = slice_["spec"]
        for counter_set in spec.get("sharedCounters") or ():
            for name, counter in counter_set["counters"].items():
                left[_pool(spec), counter_set["name"], name] += Quantity.parse(counter["value"]).nanos
        for device in spec.get("devices") or ():
            if (*_pool(spec), device["name"]) not in taken:
                continue
            for use in device.get("consumesCounters") or ():
                for name, counter in use["counters"].items():
                    left[_pool(spec), use["counterSet"], name] -= Quantity.parse(counter["value"]).nanos
    return any(amount < 0 for amount in left.values())


def _admin_is_charged(case: Object) -> bool:
    if not any(request.get("adminAccess") for request in _requests(case)):
        return False
    devices = [device for slice_ in case["slices"] for device in slice_["spec"].get("devices") or ()]
    return any(device.get("consumesCounters") or device.get("allowMultipleAllocations") for device in devices)


def _upstream_looks_first(case: Object, theirs: Answer) -> str | None:
    """Faults that upstream meets before it searches, or in its search, and that are not come to here."""
    if theirs.kind != "fatal":
        return None
    if "a claim constraint would not be satisfied" in theirs.message:
        return "K4"
    # A plain request for all devices is looked at first here too; an alternative only when it is tried.
    faults = ("asks for all devices, but resource pool", "exceeds the claim limit", "CEL runtime error")
    if _everything(_alternatives(case)) and any(fault in theirs.message for fault in faults):
        return "K3"
    return None


def explanation(case: Object, ours: Answer, theirs: Answer) -> str | None:
    """The quirk, or None for a difference that nothing excuses."""
    first = _upstream_looks_first(case, theirs)
    if first is not None:
        return first
    if theirs.kind == "fatal" and "CEL runtime error" in theirs.message and ours.kind in ("none", "node"):
        # No quirk: here a selector is not asked once counting says that no solution is left (3.5.4).
        return "never asked"
    if {ours.kind, theirs.kind} <= {"allocated", "none", "limit"}:
        if _overdrawn(case):
            return "K5"
        if _admin_is_charged(case):
            return "K6"
        if _generations_differ(case):
            return "K1"
    return None
