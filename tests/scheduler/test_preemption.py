"""A pod that fits nowhere has less important ones go, once and no more, whatever is lost, and whoever is killed."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from drakkar.client.changes import Added
from drakkar.scheduler import bind, claim_writer, preempting, scheduler

from .bench import Bench, claim, node, pod

Object = dict[str, Any]
FOUND = (
    "0/1 nodes are available: 1 Insufficient cpu."
    " preemption: found a potential placement for pod on node n1, preempting 1 victims"
)
HOPELESS = (
    "0/1 nodes are available: 1 Insufficient cpu."
    " preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bind, claim_writer, preempting, scheduler):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.0)


def wanting(name: str, cpu: str = "4", priority: int = 10, **more: Any) -> Object:
    made = pod(name, priority=priority)
    made["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
    made["spec"].update(more)
    return made


def running(
    bench: Bench, name: str, cpu: str = "4", priority: int = 0, node: str = "n1", **labels: str
) -> None:
    made = wanting(name, cpu, priority, nodeName=node, terminationGracePeriodSeconds=30)
    made["metadata"]["labels"] = labels
    bench.client.put("pods", made)


def status(bench: Bench, name: str) -> Object:
    found: Object = bench.client.have("pods", name, "default").get("status") or {}
    return found


def going(bench: Bench) -> list[str]:
    """Who has been told to go."""
    return [
        one["metadata"]["name"]
        for one in bench.client.all("pods")
        if one["metadata"].get("deletionTimestamp")
    ]


def preempted(bench: Bench) -> list[tuple[str, str]]:
    return [(who, message) for who, _, reason, message in bench.events.seen if reason == "Preempted"]


def deletions(bench: Bench) -> int:
    return sum(one.verb == "delete" and one.resource == "pods" for one in bench.client.asked)


async def again(bench: Bench) -> None:
    """After the pauses that pods take."""
    bench.now += 60
    await bench.drain()


async def test_one_has_to_go_and_the_other_gets_its_place() -> None:
    bench = Bench([])
    running(bench, "low")
    bench.client.put("pods", wanting("high"))
    await bench.drain()
    assert bench.messages("high") == [FOUND]
    assert status(bench, "high")["nominatedNodeName"] == "n1"
    uid = bench.client.have("pods", "high", "default")["metadata"]["uid"]
    assert preempted(bench) == [("low", f"Preempted by pod {uid} on node n1")]
    (target,) = status(bench, "low")["conditions"]
    assert {name: target[name] for name in ("type", "status", "reason", "message")} == {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "PreemptionByScheduler",
        "message": "default-scheduler: preempting to accommodate a higher priority pod",
    }
    assert going(bench) == ["low"]
    # While it goes nobody else has to, whatever happens meanwhile.
    running(bench, "lower", "0", -5)
    bench.scheduler.queue.move()
    await again(bench)
    assert bench.messages("high")[1:] == [
        "0/1 nodes are available: 1 Insufficient cpu."
        " preemption: not eligible due to a terminating pod on the nominated node."
    ]
    assert status(bench, "high")["nominatedNodeName"] == "n1"
    bench.client.remove("pods", "low", "default")
    await again(bench)
    assert bench.client.bindings == [("high", "n1")]
    assert "nominatedNodeName" not in status(bench, "high")
    assert deletions(bench) == 1


async def test_nobody_goes_for_one_that_makes_nobody_go_or_is_no_more_important() -> None:
    bench = Bench([])
    running(bench, "low", priority=10)
    bench.client.put("pods", wanting("same"))
    bench.client.put("pods", wanting("never", priority=100, preemptionPolicy="Never"))
    bench.client.put("pods", wanting("large", "8", 100))
    await bench.drain()
    assert bench.messages("same") == [HOPELESS]
    assert bench.messages("never") == [
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    ]
    assert bench.messages("large") == [
        "0/1 nodes are available: 1 Insufficient cpu."
        " preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    ]
    assert going(bench) == []


async def test_room_is_kept_for_the_one_it_was_made_for() -> None:
    bench = Bench([])
    bench.client.put("nodes", node("n2", cpu="1"))
    running(bench, "low")
    bench.client.put("pods", wanting("high"))
    await bench.drain()
    bench.client.remove("pods", "low", "default")
    bench.client.put("pods", wanting("quick", priority=10))
    bench.client.put("pods", wanting("small", "1", 5))
    key = ("default", "high")
    # The one that waits has its pause, and the others their turn.
    assert bench.scheduler.queue.where(key) == "backoff"
    await bench.drain()
    assert bench.client.bindings == [("small", "n2")]
    await again(bench)
    assert ("high", "n1") in bench.client.bindings


async def test_one_that_is_more_important_takes_the_room_and_the_other_looks_again() -> None:
    bench = Bench([])
    running(bench, "low", "3", -1)
    bench.client.put("pods", wanting("high", "3"))
    await bench.drain()
    assert status(bench, "high")["nominatedNodeName"] == "n1"
    running(bench, "other", "1", 0)
    bench.client.put("pods", wanting("higher", "4", 20))
    await bench.drain()
    assert sorted(going(bench)) == ["low", "other"]
    assert status(bench, "higher")["nominatedNodeName"] == "n1"
    assert "nominatedNodeName" not in status(bench, "high")
    assert bench.scheduler.queue.where(("default", "high")) == "backoff"


async def test_a_budget_decides_between_two() -> None:
    bench = Bench([])
    bench.client.put(
        "poddisruptionbudgets",
        {
            "metadata": {"name": "kept", "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": "kept"}}},
            "status": {"disruptionsAllowed": 0},
        },
    )
    bench.client.put(
        "poddisruptionbudgets",
        {"metadata": {"name": "broken", "namespace": "default"}, "spec": {"selector": 5}},
    )
    running(bench, "a", "2", 0, app="kept")
    running(bench, "b", "2", 5, app="other")
    bench.client.put("pods", wanting("high", "2"))
    await bench.drain()
    assert going(bench) == ["b"]


def lose(bench: Bench, verb: str, resource: str, fate: str, times: int = 2) -> None:
    left = [fate] * times

    def choose(asked: str, of: str) -> str:
        return left.pop() if left and (asked, of) == (verb, resource) else "done"

    bench.client.fates.choose = choose  # type: ignore[assignment]


@pytest.mark.parametrize("fate", ["away", "before", "after", "late"])
@pytest.mark.parametrize(("verb", "resource"), [("patch", "pods/status"), ("delete", "pods")])
async def test_whatever_is_lost_one_goes_and_is_told_once(verb: str, resource: str, fate: str) -> None:
    bench = Bench([])
    running(bench, "a", "4", 0)
    bench.client.put("nodes", node("n2", cpu="4"))
    running(bench, "b", "4", 1, "n2")
    bench.client.put("pods", wanting("high"))
    lose(bench, verb, resource, fate)
    await bench.drain()
    await bench.client.fates.land()
    await again(bench)
    assert going(bench) == ["a"]
    assert [who for who, _ in preempted(bench)] == ["a"]
    assert status(bench, "high")["nominatedNodeName"] == "n1"
    bench.client.remove("pods", "a", "default")
    await again(bench)
    assert bench.client.bindings == [("high", "n1")]
    assert going(bench) == []


async def test_a_deletion_that_is_refused_is_tried_again_later() -> None:
    bench = Bench([])
    running(bench, "low")
    bench.client.put("pods", wanting("high"))
    delete, refused = bench.client.delete, [True]

    async def refuse(*given: Any, **named: Any) -> Object:
        from drakkar.client import ApiError

        if refused:
            refused.pop()
            raise ApiError(403, "Forbidden", "not now")
        return await delete(*given, **named)

    bench.client.delete = refuse  # type: ignore[method-assign]
    await bench.drain()
    assert going(bench) == [] and preempted(bench) == []
    await again(bench)
    assert going(bench) == ["low"] and len(preempted(bench)) == 1


async def killed(bench: Bench) -> Bench:
    """Another scheduler takes over from one that dies where it stands."""
    tasks = list(bench.scheduler._binding)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    bench.client.forget(bench.scheduler)
    known = bench.client.all("nodes"), bench.client.all("pods")
    made = Bench([], bench.client)
    made.events = made.scheduler._events = made.scheduler._preempting._events = bench.events  # type: ignore[assignment]
    for one in known[0]:
        made.scheduler.on_node(Added(one))
    for one in known[1]:
        made.scheduler.on_pod(Added(one))
    await made.scheduler.take_over()
    return made


@pytest.mark.parametrize("after", range(1, 9))
async def test_whoever_is_killed_no_more_go_than_have_to(after: int) -> None:
    """At whatever request it dies, the next one goes on with what was begun."""
    bench = Bench([])
    bench.client.put("nodes", node("n2"))
    for index in range(2):
        running(bench, f"a{index}", "2", 0)
        running(bench, f"b{index}", "2", 0, "n2")
    bench.client.put("pods", wanting("high"))
    writes = 0

    def choose(verb: str, resource: str) -> str:
        nonlocal writes
        writes += verb in ("patch", "delete")
        return "done"

    bench.client.fates.choose = choose  # type: ignore[assignment]
    await bench.attempts()
    for _ in range(10_000):
        if writes >= after or not bench.scheduler._binding:
            break
        await asyncio.sleep(0)
    made = await killed(bench)
    gone: set[str] = set()
    for _ in range(6):
        await again(made)
        for name in going(made):
            gone.add(name)
            made.client.remove("pods", name, "default")
    assert gone == {"a0", "a1"} and made.client.bindings == [("high", "n1")]


async def test_one_on_its_way_to_the_node_is_called_back_and_not_deleted() -> None:
    bench = Bench(["d0"])
    bench.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
    bench.client.put("resourceclaims", claim("c"))
    slow = wanting("slow", priority=0)
    slow["spec"]["resourceClaims"] = [{"name": "x", "resourceClaimName": "c"}]
    bench.client.put("pods", slow)
    open_ = asyncio.Event()
    update = bench.client.update

    async def waits(*given: Any, **named: Any) -> Object:
        await open_.wait()
        return await update(*given, **named)

    bench.client.update = waits  # type: ignore[method-assign]
    await bench.attempts()
    bench.client.put("pods", wanting("high"))
    await bench.attempts()
    await bench.until(lambda: preempted(bench))
    open_.set()
    await bench.drain()
    (told,) = preempted(bench)
    assert told[0] == "slow" and told[1].endswith(" on node n1 (in kube-scheduler memory).")
    assert bench.messages("slow") == ["preempted by DefaultPreemption"]
    await again(bench)
    assert bench.client.bindings == [("high", "n1")]
    assert deletions(bench) == 0
    assert bench.devices.assumed == {}


async def test_one_that_has_no_claims_is_deleted_on_its_way() -> None:
    bench = Bench([])
    bench.client.put("pods", wanting("quick", priority=0))
    bench.client.fates.choose = lambda verb, of: "late" if of == "pods/binding" else "done"
    await bench.attempts()
    bench.client.put("pods", wanting("high"))
    await bench.attempts()
    await bench.until(lambda: preempted(bench))
    bench.client.fates.choose = lambda verb, of: "done"
    await bench.drain()
    await bench.client.fates.land()
    await again(bench)
    assert bench.client.bindings == [("high", "n1")]
    assert bench.client.find("pods", "quick", "default") is None


async def test_many_alike_look_at_no_node_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned of the nodes holds for all that ask for the same."""
    from drakkar.placement.preemption import making_room

    bench = Bench([])
    for index in range(30):
        bench.client.put("nodes", node(f"m{index}"))
        running(bench, f"p{index}", "4", 0, f"m{index}")
    looked = []
    look = making_room.victims_on
    monkeypatch.setattr(
        making_room, "victims_on", lambda *given: looked.append(given[1].name) or look(*given)
    )
    running(bench, "first", "4", 0)
    for index in range(20):
        bench.client.put("pods", wanting(f"high{index:02}"))
    await bench.drain()
    assert len(going(bench)) == 20
    # Each node once, and those that were chosen once more.
    assert len(looked) <= 31 + 2 * 20


async def test_a_nomination_that_nothing_comes_of_is_taken_back() -> None:
    bench = Bench([])
    running(bench, "low", priority=10)
    high = wanting("high")
    high["status"] = {"nominatedNodeName": "n1"}
    bench.client.put("pods", high)
    await bench.drain()
    assert bench.messages("high") == [HOPELESS]
    assert "nominatedNodeName" not in status(bench, "high")


class Troubled:
    """A pod that has two others go on one of two nodes, on a server that loses requests, by a scheduler that is killed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.bench = Bench([])
        self.bench.client.put("nodes", node("n2"))
        for index in range(2):
            running(self.bench, f"a{index}", "2", 0)
            running(self.bench, f"b{index}", "2", 1, "n2")
        running(self.bench, "important", "0", 20)
        self.bench.client.put("pods", wanting("high"))
        self.gone: set[str] = set()

    def fate(self, verb: str, resource: str) -> str:
        return self.dice.choices(["done", "away", "before", "after", "late"], [6, 1, 1, 1, 2])[0]

    async def step(self) -> None:
        match self.dice.randrange(8):
            case 0:
                await self.bench.client.fates.land()
            case 1:
                self.bench = await killed(self.bench)
            case 2:
                self.end_one()
            case 3:
                self.bench.client.hush() if self.dice.random() < 0.5 else self.bench.client.deliver()
        self.bench.now += 20
        key = self.bench.scheduler.queue.pop_ready()
        if key is not None:
            await self.bench.scheduler.attempt(key)
        for _ in range(self.dice.randrange(30)):
            await asyncio.sleep(0)

    def end_one(self) -> None:
        """A kubelet ends a pod that was told to go."""
        for name in going(self.bench)[:1]:
            self.gone.add(name)
            self.bench.client.remove("pods", name, "default")

    async def end(self) -> None:
        """All is well again."""
        self.bench.client.fates.choose = lambda verb, resource: "done"
        self.bench.client.deliver()
        await self.bench.client.fates.land()
        for _ in range(8):
            await again(self.bench)
            for _ in range(4):
                self.end_one()


@pytest.mark.parametrize("seed", range(60))
async def test_in_whatever_trouble_no_more_go_than_have_to(seed: int) -> None:
    story = Troubled(seed)
    story.bench.client.fates.choose = story.fate  # type: ignore[assignment]
    async with asyncio.timeout(60):
        for _ in range(40):
            await story.step()
        await story.end()
    assert story.gone == {"a0", "a1"}
    assert story.bench.client.bindings == [("high", "n1")]
    told = [who for who, _ in preempted(story.bench)]
    assert len(told) == len(set(told))


async def test_nobody_goes_of_whom_it_is_not_known_how_important_he_is() -> None:
    bench = Bench([])
    running(bench, "low", "1")
    broken = wanting("broken", "3", nodeName="n1")
    broken["spec"].update(containers="none", priority="none")
    bench.client.put("pods", broken)
    for index in range(8):
        running(bench, f"idle{index}", "0", 50)
    # A place is all that is missing, and one of the two has to go.
    bench.client.put("pods", wanting("high", "1"))
    await bench.drain()
    assert going(bench) == ["low"]


async def test_nobody_goes_for_one_that_is_gone() -> None:
    bench = Bench([])
    running(bench, "low")
    bench.client.put("pods", wanting("high"))
    await bench.attempts()
    bench.client.hush()
    bench.client.remove("pods", "high", "default")
    await bench.drain()
    bench.client.deliver()
    await again(bench)
    assert going(bench) == [] and preempted(bench) == []


async def test_a_mistake_of_ours_holds_nobody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench([])
    running(bench, "low")
    bench.client.put("pods", wanting("high"))
    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "report_failure", lambda *_: 1 // 0)
        await bench.attempts()
        await asyncio.gather(*bench.scheduler._binding, return_exceptions=True)
    bench.scheduler.queue.move()
    await again(bench)
    assert going(bench) == ["low"]


async def test_a_neighbour_wakes_those_alone_whom_it_may_help() -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    term = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}
    near = {"podAffinity": {required: [term]}}
    bench = Bench([])
    bench.client.put("nodes", {**node("n1"), "metadata": {"name": "n1", "labels": {"zone": "z"}}})
    bench.client.put("pods", wanting("near", "1", affinity=near))
    bench.client.put("pods", wanting("large", "8"))
    bench.client.put("pods", wanting("both", "8", affinity=near))
    await bench.drain()
    running(bench, "other", "100m", app="b")
    where = bench.scheduler.queue.where
    names = ("near", "large", "both")
    assert [where(("default", name)) for name in names] == ["unschedulable"] * 3
    running(bench, "wanted", "100m", app="a")
    assert [where(("default", name)) for name in names] == ["backoff", "unschedulable", "unschedulable"]
    await again(bench)
    assert bench.client.bindings == [("near", "n1")]
