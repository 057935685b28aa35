"""Who has to leave for whom: nobody without need, nobody more important; the same whether learned event by event or anew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.resource import decode
from drakkar.api.workloads import DisruptionBudget
from drakkar.placement import NO_VICTIMS, UNHELPFUL, Snapshot, Victims

from .objects import node
from .test_snapshot import NAMES, Story

PRIORITIES = [-5, 0, 0, 10, 50]


def budget(name: str, app: str, allowed: int, namespace: str = "default", **status: Any) -> DisruptionBudget:
    return decode(
        DisruptionBudget,
        {
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"disruptionsAllowed": allowed, **status},
        },
    )


def pod(name: str, cpu: str = "1", priority: int = 0, app: str = "", started: int = 0, **more: Any) -> Pod:
    spec = {
        "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
        "priority": priority,
        **more,
    }
    labels = {"app": app} if app else {}
    return decode(
        Pod,
        {
            "metadata": {"name": name, "namespace": "default", "labels": labels},
            "spec": spec,
            "status": {"startTime": f"2026-01-01T00:00:{started:02}Z"},
        },
    )


def key(name: str) -> ObjectKey:
    return ObjectKey("default", name)


WANTING = key("wanting")


def full(**nodes: list[Pod]) -> Snapshot:
    """Nodes of two processors with these pods."""
    snapshot = Snapshot()
    for name, pods in nodes.items():
        snapshot.set_node(node(name, allocatable={"cpu": "2", "memory": "8Gi", "pods": "10"}))
        for one in pods:
            snapshot.put(key(one.metadata.name), one, name)
    return snapshot


def chosen(snapshot: Snapshot, one: Pod, asking: ObjectKey = WANTING) -> Any:
    """(node, victims, violations), or how many nodes cannot be helped, by what speaks against them."""
    preemption = snapshot.preemption(snapshot.form(one), one.spec.priority or 0)
    found = preemption.chosen(asking)
    if isinstance(found, Victims):
        return found.node, [victim.key.name for victim in found.pods], found.violations
    return dict(found)


def test_the_least_important_go_and_no_more_than_have_to() -> None:
    snapshot = full(n=[pod("a", "500m", 5), pod("b", "500m", 1, started=1), pod("c", "500m", 1, started=2)])
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["c"], 0)
    assert chosen(snapshot, pod("wanting", "1500m", 10)) == ("n", ["b", "c"], 0)
    assert chosen(snapshot, pod("wanting", "1500m", 5)) == ("n", ["b", "c"], 0)
    assert chosen(snapshot, pod("wanting", "2", 5)) == {"Insufficient cpu": 1}


def test_who_began_last_goes_first_also_where_that_is_told_later() -> None:
    snapshot = full(n=[pod("a", "1", 0, started=1), pod("b", "1", 0, started=2)])
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["b"], 0)
    snapshot.put(key("a"), pod("a", "1", 0, started=3), "n")
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["a"], 0)


def test_what_nobody_can_help() -> None:
    snapshot = full(a=[pod("x", "2", 10)], b=[pod("y", "2", 0)], c=[pod("z", "2", 0)])
    snapshot.set_node(
        node("b", taints=[{"key": "k", "effect": "NoSchedule"}], allocatable={"cpu": "2", "pods": "10"})
    )
    snapshot.set_node(node("c", allocatable={"cpu": "1", "pods": "10"}))
    assert chosen(snapshot, pod("wanting", "2", 10)) == {UNHELPFUL: 2, NO_VICTIMS: 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Fewer than their budgets spare, though more important.
        ([pod("a", "2", 0, "kept")], [pod("b", "2", 5)]),
        ([pod("a", "2", 5)], [pod("b", "2", 4)]),
        ([pod("a", "1", 5), pod("a2", "1", 5)], [pod("b", "1", 5), pod("b2", "1", 4)]),
        ([pod("a", "1", -5), pod("a2", "1", -5)], [pod("b", "2", -5)]),
        ([pod("a", "2", 5, started=1)], [pod("b", "2", 5, started=2)]),
    ],
)
def test_the_node_where_less_harm_is_done(one: list[Pod], other: list[Pod]) -> None:
    snapshot = full(n1=one, n2=other)
    snapshot.budgets.put(key("kept"), budget("kept", "kept", 0))
    assert chosen(snapshot, pod("wanting", "2", 10))[0] == "n2"
    snapshot = full(n1=other, n2=one)
    snapshot.budgets.put(key("kept"), budget("kept", "kept", 0))
    assert chosen(snapshot, pod("wanting", "2", 10))[0] == "n1"


def test_of_equal_nodes_the_first() -> None:
    assert chosen(full(n1=[pod("a", "2")], n2=[pod("b", "2")]), pod("wanting", "2", 10))[0] == "n1"


def test_budgets() -> None:
    """Those that would be missed are the first to be let stay."""
    snapshot = full(n=[pod("a", "1", 0, "kept"), pod("b", "1", 5)])
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["a"], 0)
    snapshot.budgets.put(key("kept"), budget("kept", "kept", 0))
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["b"], 0)
    assert chosen(snapshot, pod("wanting", "2", 10)) == ("n", ["b", "a"], 1)
    # One that has been granted to go is not missed any more; and a budget of another namespace is about others.
    granted = budget("kept", "kept", 0, disruptedPods={"a": "2026-01-01T00:00:00Z"})
    snapshot.budgets.put(key("kept"), granted)
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["a"], 0)
    snapshot.budgets.put(key("kept"), None)
    snapshot.budgets.put(ObjectKey("other", "kept"), budget("kept", "kept", 0, "other"))
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["a"], 0)


def test_a_budget_spares_as_many_as_it_says() -> None:
    pods = [pod(f"p{index}", "1", 0, "kept", index) for index in range(2)]
    snapshot = full(n=pods)
    for allowed, violations in ((0, 2), (1, 1), (2, 0)):
        snapshot.budgets.put(key("kept"), budget("kept", "kept", allowed))
        assert chosen(snapshot, pod("wanting", "2", 10)) == ("n", ["p0", "p1"], violations)


def test_room_that_somebody_waits_for_is_his() -> None:
    snapshot = full(n=[pod("a", "1", 0), pod("b", "1", 0, started=1)])
    waits = pod("first", "1", 10)
    snapshot.nominate(key("first"), waits, "n")
    # For the one who waits nothing has changed, and who is less important than he makes way.
    assert chosen(snapshot, waits, key("first")) == ("n", ["b"], 0)
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["a", "b"], 0)
    assert chosen(snapshot, pod("wanting", "1", 11)) == ("n", ["b"], 0)
    snapshot.withdraw(key("first"))
    assert chosen(snapshot, pod("wanting", "1", 10)) == ("n", ["b"], 0)


def test_devices_have_a_say() -> None:
    snapshot = full(n1=[pod("a", "2", 0)], n2=[pod("b", "2", 5)])
    wanting = pod("wanting", "2", 10)
    preemption = snapshot.preemption(snapshot.form(wanting), 10)
    found = preemption.chosen(WANTING, lambda one: "no device" if one.name == "n1" else "")
    assert isinstance(found, Victims) and found.node == "n2"
    assert preemption.chosen(WANTING, lambda one: "no device") == {"no device": 2}


class Prioritized(Story):
    """A story of pods of several priorities, some of them waiting for a node, and of budgets."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.waiting: dict[ObjectKey, tuple[Pod, str]] = {}
        self.budgets: dict[ObjectKey, DisruptionBudget] = {}

    def a_pod(self, name: str) -> Pod:
        made = super().a_pod(name)
        spec = msgspec.structs.replace(made.spec, priority=self.dice.choice(PRIORITIES))
        started = f"2026-01-01T00:{self.dice.randrange(60):02}:00Z"
        status = msgspec.structs.replace(made.status, start_time=started)
        return msgspec.structs.replace(made, spec=spec, status=status)

    def fresh(self) -> Snapshot:
        made = super().fresh()
        for one, (waits, where) in self.waiting.items():
            made.nominate(one, waits, where)
        for one, written in self.budgets.items():
            made.budgets.put(one, written)
        return made

    def fits_without(self, one: Pod, node: str, gone: set[ObjectKey]) -> bool:
        """Whether the node would take the pod if these were gone."""
        there = self.fresh()
        for key in (*gone, *self.waiting):
            there.take_off(key)
            there.withdraw(key)
        where = there.node(node)
        return where is not None and there.form(one).fits(where)

    def step(self) -> None:
        dice, chance = self.dice, self.dice.random()
        if chance < 0.1:
            one = ObjectKey("d", f"w{dice.randrange(4)}")
            self.waiting[one] = self.a_pod(one.name), dice.choice(NAMES)
            self.snapshot.nominate(one, *self.waiting[one])
        elif chance < 0.15 and self.waiting:
            one = dice.choice(list(self.waiting))
            del self.waiting[one]
            self.snapshot.withdraw(one)
        elif chance < 0.2:
            app = dice.choice("xyz")
            one = ObjectKey("default", app)
            self.budgets[one] = budget(app, app, dice.randrange(3))
            self.snapshot.budgets.put(one, self.budgets[one])
        else:
            super().step()


@pytest.mark.parametrize("seed", range(25))
def test_event_by_event_is_as_anew(seed: int) -> None:
    story = Prioritized(seed)
    asked = [story.a_pod(f"asked-{index}") for index in range(5)]
    for _ in range(80):
        story.step()
        one = story.dice.choice(asked)
        asking = story.dice.choice([WANTING, *story.waiting])
        learned, fresh = story.snapshot, story.fresh()
        priority = one.spec.priority or 0
        mine = learned.preemption(learned.form(one), priority)
        anew = fresh.preemption(fresh.form(one), priority)
        assert mine.refused(asking) == anew.refused(asking)
        assert mine.chosen(asking) == anew.chosen(asking)


@pytest.mark.parametrize("seeds", range(2))
def test_nobody_goes_without_need(seeds: int) -> None:
    """Without the victims the pod fits; with any one of them it does not; and none of them is as important as the pod."""
    found = 0
    for seed in range(15 * seeds, 15 * seeds + 15):
        story = Prioritized(seed)
        for step in range(80):
            story.step()
            one = story.a_pod(f"asked-{step}")
            snapshot = story.fresh()
            for waits in story.waiting:
                snapshot.withdraw(waits)
            form = snapshot.form(one)
            if any(True for _ in form.fitting()):
                continue
            victims = snapshot.preemption(form, one.spec.priority or 0).chosen(WANTING)
            if not isinstance(victims, Victims):
                continue
            found += 1
            assert all(victim.priority < (one.spec.priority or 0) for victim in victims.pods)
            keys = {victim.key for victim in victims.pods}
            assert story.fits_without(one, victims.node, keys)
            assert not any(story.fits_without(one, victims.node, keys - {kept}) for kept in keys)
    assert found
