"""Which of many volumes a claim gets on a node: found by labels it is the one that looking at all of them finds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from drakkar.api.resource import decode
from drakkar.api.storage import Volume, VolumeClaim
from drakkar.placement import NodeInfo
from drakkar.placement.volumes.volume_match import Candidates, reaches, size

from .objects import node


def a_volume(dice: random.Random, name: str) -> Volume:
    terms = [
        {
            "matchExpressions": [
                {
                    "key": dice.choice(["host", "zone", "none"]),
                    "operator": dice.choice(["In", "In", "NotIn"]),
                    "values": dice.sample(["a", "b", "c"], dice.choice([1, 2])),
                }
                for _ in range(dice.choice([1, 1, 2]))
            ]
        }
        for _ in range(dice.choice([1, 1, 1, 2]))
    ]
    spec: dict[str, Any] = {"capacity": {"storage": dice.choice(["1Gi", "2Gi", "3Gi"])}}
    if dice.random() < 0.8:
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    if dice.random() < 0.02:
        spec["claimRef"] = {"namespace": "d", "name": "c"}
    status = {"phase": dice.choice(["Available", "Available", "Bound"])}
    return decode(Volume, {"metadata": {"name": name}, "spec": spec, "status": status})


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_by_labels_is_what_looking_at_all_finds(seed: int) -> None:
    dice = random.Random(seed)
    volumes = [a_volume(dice, f"v{number:02}") for number in range(dice.randrange(1, 40))]
    spec = {"resources": {"requests": {"storage": dice.choice(["1Gi", "2Gi"])}}}
    claim = decode(VolumeClaim, {"metadata": {"name": "c", "namespace": "d"}, "spec": spec})
    candidates, wanted = Candidates(claim, volumes), size(claim.spec.resources.requests)
    large = [one for one in volumes if size(one.spec.capacity) >= wanted]
    meant = [one for one in large if one.is_of(claim)][:1]
    for _ in range(20):
        labels = {key: dice.choice("abc") for key in ("host", "zone") if dice.random() < 0.8}
        there = NodeInfo(node("n", labels))
        taken = {one.metadata.name for one in volumes if dice.random() < 0.2}
        free = [one for one in large if one.status.phase == "Available" and one.metadata.name not in taken]
        fits = [one for one in meant or free if reaches(one, there)]
        smallest = min(fits, key=lambda one: (size(one.spec.capacity), one.metadata.name), default=None)
        assert candidates.on(there, taken) == smallest
