"""A random story of lost, late and doubled writes, a scheduler that is killed, and a second one on the same devices."""

from __future__ import annotations

import asyncio
import random

import pytest

from drakkar.client import Conflict, NotFound
from drakkar.scheduler import bind, claim_writer, scheduler

from .bench import Bench, claim, pod

DEVICES = ["d0", "d1", "d2"]
STEPS = 120
NAMES = ["default-scheduler", "other-scheduler"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bind, claim_writer, scheduler):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)


class Story:
    """One server, one or two schedulers, and what an outside watcher holds against them at every step."""

    def __init__(self, seed: int, schedulers: int) -> None:
        self.dice = random.Random(seed)
        self.names = NAMES[:schedulers]
        first = Bench(DEVICES)
        self.client = first.client
        self.benches = [first] + [Bench(DEVICES, first.client, name) for name in self.names[1:]]
        self.client.put("deviceclasses", {"metadata": {"name": "gpu"}})
        self.client.fate = self.fate
        self.doomed = False
        self.made = 0

    def fate(self, verb: str, plural: str) -> str:
        chosen = self.dice.choices(["done", "away", "before", "after", "late"], [14, 1, 1, 1, 2])[0]
        if chosen == "late" and verb in ("update status", "bind"):
            # The worst moment to be killed.
            self.doomed = self.dice.random() < 0.6
        return chosen

    def check(self) -> None:
        bound: dict[str, str] = {}
        holding: dict[str, str] = {}
        for (plural, _, name), obj in self.client.objects.items():
            if plural != "pods":
                continue
            found = self.client.objects.get(("resourceclaims", "default", f"claim-{name}"))
            allocation = ((found or {}).get("status") or {}).get("allocation")
            if obj["spec"].get("nodeName"):
                assert allocation, f"{name} is bound and its claim is not allocated"
                reserved = [entry["name"] for entry in found["status"].get("reservedFor") or []]  # type: ignore[index]
                assert name in reserved, f"{name} is bound and its claim is reserved for {reserved}"
                device = allocation["devices"]["results"][0]["device"]
                assert device not in bound, f"{device} is with {bound[device]} and {name}"
                bound[device] = name
            if allocation and len(self.benches) == 1:
                device = allocation["devices"]["results"][0]["device"]
                assert device not in holding, f"{device} is in the claims of {holding[device]} and {name}"
                holding[device] = name

    def create(self) -> None:
        self.made += 1
        name = f"p{self.made}"
        self.client.put("resourceclaims", claim(f"claim-{name}"))
        made = pod(name, f"claim-{name}")
        made["spec"]["schedulerName"] = self.dice.choice(self.names)
        self.client.put("pods", made)

    def delete(self) -> None:
        """A pod goes, and its claim as the controller would see to it."""
        names = [name for plural, _, name in self.client.objects if plural == "pods"]
        if names:
            name = self.dice.choice(names)
            self.client.remove("pods", name, "default")
            self.client.remove("resourceclaims", f"claim-{name}", "default")

    async def kill(self) -> None:
        """A scheduler dies where it stands, and another one takes over."""
        self.client.deliver()
        old = self.benches.pop(0)
        for task in list(old.scheduler._binding):
            task.cancel()
        await asyncio.gather(*old.scheduler._binding, return_exceptions=True)
        for handlers in self.client.handlers.values():
            handlers[:] = [one for one in handlers if getattr(one, "__self__", None) is not old.scheduler]
        new = Bench(DEVICES, self.client, old.name)
        known = list(self.client.objects.items())
        self.dice.shuffle(known)
        for (plural, _, _), obj in known:
            handler = {
                "pods": new.scheduler.on_pod,
                "resourceclaims": new.scheduler.on_claim,
                "deviceclasses": new.scheduler.on_class,
                "nodes": new.scheduler.on_node,
            }[plural]
            handler("add", None, obj)
        await new.scheduler.take_over()
        self.benches.append(new)

    async def step(self) -> None:
        match self.dice.randrange(8):
            case 0 | 1:
                self.create()
            case 2 | 6:
                self.delete()
            case 3:
                self.client.land()
            case 4:
                self.client.quiet = self.dice.random() < 0.6
                if not self.client.quiet:
                    self.client.deliver()
            case 5 if self.dice.random() < 0.3:
                await self.kill()
        for bench in self.benches:
            bench.now += 20
            key = bench.scheduler.queue.pop_ready()
            if key is not None:
                await bench.scheduler.attempt(key)
        for _ in range(self.dice.randrange(12)):
            await asyncio.sleep(0)
            self.check()
            if self.doomed:
                self.doomed = False
                await self.kill()

    async def end(self) -> None:
        """All is well again: what can run runs."""
        self.client.fate = lambda verb, plural: "done"
        self.client.deliver()
        self.client.land()
        for _ in range(30):
            for bench in self.benches:
                bench.now += 400
                await bench.drain()
            self.check()
        pods = [obj for (plural, _, _), obj in self.client.objects.items() if plural == "pods"]
        running = [obj for obj in pods if obj["spec"].get("nodeName")]
        assert len(running) == min(len(pods), len(DEVICES))
        for bench in self.benches:
            assert bench.devices.assumed == {}
            assert not bench.scheduler._doubts._lost


@pytest.mark.parametrize("schedulers", [1, 2])
@pytest.mark.parametrize("seed", range(25))
async def test_whatever_is_lost_no_device_is_with_two_pods_and_none_is_lost(
    seed: int, schedulers: int
) -> None:
    story = Story(seed, schedulers)
    async with asyncio.timeout(60):
        for _ in range(STEPS):
            await story.step()
        await story.end()


def test_the_server_in_memory_refuses_what_a_real_one_would() -> None:
    """Otherwise the story would prove nothing."""
    bench = Bench(DEVICES)
    stale = bench.client.put("resourceclaims", claim("c"))
    bench.client.put("resourceclaims", stale)
    with pytest.raises(Conflict):
        bench.client._update("resourceclaims", stale, "status")
    bench.client.remove("resourceclaims", "c", "default")
    with pytest.raises(NotFound):
        bench.client._update("resourceclaims", stale, "status")
