"""Which class stands for an extended resource, and what a claim asks for in a pod's name."""

from __future__ import annotations

import random
from typing import Any

import pytest

from drakkar.api.core import PodSpec
from drakkar.api.extended_resources import ExtendedClasses, extended_demand
from drakkar.api.resource import DeviceClass, decode

NAMES = ("a", "b", "c", "d")
RESOURCES = ("x.com/one", "x.com/two", None)
IMPLICIT = "deviceclass.resource.kubernetes.io/"


def device_class(name: str, resource: str | None, created: int) -> DeviceClass:
    meta = {"name": name, "creationTimestamp": f"2026-01-01T00:00:{created:02}Z"}
    spec = {} if resource is None else {"extendedResourceName": resource}
    return decode(DeviceClass, {"metadata": meta, "spec": spec})


def expected(there: dict[str, DeviceClass], resource: str) -> str | None:
    """The newest class that wants to go by the name, and of equals the first."""
    wanting = [one for one in there.values() if one.spec.extended_resource_name == resource]
    newest = max((one.metadata.creation_timestamp or "" for one in wanting), default="")
    found = sorted(one.metadata.name for one in wanting if one.metadata.creation_timestamp == newest)
    return found[0] if found else None


@pytest.mark.parametrize("seed", range(30))
def test_whatever_came_and_went_the_newest_class_has_the_name(seed: int) -> None:
    dice, known, there = random.Random(seed), ExtendedClasses(), dict[str, DeviceClass]()

    def seen(classes: ExtendedClasses) -> list[str | None]:
        asked = [*(one for one in RESOURCES if one), *(f"{IMPLICIT}{name}" for name in NAMES)]
        return [classes.class_of(resource) for resource in asked]

    for _ in range(60):
        before, name = seen(known), dice.choice(NAMES)
        if dice.random() < 0.3:
            there.pop(name, None)
            told = known.remove_class(name)
        else:
            there[name] = device_class(name, dice.choice(RESOURCES), dice.randrange(3))
            told = known.set_class(there[name])
        for resource in RESOURCES:
            assert resource is None or known.class_of(resource) == expected(there, resource)
        for name in NAMES:
            assert known.class_of(f"{IMPLICIT}{name}") == (name if name in there else None)
        assert told or seen(known) == before
        assert seen(known.copy()) == seen(known)


def test_a_class_that_changes_otherwise_changes_nothing() -> None:
    known = ExtendedClasses()
    assert known.set_class(device_class("a", "x.com/one", 1))
    assert not known.set_class(device_class("a", "x.com/one", 1))
    assert known.class_of("x.com/other") is None and not known.remove_class("b")


def container(name: str, restart: str = "", **amounts: Any) -> dict[str, Any]:
    asked = {f"x.com/{key}": amount for key, amount in amounts.items()}
    return {"name": name, "resources": {"limits": asked}, "restartPolicy": restart}


def demand(containers: list[Any], first: list[Any]) -> tuple[dict[str, int], list[tuple[str, str, str]]]:
    spec = decode(PodSpec, {"containers": containers, "initContainers": first})
    found = extended_demand(spec, {"x.com/one": "a", "x.com/two": "b"})
    counts = {one.name: one.exactly.count for one in found.requests if one.exactly is not None}
    return counts, [(one.container_name, one.resource_name, one.request_name) for one in found.mappings]


def test_containers_that_stay_have_devices_of_their_own() -> None:
    counts, mappings = demand([container("c", one=1, two=2), container("d", one="3")], [])
    assert counts == {"container-0-request-0": 1, "container-0-request-1": 2, "container-1-request-0": 3}
    assert mappings == [
        ("c", "x.com/one", "container-0-request-0"),
        ("d", "x.com/one", "container-1-request-0"),
        ("c", "x.com/two", "container-0-request-1"),
    ]


def test_what_is_over_before_others_start_borrows_theirs_and_shares_what_is_more() -> None:
    first = [
        container("i", one=1),
        container("s", "Always", one=1),
        container("j", one=5),
        container("k", one=4),
    ]
    counts, mappings = demand([container("c", one=2)], first)
    # The sidecar before them is none of which they could have a part.
    assert counts == {"container-1-request-0": 1, "container-2-request-0": 3, "container-4-request-0": 2}
    assert mappings == [
        ("s", "x.com/one", "container-1-request-0"),
        ("c", "x.com/one", "container-4-request-0"),
        ("i", "x.com/one", "container-1-request-0"),
        ("j", "x.com/one", "container-4-request-0"),
        ("j", "x.com/one", "container-2-request-0"),
        ("k", "x.com/one", "container-4-request-0"),
        ("k", "x.com/one", "container-2-request-0"),
    ]


def test_requests_are_in_the_order_of_their_names_and_parts_of_a_device_are_none() -> None:
    counts, _ = demand([container(f"c{number}", one=1) for number in range(11)], [])
    assert list(counts)[:3] == ["container-0-request-0", "container-1-request-0", "container-10-request-0"]
    assert demand([container("c", one="500m"), container("d", one=0)], []) == ({}, [])
