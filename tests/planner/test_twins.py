"""What is said of a node because another stands alike is what looking at it would have said."""

from __future__ import annotations

import copy
from random import Random

import pytest

from drakkar.planner import plan
from drakkar.planner.plan.like_nodes import Twins
from drakkar.planner.plan.planner import Planner

from . import generated
from .objects import Object, pod, world


def cluster(seed: int) -> list[Object]:
    """The one node of a generated world several times, each time with devices of other names; some a little different."""
    dice = Random(seed)
    objects = generated.objects(seed)
    found = [obj for obj in objects if obj["kind"] not in ("Node", "ResourceSlice")]
    for number in range(4):
        for obj in objects:
            if obj["kind"] not in ("Node", "ResourceSlice"):
                continue
            if number == 0:
                found.append(obj)
                continue
            made = copy.deepcopy(obj)
            made["metadata"]["name"] = f"{obj['metadata']['name']}-{number}"
            if obj["kind"] == "ResourceSlice":
                made["spec"]["nodeName"] = made["spec"]["pool"]["name"] = f"n1-{number}"
                for index, device in enumerate(made["spec"].get("devices") or []):
                    device["name"] = f"{device['name']}-{number}"
                    if dice.random() < 0.1 and device.get("attributes"):
                        device["attributes"]["model"] = {"string": "Z"}
                    if index == 0 and dice.random() < 0.1:
                        device.pop("taints", None)
            found.append(made)
    return [*found, pod("p", "c"), pod("again", "c")]


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_nodes_that_stand_alike_are_told_alike(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = 0
    for seed in range(first, first + 20):
        objects = cluster(seed)
        planner = Planner(world(*copy.deepcopy(objects)))
        found = planner.run()
        shared += len(planner._alike)
        with monkeypatch.context() as patch:
            patch.setattr(Twins, "situation", lambda *_: None)
            assert plan(world(*copy.deepcopy(objects))) == found, f"seed {seed}"
    assert shared
