"""What is told of the pods of a namespace from which more is asked."""

from __future__ import annotations

import itertools

from drakkar.pod_security.changes import matters
from drakkar.pod_security.existing import MOST_PODS, warnings
from drakkar.pod_security.policy import BASELINE, Standard

from .cases import Object, container, pod

_LEVEL = Standard(BASELINE)
_HEAD = 'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"'


def named(name: str, owner: str = "", **spec: object) -> Object:
    made = pod(**spec)
    made["metadata"] = {"name": name}
    if owner:
        made["metadata"]["ownerReferences"] = [{"uid": "x"}, {"uid": owner, "controller": True}]
    return made


def test_pods_that_violate_it_alike_are_told_of_together() -> None:
    pods = [
        named("z", hostPID=True),
        named("b"),
        named("y", hostPID=True),
        named("x", hostPID=True, hostIPC=True),
    ]
    mixed = [*pods, named("d", volumes=[{"name": "v", "hostPath": {"path": "/"}}])]
    assert warnings("a", _LEVEL, mixed) == [
        _HEAD,
        "d: hostPath volumes",
        "x (and 2 other pods): host namespaces",
    ]
    assert warnings("a", _LEVEL, pods[:3]) == [_HEAD, "y (and 1 other pod): host namespaces"]
    assert warnings("a", _LEVEL, [named("b")]) == []


def test_one_pod_of_each_controller_comes_first() -> None:
    pods = [named(f"r{at}", "u", hostPID=True) for at in range(5)]
    pods += [named("s", volumes=[{"name": "v", "hostPath": {"path": "/"}}])]
    turns = itertools.count(1)
    said = warnings("a", _LEVEL, pods, lambda: next(turns) == 2)
    assert said == [
        "new PodSecurity enforce level only checked against the first 2 of 6 existing pods",
        _HEAD,
        "r0: host namespaces",
        "s: hostPath volumes",
    ]


def test_no_more_are_looked_at_than_there_is_time_for() -> None:
    pods = [named(f"p{at:05}", hostPID=True) for at in range(MOST_PODS + 5)]
    said = warnings("a", _LEVEL, pods)
    assert said[0].endswith("the first 3000 of 3005 existing pods")
    assert said[2] == "p00000 (and 2999 other pods): host namespaces"
    late = warnings("a", _LEVEL, pods, lambda: True)
    assert late[0].endswith("the first 1 of 3005 existing pods")
    assert late[2] == "p00000: host namespaces"


def test_only_another_image_or_another_container_matters() -> None:
    old = named("p", initContainers=[container("i")], ephemeralContainers=[container("e")])
    spec = old["spec"]
    for same in (
        old,
        {**old, "metadata": {"name": "p", "labels": {"a": "b"}}},
        {**old, "spec": {**spec, "hostPID": True}},
        {**old, "spec": {**spec, "ephemeralContainers": []}},
    ):
        assert not matters(same, old), same
    image = {**container(), "image": "other"}
    for changed in (
        {**spec, "containers": [image]},
        {**spec, "containers": [*spec["containers"], container("d")]},
        {**spec, "initContainers": []},
        {**spec, "initContainers": [{**container("i"), "image": "other"}]},
        {**spec, "ephemeralContainers": [container("e"), container("f")]},
        {**spec, "ephemeralContainers": [{**container("e"), "image": "other"}]},
    ):
        assert matters({**old, "spec": changed}, old), changed
