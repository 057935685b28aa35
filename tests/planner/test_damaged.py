"""One damaged object costs only itself: what has nothing to do with it is planned and explained as before."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from drakkar.planner import Sourced, SubjectNotFoundError, World, explain, plan
from drakkar.planner.report.explanation_text import explanation_text
from drakkar.planner.report.plan_text import plan_text

from .objects import (
    Object,
    claim,
    device,
    device_class,
    node,
    pod,
    request,
    slice_,
    template,
    workload,
)

CUDA = 'device.attributes["gpu.example.com"].?model.orValue("") == "A100"'
Path = tuple[str | int, ...]


def _half(name: str) -> list[Object]:
    """A node with devices, those who have some, those who want some, and all they need."""
    own = {"nodeSelector": {"half": name}}
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": name, "controller": True}
    shared = [{"name": "card", "counters": {"m": {"value": "4"}}}]
    uses = [{"counterSet": "card", "counters": {"m": {"value": "2"}}}]
    attributes = {"attributes": {"model": {"string": "A100"}}}
    parts = [device(f"part{number}", consumesCounters=uses, **attributes) for number in range(3)]
    made = [
        node(name, half=name, taints=[]),
        device_class(f"class-{name}"),
        slice_(device("d0", "24Gi"), device("d1", "24Gi"), node=name, name=f"{name}-plain"),
        slice_(*parts, node=name, name=f"{name}-parts", count=2, pool=_pool(name)),
        slice_(node=name, name=f"{name}-counters", sharedCounters=shared, pool=_pool(name)),
        template(f"template-{name}", request(class_=f"class-{name}")),
        _held(claim(f"held-{name}", request(class_=f"class-{name}"), devices=["d0"]), name),
        claim(f"open-{name}", request("r", CUDA, class_=f"class-{name}")),
        claim(f"big-{name}", request(class_=f"class-{name}", count=9)),
        pod(f"runs-{name}", f"held-{name}", nodeName=name),
        pod(f"waits-{name}", f"open-{name}", **own),
        pod(f"never-{name}", f"big-{name}", **own),
        workload("Deployment", f"many-{name}", f"template-{name}", replicas=1),
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "DeviceTaintRule",
            "metadata": {"name": f"rule-{name}"},
            "spec": {
                "deviceSelector": {"driver": "gpu.example.com", "pool": name, "device": "d1"},
                "taint": {"key": "bad", "effect": "None"},
            },
        },
    ]
    made[-2]["spec"]["template"]["spec"].update(own)
    made[2]["metadata"]["ownerReferences"] = [owner]
    return made


def _pool(name: str) -> Object:
    return {"name": f"{name}-card", "generation": 1, "resourceSliceCount": 2}


def _held(made: Object, name: str) -> Object:
    allocation = made["status"]["allocation"]
    allocation["devices"]["results"][0]["pool"] = name
    allocation["nodeSelector"]["nodeSelectorTerms"][0]["matchFields"][0]["values"] = [name]
    return made


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield from _paths(entry, (*path, key))


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return value


def _damaged(obj: Object, dice: random.Random) -> Object:
    """One field is gone, or is what it cannot be; its kind and name stay, since it is told by them."""
    obj = copy.deepcopy(obj)
    safe = {("kind",), ("apiVersion",), ("metadata", "name"), ("metadata", "namespace"), ("metadata",)}
    path = dice.choice([path for path in _paths(obj) if path not in safe])
    found: Any = obj
    for part in path[:-1]:
        found = found[part]
    if dice.random() < 0.2:
        del found[path[-1]]
        return obj
    wrong = [
        None,
        "x",
        "",
        7,
        -1,
        10**30,
        1.5,
        True,
        [],
        {},
        ["x"],
        [None],
        {"x": None},
        {"x": "y"},
        "x" * 100_000,
    ]
    found[path[-1]] = dice.choice([*wrong, _deep(600), _deep(3000)])
    return obj


def _world(objects: list[Object], stored: bool) -> World:
    return World(Sourced(obj, f"test, document {index + 1}", stored) for index, obj in enumerate(objects))


def _told(world: World, half: str) -> dict[str, Any]:
    found = {
        one.name: (
            one.node,
            "wants 9" in one.reason,
            tuple(d.device for c in one.claims for d in c.devices),
            one.running,
        )
        for one in plan(world).pods
        if half in one.name
    }
    for name in (f"waits-{half}", f"never-{half}", f"runs-{half}", f"claim/open-{half}"):
        found[f"explain {name}"] = explanation_text(explain(world, name)).partition("\nnote")[0]
    return found


GOOD = [*_half("aaa"), *_half("bbb")]


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "written"])
@pytest.mark.parametrize("seed", range(12))
def test_the_other_half_is_planned_as_before(seed: int, stored: bool) -> None:
    dice = random.Random(seed)
    before = _told(_world(GOOD, stored), "bbb")
    for _ in range(3):
        position = dice.randrange(len(GOOD) // 2)
        objects = [*GOOD[:position], _damaged(GOOD[position], dice), *GOOD[position + 1 :]]
        world = _world(objects, stored)
        after = _told(world, "bbb")
        # What a class or template needs on the other node is told there too, so only who gets what is compared.
        for name in before:
            if not name.startswith("explain"):
                assert after[name] == before[name], objects[position]
        plan_text(plan(world))
        for line in world.faults.listed():
            assert f"document {position + 1} " in line or "problems more" in line, line
            assert len(line) <= 600


def test_what_is_left_out_is_told_to_whoever_asks_for_it() -> None:
    broken = {**pod("waits-aaa"), "spec": {"containers": 5}}
    objects = [obj for obj in GOOD if obj["metadata"]["name"] != "waits-aaa"]
    world = _world([*objects, broken], stored=True)
    with pytest.raises(
        SubjectNotFoundError, match=r"waits-aaa cannot be used: .*Expected `array`, got `int`"
    ):
        explain(world, "waits-aaa")
    assert any("left out: " in note and "(Pod ns/waits-aaa)" in note for note in plan(world).notes)


def test_a_claim_that_cannot_be_read_keeps_its_devices() -> None:
    objects = copy.deepcopy(GOOD)
    held = next(obj for obj in objects if obj["metadata"]["name"] == "held-aaa")
    held["spec"] = {"devices": 5}
    for damage in (None, "much"):
        if damage:
            held["status"]["allocation"]["devices"]["results"][0]["consumedCapacity"] = damage
        found = {one.name: one for one in plan(_world(objects, stored=True)).pods}
        assert found["many-aaa-0"].claims[0].devices[0].device == "d1"


def test_a_pod_that_names_what_cannot_be_read_says_so() -> None:
    objects = [obj for obj in copy.deepcopy(GOOD) if obj["metadata"]["name"] != "open-aaa"]
    broken = claim("open-aaa")
    broken["spec"] = []
    found = {one.name: one for one in plan(_world([*objects, broken], stored=True)).pods}
    assert found["waits-aaa"].reason.startswith("ResourceClaim ns/open-aaa cannot be used: test, document")


def test_many_bad_objects_are_told_in_few_lines() -> None:
    bad = [{**pod(f"p{number}"), "spec": 5} for number in range(500)]
    world = _world([*GOOD, *bad], stored=False)
    assert len(world.faults.of_files()) == 21
    assert world.faults.of_files()[-1] == "and 480 problems more"
