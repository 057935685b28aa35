"""What is said to help does help, and nothing smaller does: asked of worlds that are changed here, by other means."""

from __future__ import annotations

import copy
import json
from itertools import combinations
from typing import Any

import pytest

from drakkar.allocator import Allocated, Inventory, Ledger, Node, allocate
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode
from drakkar.planner import explain
from drakkar.planner.findings import Change, NodeFinding
from drakkar.planner.why.what_if import WhatIf

from .generated import TAINTS, objects
from .objects import DRIVER, Object, attributes, claim, device, device_class, node, slice_, world
from .objects import request as requested

# A change here: its kind, the request or claim that it is about, and what of it.
Step = tuple[str, str, Any]


def _found(given: list[Object]) -> NodeFinding:
    state = explain(world(*given), "claim/c").claim
    assert state is not None
    return state.nodes[0]


def _whats(claim: Object) -> dict[str, Object]:
    found = {}
    for request in claim["spec"]["devices"]["requests"]:
        if "exactly" in request:
            found[request["name"]] = request["exactly"]
        for one in request.get("firstAvailable", ()):
            found[f"{request['name']}/{one['name']}"] = one
    return found


def _taint(text: str) -> Object:
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "operator": "Equal", "value": value, "effect": effect}


def _change(given: list[Object], step: Step) -> None:
    kind, about, subject = step
    claim = given[-1]
    devices = claim["spec"]["devices"]
    what = _whats(claim).get(about, {})
    match kind:
        case "count":
            what["allocationMode"], what["count"] = "ExactCount", subject
        case "capacity":
            what["capacity"]["requests"].update([subject])
        case "capacityRequest":
            what["capacity"]["requests"].pop(subject)
        case "toleration":
            what.setdefault("tolerations", []).append(_taint(subject))
        case "selector":
            what["selectors"].pop(subject)
        case "constraint":
            devices["constraints"].pop(subject)
        case "request":
            devices["requests"] = [one for one in devices["requests"] if one["name"] != about]
        case "holder":
            given[:] = [one for one in given if one["metadata"]["name"] != subject]
        case "pool":
            for one in given:
                if one["kind"] == "ResourceSlice" and one["spec"]["pool"]["name"] == subject:
                    one["spec"]["pool"]["resourceSliceCount"] = 1
        case "classSelector":
            (class_,) = [one for one in given if one["metadata"]["name"] == subject]
            class_["spec"] = {}


def _allocated(given: list[Object]) -> bool:
    inventory, ledger = Inventory(), Ledger()
    for one in given[:-1]:
        match one["kind"]:
            case "DeviceClass":
                inventory.set_class(decode(DeviceClass, one))
            case "ResourceSlice":
                inventory.set_slice(decode(ResourceSlice, one))
            case "ResourceClaim":
                ledger.set_claim(one["metadata"]["uid"], decode(ResourceClaim, one).status.allocation)
    return isinstance(allocate(inventory, ledger, [decode(ResourceClaim, given[-1])], Node("n1")), Allocated)


def _fits(given: list[Object], steps: tuple[Step, ...] | list[Step]) -> bool:
    changed = copy.deepcopy(given)
    for step in steps:
        _change(changed, step)
    return _allocated(changed)


def _steps(found: NodeFinding) -> list[Step]:
    made: list[Step] = []
    for one in found.would_fit_if:
        if one.kind == "holders":
            # Claims that use one thing up together are one change.
            made += [("holder", "", holder.claim.removeprefix("ns/")) for holder in one.holders]
        else:
            made.append(_step(one))
    return made


def _step(one: Change) -> Step:
    match one.kind:
        case "count":
            return one.kind, one.request, int(one.amount)
        case "capacity":
            return one.kind, one.request, (one.subject, one.amount)
        case "selector" | "constraint":
            return one.kind, one.request, int(one.subject)
        case "holder":
            return one.kind, "", one.holders[0].claim.removeprefix("ns/")
        case "pool":
            return one.kind, "", one.subject.partition("/")[2]
        case "classSelector":
            return one.kind, "", one.subject.partition("/")[0]
    return one.kind, one.request, one.subject


def _every_step(given: list[Object]) -> list[Step]:
    """Whatever could be changed in the world at all, each as far as it goes."""
    claim = given[-1]
    found: list[Step] = []
    for name, what in _whats(claim).items():
        found.append(("count", name, 1))
        found += [("selector", name, index) for index in range(len(what.get("selectors", ())))]
        for capacity in what.get("capacity", {}).get("requests", ()):
            found += [("capacityRequest", name, capacity), ("capacity", name, (capacity, "1Gi"))]
        found += [
            ("toleration", name, f"{one['key']}={one.get('value', '')}:{one['effect']}") for one in TAINTS
        ]
    found += [
        ("constraint", "", index) for index in range(len(claim["spec"]["devices"].get("constraints", ())))
    ]
    found += [("holder", "", o["metadata"]["name"]) for o in given[:-1] if o["kind"] == "ResourceClaim"]
    return [*found, ("classSelector", "", "only-a"), ("pool", "", "n1-b")]


SEEDS = range(180)


@pytest.mark.parametrize("first", SEEDS[::15])
def test_what_would_fit_does_fit_when_it_is_done_and_nothing_smaller_does(first: int) -> None:
    for seed in range(first, first + 15):
        given = objects(seed)
        found = _found(given)
        if found.fits:
            assert not found.would_fit_if and not found.no_change
            continue
        steps = _steps(found)
        assert steps or found.no_change or not found.requests[0].devices, seed
        if steps:
            assert _fits(given, steps), (seed, steps)
        # To do without a request is told only where nothing else would do.
        resort = any(step[0] == "request" for step in steps)
        smaller = len(found.would_fit_if) - 1
        if resort or found.no_change.startswith("no 3"):
            smaller = 2
        for size in range(1, smaller + 1):
            for some in combinations(_every_step(given), size):
                assert not _fits(given, some), (seed, steps, some)


@pytest.mark.parametrize("first", SEEDS[::60])
def test_what_is_asked_for_instead_is_the_most_that_fits(first: int) -> None:
    seen = 0
    for seed in range(first, first + 60):
        given = objects(seed)
        steps = _steps(_found(given))
        for position, (kind, about, amount) in enumerate(steps):
            # With an alternative out of the way, another one may do in its place.
            if kind == "count" and "/" not in about:
                seen += 1
                assert not _fits(
                    given, [*steps[:position], (kind, about, amount + 1), *steps[position + 1 :]]
                )
    assert seen


@pytest.mark.parametrize("first", SEEDS[::60])
def test_a_device_against_which_nothing_stands_is_one_that_the_allocator_gives(first: int) -> None:
    given_out = refused = 0
    for seed in range(first, first + 60):
        given = objects(seed)
        found = _found(given)
        for request in found.requests:
            what = {**_whats(given[-1])[request.request], "allocationMode": "ExactCount", "count": 1}
            rejected = {key for one in request.rejected for key in one.devices}
            assert len(request.usable) + len(rejected) == request.devices
            assert rejected.isdisjoint(request.usable)
            for key in (*request.usable, *rejected):
                name = key.rpartition("/")[2]
                is_it = {"cel": {"expression": f'device.attributes["{DRIVER}"].?id.orValue("") == "{name}"'}}
                alone = copy.deepcopy(given)
                devices = alone[-1]["spec"]["devices"]
                # Another selector before it might fail on a device that is not asked about; none of these do.
                exactly = {**what, "selectors": [*what.get("selectors", ()), is_it]}
                exactly.pop("name", None)
                devices["requests"] = [{"name": request.request.partition("/")[0], "exactly": exactly}]
                assert _allocated(alone) == (key in request.usable), (seed, request.request, key)
            given_out += len(request.usable)
            refused += len(rejected)
    assert given_out and refused


def _on_another_node(given: list[Object]) -> list[Object]:
    """The node with its devices and claims once more, under other names."""
    text = json.dumps([one for one in given[:-1] if one["kind"] != "DeviceClass"])
    for old, new in (('"n1', '"n2'), ('"holder-', '"second-'), ('"uid-holder-', '"uid-second-')):
        text = text.replace(old, new)
    found: list[Object] = json.loads(text)
    for index, one in enumerate(found):
        if one["kind"] == "ResourceSlice":
            one["metadata"]["name"] = f"second-{index}"
    return found


def test_nodes_that_are_alike_are_told_alike_each_with_its_own_claims_and_devices() -> None:
    seen = 0
    for seed in SEEDS[::3]:
        given = objects(seed)
        state = explain(world(*given[:-1], *_on_another_node(given), given[-1]), "claim/c").claim
        assert state is not None
        first, second = state.nodes
        assert first.would_fit_if == _found(given).would_fit_if
        assert [one.kind for one in second.would_fit_if] == [one.kind for one in first.would_fit_if]
        assert second.no_change == first.no_change
        for mine, other in zip(first.would_fit_if, second.would_fit_if, strict=True):
            seen += len(other.holders)
            assert [one.claim.replace("holder", "second") for one in mine.holders] == [
                one.claim for one in other.holders
            ]
            assert [one.replace("/n1/", "/n2/") for one in mine.devices] == list(other.devices)
            assert other.amount == mine.amount
    assert seen


def test_nodes_that_are_alike_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    fits = WhatIf.fits

    def listening(ask: WhatIf, *about: Any) -> bool:
        asked.append("")
        return fits(ask, *about)

    monkeypatch.setattr(WhatIf, "fits", listening)

    def times(nodes: int) -> int:
        given: list[Object] = [device_class()]
        for index in range(nodes):
            name = f"n{index}"
            serials = (attributes(serial=f"{index}-{i}") for i in range(4))
            given += [
                node(name),
                slice_(*(device(f"d{i}", attributes=s) for i, s in enumerate(serials)), node=name),
            ]
            for part in ("01", "23"):
                held = claim(f"holder-{index}-{part}", devices=[f"d{i}" for i in part])
                for one in held["status"]["allocation"]["devices"]["results"]:
                    one["pool"] = name
                given.append(held)
        asked.clear()
        state = explain(world(*given, claim("c", requested("r", count=3))), "claim/c").claim
        assert state is not None and all(
            [c.kind for c in one.would_fit_if] == ["count", "holder"] for one in state.nodes
        )
        return len(asked)

    # On each further node the allocator is asked only whether what was found on the first holds there too.
    assert times(40) == times(1) + 39


@pytest.mark.parametrize("seed", SEEDS[::9])
def test_explaining_changes_nothing(seed: int) -> None:
    there = world(*objects(seed))
    assert explain(there, "claim/c") == explain(there, "claim/c")
