"""The quirks of dra-semantics 12, one by one: what upstream does, and what this allocator does instead or alike.

In compat mode it does what upstream does; and where it differs by default, that one quirk is the whole difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drakkar.allocator import Allocated, Allocator, Failure, Node, allocate

from .allocator_answers import COMPAT, Answer, World, upstream
from .allocator_quirk_cases import OPERATIONS, QUIRKS, Quirk, claim, counters, device, request, slices, uses
from .allocator_quirks import explanation
from .line_pipe import ask_all

pytestmark = pytest.mark.upstream
Object = dict[str, Any]


def _said(answer: Answer) -> str:
    if answer.kind != "allocated":
        return answer.kind
    return " ".join(result["device"] for one in answer.allocations for result in one["results"])


def _case(quirk: Quirk) -> Object:
    return {
        "id": quirk.name,
        "features": list(quirk.features),
        "node": {"metadata": {"name": "n1", "labels": {"zone": "z1"}}},
        "classes": [{"metadata": {"name": "c"}, "spec": {}}],
        "slices": quirk.slices,
        "allocated": list(quirk.allocated),
        "claims": quirk.claims,
    }


@pytest.mark.parametrize("quirk", QUIRKS, ids=[quirk.name for quirk in QUIRKS])
def test_quirk(allocator_137: Path, quirk: Quirk) -> None:
    case = _case(quirk)
    theirs, world = upstream(ask_all(allocator_137, [case])[0], case), World(case)
    mine, compat = world.ours(), world.ours(COMPAT)
    assert (_said(theirs), _said(mine)) == (quirk.upstream, quirk.ours), f"upstream: {theirs}; here: {mine}"
    assert compat.same_words(theirs), f"upstream: {theirs}; in compat mode: {compat}"
    if not mine.same(theirs):
        assert explanation(world, theirs) == (quirk.name.split()[0],)


def test_k10_skips_are_noted_where_the_node_can(allocator_137: Path) -> None:
    skipped = Quirk(
        "K10", [slices(device("a"), skipNodeOperations=["*"])], [claim(request())], "a", "a", (), OPERATIONS
    )
    case = _case(skipped)
    case["node"]["status"] = {"declaredFeatures": ["DRAOptionalNodeOperations"]}
    theirs, world = upstream(ask_all(allocator_137, [case])[0], case), World(case)
    for mine in (world.ours(), world.ours(COMPAT)):
        assert mine.same(theirs)
        assert mine.allocations[0]["results"][0]["skipNodeOperations"] == ["*"]


def test_k16_pools_come_in_order_here(allocator_137: Path) -> None:
    two = [slices(device("b"), name="t", pool="q"), slices(device("a"))]
    case = _case(Quirk("K16", two, [claim(request())], "a", "a", (), ()))
    theirs, world = upstream(ask_all(allocator_137, [case])[0], case), World(case)
    assert _said(theirs) in ("a", "b")
    assert _said(world.ours(COMPAT)) in ("a", "b")
    assert _said(world.ours()) == "a"


def _two_generations() -> Object:
    """Pool p in two generations, each complete on its node, with the same counter set in two sizes."""
    old = [
        counters(2, "x", capacity=1, generation=1),
        slices(device("a", consumesCounters=uses("x", 2)), name="s", generation=1, count=2),
    ]
    new = [
        counters(2, "x", capacity=2, generation=2, nodeName="n2"),
        slices(device("b", consumesCounters=uses("x", 2)), name="t", generation=2, count=2, nodeName="n2"),
    ]
    new[0]["metadata"]["name"] = "c2"
    return _case(Quirk("K18", [*old, *new], [claim(request())], "", ""))


@pytest.mark.parametrize("compat", [None, COMPAT])
@pytest.mark.parametrize("names", [("n1", "n2"), ("n2", "n1")])
def test_k18_no_order_of_nodes_matters_here(names: tuple[str, str], compat: str | None) -> None:
    world = World(_two_generations())
    allocator = Allocator(world.inventory, world.ledger, compat=compat)
    chosen = {}
    for name in names:
        outcome = allocator.allocate(world.claims, Node(name))
        if isinstance(outcome, Allocated):
            chosen[name] = [result.device for one in outcome.results for result in one.devices.results]
    assert chosen == {"n2": ["b"]}


@pytest.mark.parametrize(("names", "devices"), [(("n1", "n2"), []), (("n2", "n1"), ["d.example/p/a"])])
def test_k18_it_does_upstream(
    allocator_137: Path, tmp_path: Path, names: tuple[str, str], devices: list[str]
) -> None:
    case = _two_generations()
    (tmp_path / "slices").write_text("".join(json.dumps(one) + "\n" for one in case.pop("slices")))
    # Pod 1 takes the second of two nodes on which it fits.
    case["cluster"] = {
        "slices_in": str(tmp_path / "slices"),
        "nodes": names,
        "templates": [case.pop("claims")],
        "enough": 2,
        "samples": [{"first": 1, "pods": 1, "limit_s": 60}],
    }
    assert ask_all(allocator_137, [case])[0]["samples"][0]["devices"] == [devices]


def test_k20_the_first_by_name_is_named() -> None:
    named = next(quirk for quirk in QUIRKS if quirk.name.startswith("K20"))
    world = World(_case(named))
    outcome = allocate(world.inventory, world.ledger, world.claims, world.node, world.features)
    assert isinstance(outcome, Failure) and 'capacity "x": capacity value is negative' in outcome.message
