"""Schedules pod after pod as the scheduler does, with Drakkar's allocator or upstream's; both answer the same pods.

Drakkar's is asked as Drakkar's scheduler asks it, where there is hope, node by node, but for as many nodes as upstream looks for.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from allocate_clusters import CLASSES, Cluster
from upstream.line_pipe import ask_all

from drakkar.allocator import Allocated, Allocator, Inventory, Ledger, Node, Nodes, NoSolution
from drakkar.api.resource import AllocationResult, DeviceClass, ResourceClaim, ResourceSlice, decode

ANSWER_LIMIT_S = 600


class Placement(NamedTuple):
    """Where a pod went, with its devices as driver/pool/device; without a node it fits nowhere."""

    node: str
    devices: tuple[str, ...]


@dataclass
class Course:
    """How a run of pods went, each list with an entry a pod.

    The seconds are those in which the allocating thread ran, so that what else the machine does says nothing.
    """

    seconds: list[float] = field(default_factory=list)
    tried: list[int] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)

    @property
    def pods_a_second(self) -> float:
        return len(self.seconds) / sum(self.seconds)

    @property
    def median(self) -> float:
        """Seconds for the pod in the middle."""
        return statistics.median(self.seconds)

    def part(self, first: int, pods: int) -> Course:
        """Some of the pods."""
        cut = slice(first, first + pods)
        return Course(self.seconds[cut], self.tried[cut], self.placements[cut])


@dataclass(frozen=True)
class Sample:
    """Pods to schedule from a given state on: what is in use, the first pod's number, and where in the nodes it begins."""

    taken: tuple[str, ...] = ()
    first: int = 0
    start: int = 0


def enough(nodes: int) -> int:
    """How many nodes that fit end the scheduler's search for more, with its adaptive percentage."""
    return nodes if nodes < 100 else max(100, nodes * max(5, 50 - nodes // 125) // 100)


def chosen(pod: int, fits: Container[int], passed: int) -> int | None:
    """At which place of those passed a pod finds a node that fits: it looks from anywhere on, but the same in every run."""
    first = pod * 2654435761 % 2**32 % passed
    places = (place % passed for place in range(first, first + passed))
    return next((place for place in places if place in fits), None)


def inventory_of(cluster: Cluster) -> Inventory:
    """What the cluster has."""
    inventory = Inventory()
    for class_ in CLASSES:
        inventory.set_class(decode(DeviceClass, class_))
    for slice_ in cluster.slices():
        # From text, as it comes to a scheduler, so that nothing of it is shared with the next slice.
        inventory.set_slice(decode(ResourceSlice, json.loads(json.dumps(slice_))))
    return inventory


def _claims(template: Sequence[Any], pod: int) -> list[ResourceClaim]:
    made = []
    for claim in template:
        name = f"pod-{pod}-{claim['metadata']['name']}"
        text = json.dumps({**claim, "metadata": {**claim["metadata"], "name": name, "uid": name}})
        made.append(decode(ResourceClaim, json.loads(text)))
    return made


class Scheduler:
    """One allocator over one inventory and ledger, and the place where the next pod's search for nodes begins."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.inventory, self.ledger = inventory_of(cluster), Ledger()
        self.allocator = Allocator(self.inventory, self.ledger)
        self.nodes = Nodes(Node(name) for name in cluster.node_names)
        self.start = self.pod = 0
        self.spent = 0.0
        # Devices in use, in the order in which they were taken.
        self.taken: list[str] = []

    def fill(self, devices_a_node: int) -> None:
        """Let the first devices of each node's pool be in use."""
        for slice_ in self.cluster.slices():
            spec, results = slice_["spec"], []
            for device in spec["devices"][:devices_a_node]:
                place = {"driver": spec["driver"], "pool": spec["pool"]["name"], "device": device["name"]}
                results.append({"request": "gpu", **place})
                self.taken.append("/".join(place.values()))
            taken = decode(AllocationResult, {"devices": {"results": results}})
            self.ledger.set_claim(f"before-{slice_['metadata']['name']}", taken)

    def claims(self, pod: int) -> list[ResourceClaim]:
        """The claims of a pod, with names of their own."""
        return _claims(self.cluster.templates[pod % len(self.cluster.templates)], pod)

    def sample(self) -> Sample:
        """The state of now, for the others to go on from."""
        return Sample(tuple(self.taken), self.pod, self.start)

    def run(self, pods: int, limit_s: float = ANSWER_LIMIT_S, until_full: bool = False) -> Course:
        """Schedule so many pods, or fewer if the time or the devices run out."""
        course = Course()
        wanted = enough(self.cluster.nodes)
        ends = time.monotonic() + limit_s
        for pod in range(self.pod, self.pod + pods):
            if time.monotonic() > ends:
                break
            # A claim is decoded when the watch brings it, before its pod's turn comes.
            claims = self.claims(pod)
            began = time.thread_time()
            nodes = self.nodes.all
            fits, passed = self._fits(claims, wanted)
            place = chosen(pod, fits, passed)
            node, devices = "", []
            if place is not None:
                node = nodes[(self.start + place) % len(nodes)].name
                for claim, allocation in zip(claims, fits[place].results, strict=True):
                    self.ledger.set_claim(claim.metadata.uid, allocation)
                    devices += [f"{r.driver}/{r.pool}/{r.device}" for r in allocation.devices.results]
            self.start = (self.start + passed) % len(nodes)
            course.seconds.append(time.thread_time() - began)
            course.tried.append(passed)
            course.placements.append(Placement(node, tuple(devices)))
            self.taken += devices
            self.pod = pod + 1
            if until_full and not node:
                break
        self.spent += sum(course.seconds)
        return course

    def _fits(self, claims: list[ResourceClaim], wanted: int) -> tuple[dict[int, Allocated], int]:
        """So many nodes that have devices, by how far they are from where the last search ended; and how many were passed."""
        nodes, start = self.nodes.all, self.start
        asked = self.allocator.asked(claims)
        hope = asked.hopeful(self.nodes)
        fits: dict[int, Allocated] = {}
        for place in compress(range(len(nodes)), hope[start:] + hope[:start]):
            # An index below zero counts from the end.
            outcome = asked.on(nodes[start + place - len(nodes)])
            if isinstance(outcome, Allocated):
                fits[place] = outcome
                if len(fits) == wanted:
                    return fits, place + 1
            else:
                assert isinstance(outcome, NoSolution), outcome
        return fits, len(nodes)


def theirs(
    program: Path, cluster: Cluster, directory: Path, samples: Sequence[Sample], pods: int, limit_s: float
) -> list[Course]:
    """Upstream's course from each sample on."""
    question = {
        "id": cluster.name,
        "classes": CLASSES,
        "cluster": {
            "slices_in": str(cluster.write(directory)),
            "nodes": cluster.node_names,
            "templates": cluster.templates,
            "enough": enough(cluster.nodes),
            "samples": [
                {
                    "taken": [device.split("/") for device in sample.taken],
                    "first": sample.first,
                    "start": sample.start,
                    "pods": pods,
                    "limit_s": limit_s,
                }
                for sample in samples
            ],
        },
    }
    (answer,) = ask_all(program, [question], ANSWER_LIMIT_S)
    assert "error" not in answer, answer
    return [_course(one) for one in answer["samples"]]


def _course(answer: Any) -> Course:
    placements = [
        Placement(node, tuple(devices))
        for node, devices in zip(answer["nodes"], answer["devices"], strict=True)
    ]
    return Course([ns / 1e9 for ns in answer["ns"]], answer["tried"], placements)


def differences(ours: Course, upstream: Course) -> Iterator[str]:
    """Pods that upstream placed otherwise, of those that both came to."""
    for number, (mine, other) in enumerate(zip(ours.placements, upstream.placements, strict=False)):
        if mine != other:
            yield f"pod {number}: {mine} here, {other} upstream"
