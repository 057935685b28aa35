"""A snapshot that lived through many events says what one says that was made of their outcome, and what one pod at a time
would find out.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from drakkar.api.core import ContainerImage, Node, Pod
from drakkar.api.meta import OwnerReference
from drakkar.api.object import ObjectKey
from drakkar.api.resource import decode
from drakkar.api.selectors import LabelSelector, parse_label_selector
from drakkar.api.storage import StorageClass, Volume, VolumeClaim
from drakkar.placement import Snapshot, totals

from .objects import node, pod

ZONES = ["a", "b", "c"]
NAMES = [f"n{index}" for index in range(7)]
KEYS = ["zone", "kubernetes.io/hostname", "rack"]
IMAGES = {"a:1": 100_000_000, "b:2": 900_000_000}


class Story:
    """What there is, and a snapshot that was told of it change by change."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.snapshot = Snapshot()
        self.nodes: dict[str, Node] = {}
        self.pods: dict[tuple[str, str], tuple[Pod, str]] = {}
        self.namespaces: dict[str, dict[str, str]] = {}
        self.services: dict[ObjectKey, dict[str, str]] = {}
        self.sets: dict[ObjectKey, LabelSelector] = {}
        self.claims: dict[ObjectKey, VolumeClaim] = {}
        self.volumes: dict[str, Volume] = {}
        self.classes: dict[str, StorageClass] = {}

    def fresh(self) -> Snapshot:
        made = Snapshot()
        for name, labels in self.namespaces.items():
            made.set_namespace(name, labels)
        for key, (one, where) in self.pods.items():
            made.put(key, one, where)
        for one in self.nodes.values():
            made.set_node(one)
        for name, claim in self.claims.items():
            made.volumes.set_claim(name, claim)
        for volume in self.volumes.values():
            made.volumes.set_volume(volume.metadata.name, volume)
        for storage in self.classes.values():
            made.volumes.set_class(storage.metadata.name, storage)
        for key, labels in self.services.items():
            made.groups.set_service(key, labels)
        for key, written in self.sets.items():
            made.groups.set_workload("ReplicaSet", key, written)
        return made

    def a_node(self, name: str) -> Node:
        dice = self.dice
        labels = {"kubernetes.io/hostname": name}
        if dice.random() < 0.9:
            labels["zone"] = labels["topology.kubernetes.io/zone"] = dice.choice(ZONES)
        if dice.random() < 0.3:
            labels["rack"] = dice.choice(["1", "2", "1_0"])
        taint = {"key": "k", "value": "9", "effect": dice.choice(["NoSchedule", "PreferNoSchedule"])}
        taints = [taint] if dice.random() < 0.3 else []
        allocatable = {"cpu": dice.choice(["2", "4"]), "memory": "8Gi", "pods": dice.choice(["3", "10"])}
        made = node(name, labels, taints=taints, unschedulable=dice.random() < 0.1, allocatable=allocatable)
        images = tuple(
            ContainerImage(names=(image,), size_bytes=IMAGES[image])
            for image in sorted(IMAGES)
            if dice.random() < 0.3
        )
        return msgspec.structs.replace(made, status=msgspec.structs.replace(made.status, images=images))

    def _selector(self) -> dict[str, object]:
        dice = self.dice
        if dice.random() < 0.2:
            return {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
        return {"matchLabels": {"app": dice.choice("xy")}} if dice.random() < 0.9 else {}

    def _term(self) -> dict[str, object]:
        dice = self.dice
        term: dict[str, object] = {"topologyKey": dice.choice(KEYS), "labelSelector": self._selector()}
        if dice.random() < 0.2:
            term["namespaces"] = ["other"]
        if dice.random() < 0.2:
            term["namespaceSelector"] = {"matchLabels": {"team": "t"}}
        return term

    def a_pod(self, name: str) -> Pod:
        dice = self.dice
        spec: dict[str, object] = {}
        affinity: dict[str, object] = {}
        required = "requiredDuringSchedulingIgnoredDuringExecution"
        if dice.random() < 0.2:
            affinity["podAffinity"] = {required: [self._term() for _ in range(dice.choice([1, 2]))]}
        if dice.random() < 0.2:
            affinity["podAntiAffinity"] = {required: [self._term()]}
        if dice.random() < 0.3:
            wanted = {"key": "rack", "operator": dice.choice(["Gt", "Exists", "In"]), "values": ["1"]}
            if wanted["operator"] == "Exists":
                wanted["values"] = []
            term = {"matchExpressions": [wanted]}
            kind = "preferredDuringSchedulingIgnoredDuringExecution"
            affinity["nodeAffinity"] = (
                {required: {"nodeSelectorTerms": [term]}}
                if dice.random() < 0.3
                else {kind: [{"weight": 5, "preference": term}]}
            )
        for kind in ("podAffinity", "podAntiAffinity"):
            if dice.random() < 0.2:
                preferred = [{"weight": dice.choice([1, 50]), "podAffinityTerm": self._term()}]
                affinity.setdefault(kind, {})["preferredDuringSchedulingIgnoredDuringExecution"] = preferred  # type: ignore[index]
        if affinity:
            spec["affinity"] = affinity
        if dice.random() < 0.3:
            spec["topologySpreadConstraints"] = [
                {
                    "maxSkew": dice.choice([1, 2]),
                    "topologyKey": dice.choice(KEYS),
                    "whenUnsatisfiable": dice.choice(["DoNotSchedule", "ScheduleAnyway"]),
                    "labelSelector": self._selector(),
                    "nodeAffinityPolicy": dice.choice(["Honor", "Ignore"]),
                    "nodeTaintsPolicy": dice.choice(["Honor", "Ignore"]),
                    "minDomains": dice.choice([1, 3]),
                    "matchLabelKeys": dice.choice([[], ["tier"]]),
                }
                for _ in range(dice.choice([1, 2]))
            ]
        if dice.random() < 0.3:
            spec["tolerations"] = [{"key": "k", "operator": "Exists"}]
        if dice.random() < 0.2:
            spec["ports"] = [{"hostPort": dice.choice([80, 81]), "containerPort": 80}]
        if dice.random() < 0.7:
            spec["cpu"] = dice.choice(["100m", "1", "1500m"])
        labels = {"app": dice.choice("xyz")} if dice.random() < 0.8 else {}
        if dice.random() < 0.5:
            labels["tier"] = dice.choice("ab")
        if dice.random() < 0.3:
            named = {"persistentVolumeClaim": {"claimName": dice.choice("cd")}}
            disk = {"gcePersistentDisk": {"pdName": dice.choice("ab"), "readOnly": dice.random() < 0.5}}
            spec["volumes"] = [{"name": "v", **dice.choice([named, named, disk])}]
        spec["image"] = dice.choice(["none:1", *IMAGES])
        made = pod(name, labels, dice.choice(["default", "other"]), **spec)
        parts: dict[str, Any] = {}
        if dice.random() < 0.5:
            owner = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="rs", controller=True)
            parts["owner_references"] = (owner,)
        if dice.random() < 0.1:
            parts["deletion_timestamp"] = "2026-01-01T00:00:00Z"
        return msgspec.structs.replace(made, metadata=msgspec.structs.replace(made.metadata, **parts))

    def a_volume_event(self) -> None:
        dice, volumes = self.dice, self.snapshot.volumes
        kind, of = dice.choice("ccvvs"), dice.choice(["wait", "now"])
        if kind == "s":
            mode = dice.choice(["WaitForFirstConsumer", "Immediate"])
            made = {
                "metadata": {"name": of},
                "provisioner": dice.choice(["x", ""]),
                "volumeBindingMode": mode,
            }
            self.classes[of] = decode(StorageClass, made)
            volumes.set_class(of, self.classes[of])
        elif kind == "v":
            name, node = dice.choice("vw"), dice.choice(NAMES)
            where = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
            affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [where]}]}}
            spec = {"storageClassName": of, "capacity": {"storage": dice.choice(["1Gi", "2Gi"])}}
            spec["nodeAffinity"] = dice.choice([affinity, {}])  # type: ignore[assignment]
            metadata = {"name": name, "labels": dice.choice([{}, {"topology.kubernetes.io/zone": "a"}])}
            made = {"metadata": metadata, "spec": spec, "status": {"phase": "Available"}}
            self.volumes[name] = decode(Volume, made)
            volumes.set_volume(name, self.volumes[name])
        else:
            key = ObjectKey(dice.choice(["default", "other"]), dice.choice("cd"))
            modes = [dice.choice(["ReadWriteOnce", "ReadWriteOncePod"])]
            notes = {"pv.kubernetes.io/bind-completed": "yes"} if dice.random() < 0.6 else {}
            made = {
                "metadata": {"name": key.name, "namespace": key.namespace, "annotations": notes},
                "spec": {"storageClassName": of, "volumeName": dice.choice("vw") if notes else ""},
            }
            made["spec"]["accessModes"] = modes if notes else []  # type: ignore[index]
            self.claims[key] = decode(VolumeClaim, made)
            volumes.set_claim(key, self.claims[key])

    def step(self) -> None:
        dice, snapshot = self.dice, self.snapshot
        chance = dice.random()
        if chance < 0.2:
            name = dice.choice(NAMES)
            self.nodes[name] = self.a_node(name)
            snapshot.set_node(self.nodes[name])
        elif chance < 0.25 and self.nodes:
            name = dice.choice(list(self.nodes))
            del self.nodes[name]
            snapshot.remove_node(name)
        elif chance < 0.3:
            name = dice.choice(["default", "other"])
            self.namespaces[name] = dice.choice([{"team": "t"}, {}])
            snapshot.set_namespace(name, self.namespaces[name])
        elif chance < 0.35:
            service = ObjectKey(dice.choice(["default", "other"]), dice.choice("st"))
            self.services[service] = dice.choice([{"app": "x"}, {"app": "y", "tier": "a"}, {}])
            snapshot.groups.set_service(service, self.services[service])
        elif chance < 0.37:
            replicas = ObjectKey(dice.choice(["default", "other"]), "rs")
            self.sets[replicas] = parse_label_selector(dice.choice(["app=x", "app", "app in (y,z),tier=a"]))
            snapshot.groups.set_workload("ReplicaSet", replicas, self.sets[replicas])
        elif chance < 0.43:
            self.a_volume_event()
        elif chance < 0.78:
            key = ("d", f"p{dice.randrange(14)}")
            one = self.a_pod(key[1])
            self.pods[key] = one, dice.choice(NAMES)
            snapshot.put(key, *self.pods[key])
        elif self.pods:
            key = dice.choice(list(self.pods))
            del self.pods[key]
            snapshot.take_off(key)


@pytest.mark.parametrize("seed", range(40))
def test_what_was_learned_event_by_event_is_what_a_fresh_look_says(seed: int) -> None:
    story = Story(seed)
    asked = [story.a_pod(f"asked-{index}") for index in range(6)]
    for _ in range(150):
        story.step()
        one = story.dice.choice(asked)
        learned, fresh = story.snapshot.form(one), story.fresh()
        said = fresh.form(one)
        assert [node.name for node in story.snapshot.nodes] == sorted(story.nodes)
        volumes, theirs_of = story.snapshot.volumes_of(one), fresh.volumes_of(one)
        if volumes is not None and theirs_of is not None:
            assert volumes.refusal == theirs_of.refusal
            if volumes.refusal:
                volumes = theirs_of = None
        fitting = list(learned.fitting())
        assert [node.name for node in fitting] == [node.name for node in said.fitting()]
        start, count = story.dice.randrange(len(NAMES)) % max(len(story.nodes), 1), story.dice.randrange(1, 8)
        from_there = list(said.fitting(start=start))
        some, looked = learned.first(count, start)
        assert [node.name for node in some] == [node.name for node in from_there[:count]]
        assert looked == len(story.nodes) or (
            len(some) == count and (some[-1].index - start) % len(story.nodes) == looked - 1
        )
        for mine, theirs in zip(story.snapshot.nodes, fresh.nodes, strict=True):
            assert learned.objections(mine, volumes) == said.objections(theirs, theirs_of)
            if volumes is not None and theirs_of is not None and volumes.fits(mine):
                assert volumes.on(mine) == theirs_of.on(theirs)
                assert volumes.score(mine) == theirs_of.score(theirs)
            assert learned.fits(mine) is (mine in fitting)
        theirs = [fresh.node(node.name) for node in fitting]
        assert totals(learned, fitting, [0] * len(fitting)) == totals(said, theirs, [0] * len(theirs))  # type: ignore[arg-type]


def test_an_update_of_the_status_alone_makes_nothing_doubtful() -> None:
    snapshot = Snapshot()
    snapshot.set_node(node("n1"))
    form = snapshot.form(pod())
    assert [one.name for one in form.fitting()] == ["n1"]
    snapshot.set_node(node("n1"))
    snapshot.put(("default", "other"), pod("other"), "n1")
    assert not form._verdicts.count(1)
    list(form.fitting())
    snapshot.put(("default", "other"), pod("other"), "n1")
    assert form._verdicts.count(1) == 1
    assert snapshot.form(pod("another name")) is form
