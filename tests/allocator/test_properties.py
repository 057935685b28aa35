"""What holds of the allocator whatever there is and whatever is asked, without the original beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drakkar.allocator import (
    Allocated,
    Allocator,
    Failure,
    Inventory,
    Ledger,
    Node,
    Nodes,
    NoSolution,
    Outcome,
    allocate,
)
from drakkar.api.features import Features
from drakkar.api.resource import (
    AllocationResult,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
)

from .first_sound import Object, Rules, all_devices, first_sound

# Slices, and results of claims that have some of their devices.
World = tuple[list[Object], list[Object]]
DRIVER = "d.example"
NODES = ("n1", "n2")
LISTS = Features({*Features.default(), "ListTypeAttributes"})
SELECTOR = {"cel": {"expression": f"device.attributes['{DRIVER}'].k >= 1"}}
PLAIN = decode(DeviceClass, {"metadata": {"name": "c"}, "spec": {}})
CHOOSY = decode(DeviceClass, {"metadata": {"name": "c"}, "spec": {"selectors": [SELECTOR]}})
SHARE = "00000000-0000-4000-8000-000000000001"
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=75)


# What there is: in wire form, as the rules below read it too.


@st.composite
def devices(draw: st.DrawFn, name: str, counted: bool) -> Object:
    made: Object = {"name": name, "attributes": {"k": {"int": draw(st.integers(0, 2))}}}
    g = draw(st.sampled_from((None, "x", "x", "y", ["x", "y"], ["y", "z"])))
    if g is not None:
        made["attributes"]["g"] = {"strings": g} if isinstance(g, list) else {"string": g}
    if draw(st.booleans()):
        made["capacity"] = {"mem": {"value": str(draw(st.integers(2, 4)))}}
        made["allowMultipleAllocations"] = draw(st.booleans())
    if counted and draw(st.booleans()):
        amount = {"m": {"value": str(draw(st.integers(1, 2)))}}
        made["consumesCounters"] = [
            {"counterSet": draw(st.sampled_from(("set0", "set1"))), "counters": amount}
        ]
    if draw(st.integers(0, 5)) == 0:
        made["taints"] = [{"key": "t", "effect": "NoSchedule"}]
    return made


@st.composite
def pools(draw: st.DrawFn) -> list[Object]:
    """The slices of one to three complete pools; the first has counters."""
    made = []
    names = iter(range(9))
    for pool in draw(st.sampled_from((("p",), ("p",), ("p", "q"), ("q", "p", "r")))):
        where: Object = draw(st.sampled_from(({"nodeName": "n1"}, {"allNodes": True}, {"nodeName": "n2"})))
        specs = [
            {**where, "devices": [draw(devices(f"d{next(names)}", pool == "p")) for _ in range(count)]}
            for count in draw(st.sampled_from(((1,), (2,), (2, 1), (3,))))
        ]
        if pool == "p":
            sets = [
                {"name": name, "counters": {"m": {"value": str(draw(st.integers(1, 3)))}}}
                for name in ("set0", "set1")
            ]
            specs.append({**where, "sharedCounters": sets})
        generation = draw(st.integers(1, 2))
        said = {"name": pool, "generation": generation, "resourceSliceCount": len(specs)}
        for index, spec in enumerate(specs):
            spec |= {"driver": DRIVER, "pool": said}
            made.append({"metadata": {"name": f"{pool}-{generation}-{index}"}, "spec": spec})
    return made


@st.composite
def requests(draw: st.DrawFn, alternative: bool = False) -> Object:
    made: Object = {"deviceClassName": "c", "allocationMode": "ExactCount", "count": draw(st.integers(1, 2))}
    if draw(st.integers(0, 5)) == 0:
        made["allocationMode"] = "All"
        del made["count"]
    least = draw(st.sampled_from((0, 0, 1, 2)))
    if least:
        made["selectors"] = [{"cel": {"expression": f"device.attributes['{DRIVER}'].k >= {least}"}}]
    if draw(st.booleans()):
        made["tolerations"] = [{"key": "t", "operator": "Exists"}]
    if not alternative and draw(st.integers(0, 4)) == 0:
        made["adminAccess"] = True
    elif draw(st.integers(0, 2)) == 0:
        made["capacity"] = {"requests": {"mem": str(draw(st.integers(1, 3)))}}
    return made


@st.composite
def claims(draw: st.DrawFn, uid: str) -> Object:
    asked: list[Object] = []
    for number in range(draw(st.integers(1, 2))):
        if draw(st.integers(0, 3)) == 0:
            parts = [{"name": f"s{part}", **draw(requests(alternative=True))} for part in range(2)]
            asked.append({"name": f"r{number}", "firstAvailable": parts})
        else:
            asked.append({"name": f"r{number}", "exactly": draw(requests())})
    body: Object = {"requests": asked}
    if draw(st.booleans()):
        kind = draw(st.sampled_from(("matchAttribute", "distinctAttribute")))
        body["constraints"] = [{kind: f"{DRIVER}/g", "requests": draw(st.sampled_from(([], ["r0"])))}]
    return {"metadata": {"name": uid, "namespace": "ns", "uid": uid}, "spec": {"devices": body}}


def wanted() -> st.SearchStrategy[list[Object]]:
    return (
        st.integers(1, 2)
        .flatmap(lambda count: st.tuples(*(claims(f"new-{i}") for i in range(count))))
        .map(list)
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    slices = draw(pools())
    taken = []
    for spec, device in (one for one in all_devices(slices) if not draw(st.integers(0, 4))):
        result = {"request": "r", "driver": DRIVER, "pool": spec["pool"]["name"], "device": device["name"]}
        if device.get("allowMultipleAllocations") and draw(st.integers(0, 3)):
            result |= {"shareID": SHARE, "consumedCapacity": {"mem": str(draw(st.integers(1, 2)))}}
        if draw(st.integers(0, 5)) == 0:
            result["adminAccess"] = True
        taken.append(result)
    return slices, taken


# The allocator's answer to the same.


def inventory_of(slices: Iterable[Object]) -> Inventory:
    inventory = Inventory()
    inventory.set_class(PLAIN)
    for one in slices:
        inventory.set_slice(decode(ResourceSlice, one))
    return inventory


def ledger_of(taken: Sequence[Object]) -> Ledger:
    ledger = Ledger()
    for number, result in enumerate(taken):
        ledger.set_claim(f"old-{number}", holding(result))
    return ledger


def holding(result: Object) -> AllocationResult:
    return decode(AllocationResult, {"devices": {"results": [result]}})


def decoded(wanted: Sequence[Object]) -> list[ResourceClaim]:
    return [decode(ResourceClaim, claim) for claim in wanted]


def ask(inventory: Inventory, ledger: Ledger, wanted: Sequence[Object], node: str) -> Outcome:
    return allocate(inventory, ledger, decoded(wanted), Node(node), LISTS, share_id=lambda: SHARE)


def take(inventory: Inventory, ledger: Ledger, wanted: Sequence[Object], name: str) -> list[str]:
    """Allocate on the first node and write it down; the uids of the claims that have something now."""
    asked, shares = decoded(wanted), (f"{name}-{number}" for number in itertools.count())
    outcome = allocate(inventory, ledger, asked, Node("n1"), LISTS, share_id=lambda: next(shares))
    given = outcome.results if isinstance(outcome, Allocated) else ()
    for number, result in enumerate(given):
        ledger.set_claim(f"{name}-{number}", result)
    return [f"{name}-{number}" for number, _ in enumerate(given)]


def said(outcome: Outcome) -> object:
    """What shows of an outcome, apart from how it was come by."""
    if isinstance(outcome, Allocated):
        return outcome.results
    return outcome if isinstance(outcome, Failure) else NoSolution


@quick
@given(worlds(), wanted(), st.sampled_from(NODES), st.booleans())
def test_the_answer_is_the_first_sound_one(
    world: World, wanted: list[Object], node: str, lists: bool
) -> None:
    slices, taken = world
    features = LISTS if lists else Features.default()
    outcome = allocate(inventory_of(slices), ledger_of(taken), decoded(wanted), Node(node), features)
    expected = first_sound(Rules(slices, taken, wanted, lists), node)
    if expected is None:
        assert not isinstance(outcome, Allocated)
        return
    assert isinstance(outcome, Allocated), expected
    found = [
        (number, result.request, result.pool, result.device, bool(result.admin_access))
        for number, one in enumerate(outcome.results)
        for result in one.devices.results
    ]
    assert found == [(p.claim, p.name, p.pool, p.device["name"], p.admin) for p in expected]
    amounts = [result.consumed_capacity for one in outcome.results for result in one.devices.results]
    assert amounts == [{"mem": str(Rules.amount(p))} if p.multi else {} for p in expected]


RULES = [
    {
        "metadata": {"name": name},
        "spec": {"taint": {"key": "t", "effect": effect}, "deviceSelector": selector},
    }
    for name, effect, selector in (
        ("one", "NoSchedule", {"device": "d0"}),
        ("one", "None", {"device": "d0"}),
        ("two", "NoExecute", {"pool": "q"}),
    )
]


@quick
@given(worlds(), worlds(), wanted(), st.lists(st.sampled_from(RULES), max_size=2), st.randoms())
def test_the_order_of_events_shows_in_no_answer(
    world: World, before: World, wanted: list[Object], rules: list[Object], random: Any
) -> None:
    slices, taken = world
    rules = list({rule["metadata"]["name"]: rule for rule in rules}.values())
    plain, ledger = inventory_of(slices), ledger_of(taken)
    for rule in rules:
        plain.set_rule(decode(DeviceTaintRule, rule))
    # The same world by another way: other objects come and go, or are changed into these.
    other, books = inventory_of(before[0]), ledger_of(before[1])
    other.set_class(CHOOSY)
    for rule in RULES:
        other.set_rule(decode(DeviceTaintRule, rule))
    steps = [partial(other.set_class, PLAIN)]
    steps += [partial(other.set_slice, decode(ResourceSlice, one)) for one in slices]
    steps += [partial(other.remove_slice, name) for name in sorted(_names(before[0]) - _names(slices))]
    steps += [partial(other.set_rule, decode(DeviceTaintRule, rule)) for rule in rules]
    steps += [partial(other.remove_rule, name) for name in sorted(_names(RULES) - _names(rules))]
    steps += [partial(books.set_claim, f"old-{n}", holding(result)) for n, result in enumerate(taken)]
    steps += [partial(books.remove_claim, f"old-{n}") for n in range(len(taken), len(before[1]))]
    random.shuffle(steps)
    for step in steps:
        step()
    for node in NODES:
        assert said(ask(other, books, wanted, node)) == said(ask(plain, ledger, wanted, node))


def _names(objects: Iterable[Object]) -> set[str]:
    return {one["metadata"]["name"] for one in objects}


@quick
@given(worlds(), wanted(), wanted())
def test_allocating_and_freeing_leave_no_trace(
    world: World, first: list[Object], second: list[Object]
) -> None:
    inventory, ledger = inventory_of(world[0]), ledger_of(world[1])
    allocator = Allocator(inventory, ledger, LISTS, share_id=lambda: SHARE)
    both = [decoded(first), decoded(second)]

    def answers() -> list[object]:
        return [said(allocator.allocate(some, Node(node))) for some in both for node in NODES]

    before = answers()
    # To have asked changes nothing.
    assert answers() == before
    held = take(inventory, ledger, first, "mine")
    answers()
    for uid in held:
        ledger.remove_claim(uid)
    assert answers() == before


@settings(quick, max_examples=50)
@given(st.data())
def test_what_an_allocator_has_learned_changes_no_answer(data: st.DataObject) -> None:
    inventory, ledger = inventory_of(()), Ledger()
    allocator = Allocator(inventory, ledger, LISTS, share_id=lambda: SHARE)
    held: list[str] = []
    kinds = st.sampled_from(
        ("slices", "slices", "no slices", "no slices", "rule", "no rule", "class", "take", "take", "free")
    )
    few = data.draw(st.tuples(wanted(), wanted()))
    # Kept, as by who asks again and again.
    in_order = Nodes(Node(name) for name in NODES)
    slices: set[str] = set()
    for number in range(data.draw(st.integers(2, 8))):
        match data.draw(kinds):
            case "slices":
                for one in data.draw(pools()):
                    inventory.set_slice(decode(ResourceSlice, one))
                    slices.add(one["metadata"]["name"])
            case "no slices" if slices:
                # Those of one generation of a pool, all of them or but one.
                gone = data.draw(st.sampled_from(sorted(slices)))
                whole = gone.rpartition("-")[0] if data.draw(st.booleans()) else gone
                for name in sorted(name for name in slices if name.startswith(whole)):
                    inventory.remove_slice(name)
                    slices.remove(name)
            case "rule":
                inventory.set_rule(decode(DeviceTaintRule, data.draw(st.sampled_from(RULES))))
            case "no rule":
                inventory.remove_rule(data.draw(st.sampled_from(("one", "two"))))
            case "class":
                inventory.set_class(data.draw(st.sampled_from((PLAIN, CHOOSY))))
            case "take":
                held += take(inventory, ledger, data.draw(st.sampled_from(few)), f"held-{number}")
            case "free":
                if held:
                    ledger.remove_claim(held.pop(data.draw(st.integers(0, len(held) - 1))))
        for some in few:
            asked, nodes = decoded(some), [Node(name) for name in NODES]
            fresh = [said(ask(inventory, ledger, some, name)) for name in NODES]
            assert [said(allocator.allocate(asked, node)) for node in nodes] == fresh
            # Brought forward once for all of them; what is known by then is that of all of them, by position.
            before = allocator.asked(asked)
            assert [said(before.on(node)) for node in in_order.all] == fresh
            assert [not hope for hope in before.hopeful(in_order)] == [one is NoSolution for one in fresh]
