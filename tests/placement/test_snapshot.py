"""A snapshot that lived through many events says what one says that was made of their outcome, and what one pod at a time
would find out.
"""

from __future__ import annotations

import random

import pytest

from drakkar.api.core import Node, Pod
from drakkar.placement import Snapshot, best

from .objects import node, pod

ZONES = ["a", "b", "c"]
NAMES = [f"n{index}" for index in range(7)]
KEYS = ["zone", "kubernetes.io/hostname", "rack"]


class Story:
    """What there is, and a snapshot that was told of it change by change."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.snapshot = Snapshot()
        self.nodes: dict[str, Node] = {}
        self.pods: dict[tuple[str, str], tuple[Pod, str]] = {}
        self.namespaces: dict[str, dict[str, str]] = {}

    def fresh(self) -> Snapshot:
        made = Snapshot()
        for name, labels in self.namespaces.items():
            made.set_namespace(name, labels)
        for key, (one, where) in self.pods.items():
            made.put(key, one, where)
        for one in self.nodes.values():
            made.set_node(one)
        return made

    def a_node(self, name: str) -> Node:
        dice = self.dice
        labels = {"kubernetes.io/hostname": name}
        if dice.random() < 0.9:
            labels["zone"] = dice.choice(ZONES)
        if dice.random() < 0.3:
            labels["rack"] = dice.choice(["1", "2", "1_0"])
        taint = {"key": "k", "value": "9", "effect": dice.choice(["NoSchedule", "PreferNoSchedule"])}
        taints = [taint] if dice.random() < 0.3 else []
        allocatable = {"cpu": dice.choice(["2", "4"]), "memory": "8Gi", "pods": dice.choice(["3", "10"])}
        return node(name, labels, taints=taints, unschedulable=dice.random() < 0.1, allocatable=allocatable)

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
        if affinity:
            spec["affinity"] = affinity
        if dice.random() < 0.3:
            spec["topologySpreadConstraints"] = [
                {
                    "maxSkew": dice.choice([1, 2]),
                    "topologyKey": dice.choice(KEYS),
                    "whenUnsatisfiable": dice.choice(["DoNotSchedule", "ScheduleAnyway"]),
                    "labelSelector": self._selector(),
                    "nodeTaintsPolicy": dice.choice(["Honor", "Ignore"]),
                    "minDomains": dice.choice([1, 3]),
                }
            ]
        if dice.random() < 0.3:
            spec["tolerations"] = [{"key": "k", "operator": "Exists"}]
        if dice.random() < 0.2:
            spec["ports"] = [{"hostPort": dice.choice([80, 81]), "containerPort": 80}]
        if dice.random() < 0.7:
            spec["cpu"] = dice.choice(["100m", "1", "1500m"])
        labels = {"app": dice.choice("xyz")} if dice.random() < 0.8 else {}
        return pod(name, labels, dice.choice(["default", "other"]), **spec)

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
        elif chance < 0.75:
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
    for _ in range(120):
        story.step()
        one = story.dice.choice(asked)
        learned, fresh = story.snapshot.form(one), story.fresh()
        said = fresh.form(one)
        assert [node.name for node in story.snapshot.nodes] == sorted(story.nodes)
        fitting = list(learned.fitting())
        assert [node.name for node in fitting] == [node.name for node in said.fitting()]
        for mine, theirs in zip(story.snapshot.nodes, fresh.nodes, strict=True):
            assert learned.objections(mine) == said.objections(theirs)
            assert learned.fits(mine) is (mine in fitting)
        scores = [learned.score(node) for node in fitting]
        assert scores == [said.score(fresh.node(node.name)) for node in fitting]  # type: ignore[arg-type]
        if scores:
            assert 0 <= best([(score, 0) for score in scores]) < len(scores)


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
