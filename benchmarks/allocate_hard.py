"""Claims that a search by trial alone does not get through: no solution, or one far from where the search begins.

Each comes in two sizes: as it may be met, and so small that upstream gets through it, which shows that both mean the same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allocate_clusters import (
    CLASSES,
    DRIVER,
    GPU_CLASS,
    MIG_CLASS,
    SLICES,
    STANDARD,
    Object,
    claim,
    gpu,
    node_name,
    pairs,
    request,
)
from upstream.line_pipe import ask_all

from drakkar.allocator import Allocated, Allocator, Failure, Inventory, Ledger, Node, Outcome
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode

NODE = node_name(0)
# Upstream's own time-out is 10 s a node; what takes it half as long is no different.
UPSTREAM_LIMIT_S = 5.0


@dataclass(frozen=True)
class Case:
    """Slices on one node, and the claims of a pod."""

    slices: list[Object]
    claims: list[Object]

    def question(self, limit_s: float) -> Object:
        """The case as upstream is asked it."""
        return {
            "id": "hard",
            "classes": CLASSES,
            "slices": self.slices,
            "allocated": [],
            "claims": self.claims,
            "node": {"metadata": {"name": NODE}},
            "timeout_s": limit_s,
        }


def _slice(devices: list[Object]) -> list[Object]:
    pool = {"name": NODE, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": DRIVER, "nodeName": NODE, "pool": pool, "devices": devices}
    return [{"metadata": {"name": f"{NODE}-gpus"}, "spec": spec}]


def _gpus(count: int, *attributes: Callable[[int], Object], kind: Callable[[int], int] = lambda _: 1) -> Any:
    devices = []
    for number in range(count):
        device = gpu(0, number, kind(number))
        for more in attributes:
            device["attributes"] |= more(number)
        devices.append(device)
    return _slice(devices)


def _board(devices_a_board: int) -> Callable[[int], Object]:
    return lambda number: {"board": {"string": f"board-{number // devices_a_board}"}}


def _match(attribute: str) -> Object:
    return {"matchAttribute": attribute}


def _product(product: str) -> str:
    return f"device.attributes['{DRIVER}'].productName == '{product}'"


def one_too_few(size: int) -> Case:
    """As many devices as there are and one more."""
    return Case(_gpus(size - 1), [claim([request("gpus", GPU_CLASS, count=size)])])


def boards_too_small(size: int) -> Case:
    """Devices of one board wanted, on four boards that each have one too few."""
    slices = _gpus(4 * (size - 1), _board(size - 1))
    return Case(slices, [claim([request("gpus", GPU_CLASS, count=size)], [_match(f"{DRIVER}/board")])])


def last_breaks(size: int) -> Case:
    """All devices but the last are of one board, and one more than those is wanted."""
    slices = _gpus(size, lambda number: {"board": {"string": "a" if number < size - 1 else "b"}})
    return Case(slices, [claim([request("gpus", GPU_CLASS, count=size)], [_match(f"{DRIVER}/board")])])


def two_constraints(size: int) -> Case:
    """Each of two constraints can be met by itself, both together only by one device too few."""
    slices = _gpus(
        4 * (size - 1),
        lambda number: {"rack": {"int": number % 2}, "rail": {"int": number // 2 % 2}},
    )
    constraints = [_match(f"{DRIVER}/rack"), _match(f"{DRIVER}/rail")]
    return Case(slices, [claim([request("gpus", GPU_CLASS, count=size)], constraints)])


def distinct_values(size: int) -> Case:
    """Devices of boards that differ wanted, four devices a board, and one board too few."""
    constraints = [{"distinctAttribute": f"{DRIVER}/board"}]
    return Case(
        _gpus(4 * (size - 1), _board(4)), [claim([request("gpus", GPU_CLASS, count=size)], constraints)]
    )


def scarce(size: int) -> Case:
    """More requests for a product than there are devices of it, among others that have enough."""
    slices = _gpus(2 * size, kind=lambda number: number % 2 if number < 2 * size - 2 else 1)
    requests = [
        request(f"gpu-{number}", GPU_CLASS, _product("NVIDIA A100-SXM4-80GB")) for number in range(size)
    ]
    return Case(slices, [claim(requests)])


def last_impossible(size: int) -> Case:
    """A claim a device, and the last one wants a product that the node does not have."""
    claims = [claim([request("gpu", GPU_CLASS)], name=f"claim-{number}") for number in range(size)]
    missing = claim([request("gpu", GPU_CLASS, _product("Tesla T4"))], name="last")
    return Case(_gpus(size + 4), [*claims, missing])


def pair_missing(size: int) -> Case:
    """GPUs and interfaces in pairs by PCIe root, and one interface sits at a root that has no GPU."""
    slices = SLICES["pairs"](0)
    slices[0]["spec"]["devices"] = slices[0]["spec"]["devices"][:size]
    nics = [
        nic
        for nic in slices[1]["spec"]["devices"]
        if nic["attributes"][f"{STANDARD}/pcieRoot"]["string"] < f"pci0000:{16 + 16 * size:02x}"
    ][:size]
    nics[-1]["attributes"][f"{STANDARD}/pcieRoot"] = {"string": "pci0000:f8"}
    slices[1]["spec"]["devices"] = nics
    whole = pairs(1).templates[0][0]["spec"]["devices"]
    names = {f"{kind}-{number}" for kind in ("gpu", "nic") for number in range(size)}
    requests = [one for one in whole["requests"] if one["name"] in names]
    constraints = [one for one in whole["constraints"] if set(one["requests"]) <= names]
    return Case(slices, [claim(requests, constraints)])


def _partitions(gpus: int) -> list[Object]:
    slices = SLICES["partitions"](0)
    sets, devices = slices[0]["spec"], slices[1]["spec"]
    sets["sharedCounters"] = sets["sharedCounters"][:gpus]
    devices["devices"] = devices["devices"][: 14 * gpus]
    return slices


def full_size_first(size: int) -> Case:
    """As many partitions as GPUs can have, of any profile; the first in the list take a whole GPU."""
    count = 7 * size
    return Case(_partitions(size), [claim([request("migs", MIG_CLASS, count=count)])])


def partitions_too_many(size: int) -> Case:
    """One partition more than the GPUs can have."""
    count = 7 * size + 1
    return Case(_partitions(size), [claim([request("migs", MIG_CLASS, count=count)])])


def alternatives(size: int) -> Case:
    """Requests with four alternatives each, all of which fit, and then one that nothing fits."""
    products = ("NVIDIA H100 80GB HBM3", "NVIDIA L40S", "NVIDIA L4", "NVIDIA A100-SXM4-80GB")
    subrequests = [
        {
            "name": f"choice-{number}",
            "deviceClassName": GPU_CLASS,
            "allocationMode": "ExactCount",
            "count": 1,
            "selectors": [{"cel": {"expression": _product(product)}}],
        }
        for number, product in enumerate(products)
    ]
    requests: list[Object] = [
        {"name": f"gpu-{number}", "firstAvailable": subrequests} for number in range(size)
    ]
    requests.append(request("last", GPU_CLASS, _product("Tesla T4")))
    return Case(_gpus(4 * size, kind=lambda number: number % 4), [claim(requests)])


def misled(size: int) -> Case:
    """Requests for any GPU come first and take what the later ones need; other GPUs are further down the list."""
    slices = _gpus(2 * size, kind=lambda number: 0 if number < size else 1)
    requests = [request(f"any-{number}", GPU_CLASS) for number in range(size)]
    requests += [
        request(f"a100-{number}", GPU_CLASS, _product("NVIDIA A100-SXM4-80GB")) for number in range(size)
    ]
    return Case(slices, [claim(requests)])


def shares_too_many(size: int) -> Case:
    """Shares of devices wanted, each of more than half a device, and one more than there are devices."""
    slices = _gpus(size - 1)
    for device in slices[0]["spec"]["devices"]:
        device["allowMultipleAllocations"] = True
    requests = [request(f"share-{number}", GPU_CLASS) for number in range(size)]
    for one in requests:
        one["exactly"]["capacity"] = {"requests": {"memory": "50Gi"}}
    return Case(slices, [claim(requests)])


def _profiles(profiles: Sequence[str]) -> list[Object]:
    wanted = [f"device.attributes['{DRIVER}'].profile == '{profile}'" for profile in profiles]
    return [request(f"mig-{number}", MIG_CLASS, expression) for number, expression in enumerate(wanted)]


def one_seventh_too_many(size: int) -> Case:
    """Partitions of two sizes that would need one seventh of a GPU more than the GPUs have."""
    return Case(_partitions(size), [claim(_profiles(["2g.20gb"] * (3 * size) + ["1g.10gb"] * (size + 1)))])


def two_sizes_of_shares(size: int) -> Case:
    """Small shares first, which leave room for no more large ones than there are devices, and one more is wanted."""
    slices = _gpus(size)
    for device in slices[0]["spec"]["devices"]:
        device["allowMultipleAllocations"] = True
    requests = [request(f"share-{number}", GPU_CLASS) for number in range(2 * size + 1)]
    for number, one in enumerate(requests):
        one["exactly"]["capacity"] = {"requests": {"memory": "20Gi" if number < size else "41Gi"}}
    return Case(slices, [claim(requests)])


def boards_of_claims(size: int) -> Case:
    """Each claim wants three devices of one board; boards have five, so that two are of no use, and one board is missing."""
    claims = [
        claim([request("gpus", GPU_CLASS, count=3)], [_match(f"{DRIVER}/board")], name=f"claim-{number}")
        for number in range(size)
    ]
    return Case(_gpus(5 * (size - 1), _board(5)), claims)


def fewer_and_fewer(size: int) -> Case:
    """Requests for three, two or one device of a board, and one for more than these leave even if each takes one."""
    subrequests = [
        {"name": f"{count}", "deviceClassName": GPU_CLASS, "allocationMode": "ExactCount", "count": count}
        for count in (3, 2, 1)
    ]
    requests: list[Object] = [
        {"name": f"gpus-{number}", "firstAvailable": subrequests} for number in range(size)
    ]
    constraints = [{"requests": [one["name"]], "matchAttribute": f"{DRIVER}/board"} for one in requests]
    requests.append(request("last", GPU_CLASS, count=size))
    return Case(_gpus(2 * size - 1, _board(2)), [claim(requests, constraints)])


# What, how large, and the small form that upstream gets through.
CASES: tuple[tuple[str, Callable[[int], Case], int, int], ...] = (
    ("32 devices of 31", one_too_few, 32, 8),
    ("31 devices of 30", one_too_few, 31, 9),
    ("32 devices, the last breaks a match", last_breaks, 32, 8),
    ("32 devices of one board, boards of 31", boards_too_small, 32, 6),
    ("two matches, together one device short", two_constraints, 32, 6),
    ("16 distinct boards of 15", distinct_values, 16, 5),
    ("12 requests for 11 devices", scarce, 12, 5),
    ("12 shares of 5/8 of a device, on 11", shares_too_many, 12, 5),
    ("8 shares of a quarter, then 9 of more than a half, on 8", two_sizes_of_shares, 8, 3),
    ("9 claims for 3 of one board, 8 boards of 5", boards_of_claims, 9, 3),
    ("14 claims, then one for nothing there", last_impossible, 14, 4),
    ("8 GPUs + 8 NICs, one NIC elsewhere", pair_missing, 8, 4),
    ("12 requests with 4 alternatives, then an impossible one", alternatives, 12, 3),
    ("8 requests for 3, 2 or 1 of a board, then 8 of 7 left", fewer_and_fewer, 8, 3),
    ("12 partitions of 2/7 and 5 of 1/7, on 4 GPUs", one_seventh_too_many, 4, 1),
    ("29 partitions where 28 go together", partitions_too_many, 4, 1),
    ("28 partitions, whole GPUs listed first (fits)", full_size_first, 4, 1),
    ("12 for any GPU before 12 for the first ones (fits)", misled, 12, 4),
)


def _ask_ours(case: Case) -> tuple[Outcome, float]:
    """The answer of an allocator that knows nothing yet, and how many seconds it took, in the middle of three times."""
    took = []
    for _ in range(3):
        inventory = Inventory()
        for class_ in CLASSES:
            inventory.set_class(decode(DeviceClass, class_))
        for slice_ in case.slices:
            inventory.set_slice(decode(ResourceSlice, slice_))
        claims = [decode(ResourceClaim, one) for one in case.claims]
        allocator = Allocator(inventory, Ledger())
        began = time.perf_counter()
        outcome = allocator.allocate(claims, Node(NODE))
        took.append(time.perf_counter() - began)
    return outcome, statistics.median(took)


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Allocated):
        return "allocated"
    if isinstance(outcome, Failure):
        return outcome.message
    return "gave up" if outcome.limit_reached else "no solution"


def _devices(allocations: Sequence[Any]) -> list[list[str]]:
    return [[result["device"] for result in one["devices"]["results"]] for one in allocations]


def _same(outcome: Outcome, answer: Any) -> bool:
    if isinstance(outcome, Allocated):
        chosen = [[result.device for result in one.devices.results] for one in outcome.results]
        return answer["allocations"] is not None and chosen == _devices(answer["allocations"])
    return _said(outcome) == "no solution" and answer["allocations"] is None and "error" not in answer


def table(program: Path | None) -> list[str]:
    """A row a case: what Drakkar says and after how long, and how long upstream takes."""
    rows = [
        "| claims of a pod, on one node | answer | Drakkar | upstream |",
        "|---|---|---|---|",
    ]
    for name, make, size, small in CASES:
        outcome, took = _ask_ours(make(size))
        theirs = "-"
        if program is not None:
            asked = [make(small).question(UPSTREAM_LIMIT_S), make(size).question(UPSTREAM_LIMIT_S)]
            little, full = ask_all(program, asked, 60)
            assert _same(_ask_ours(make(small))[0], little), (name, little)
            if full.get("kind") == "timeout":
                theirs = f"> {UPSTREAM_LIMIT_S:.0f} s, given up"
            else:
                assert _said(outcome) == "gave up" or _same(outcome, full), (name, full)
                theirs = f"{full['ns'] / 1e6:.1f} ms"
        rows.append(f"| {name} | {_said(outcome)} | {took * 1e3:.1f} ms | {theirs} |")
        print(rows[-1], flush=True)
    return rows
