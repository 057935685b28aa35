"""A random story of lost, late and doubled writes, a scheduler that is killed, and a second one on the same devices."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

import pytest

from drakkar.client.changes import Added
from drakkar.scheduler import bind, claim_writer, scheduler

from .bench import Bench, claim, pod

DEVICES = ["d0", "d1", "d2"]
# Pods have to wait for it.
SLOW = frozenset({"d1"})
SEEN = {"status": "True", "reason": "Seen", "lastTransitionTime": "2026-01-01T00:00:00Z"}
STEPS = 120
SEEDS = int(os.environ.get("DRAKKAR_SCHEDULER_SEEDS", "60"))
SHARED, EXTENDED = "shared", "example.com/gpu"
# What it is worst to lose, and be killed at the same time.
WORST = ("resourceclaims", "resourceclaims/status", "pods/status", "pods/binding")
PODS_ON_A_NODE = 10
COLLECTIONS = ["pods", "resourceclaims", "deviceclasses", "nodes"]
NAMES = ["default-scheduler", "other-scheduler"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bind, claim_writer, scheduler):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)


def device_of(obj: dict[str, Any]) -> str | None:
    """The device that a claim has."""
    allocation = (obj.get("status") or {}).get("allocation")
    return str(allocation["devices"]["results"][0]["device"]) if allocation else None


def name_of(made: dict[str, Any]) -> str:
    """The name of the claim that a pod uses; of one that asks for an extended resource, a name for what is made for it."""
    for one in made["spec"].get("resourceClaims") or []:
        return str(one["resourceClaimName"])
    return f"for {made['metadata']['name']}"


class Story:
    """One server, one or two schedulers, and what an outside watcher holds against them at every step."""

    def __init__(self, seed: int, schedulers: int) -> None:
        self.dice = random.Random(seed)
        self.names = NAMES[:schedulers]
        first = Bench(DEVICES, made_ready=SLOW)
        self.client = first.client
        self.benches = [first] + [Bench(DEVICES, first.client, name, SLOW) for name in self.names[1:]]
        spec = {"extendedResourceName": EXTENDED}
        self.client.put("deviceclasses", {"metadata": {"name": "gpu"}, "spec": spec})
        self.client.put("resourceclaims", claim(SHARED))
        self.client.fates.choose = self.fate
        self.doomed = False
        self.made = 0
        self.checked = 0

    def fate(self, verb: str, plural: str) -> str:
        chosen = self.dice.choices(["done", "away", "before", "after", "late"], [14, 1, 1, 1, 2])[0]
        if chosen == "late" and plural in WORST:
            # The worst moment to be killed.
            self.doomed = self.dice.random() < 0.6
        return chosen

    def claim_of(self, made: dict[str, Any]) -> dict[str, Any] | None:
        if made["spec"].get("resourceClaims"):
            return self.client.find("resourceclaims", name_of(made), "default")
        if made["spec"].get("nodeName"):
            told = (made.get("status") or {}).get("extendedResourceClaimStatus") or {}
            return self.client.find("resourceclaims", told.get("resourceClaimName") or "none", "default")
        return next((one for one in self.made_for(made) if device_of(one)), None)

    def made_for(self, made: dict[str, Any]) -> list[dict[str, Any]]:
        """The claims that were made for a pod's extended resources."""
        uid = made["metadata"]["uid"]
        return [
            one
            for one in self.client.all("resourceclaims")
            if any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences") or [])
        ]

    def check(self) -> None:
        if self.checked == self.client.store.revision:
            return
        self.checked = self.client.store.revision
        bound: dict[str, str] = {}
        for obj in self.pods:
            if not obj["spec"].get("nodeName"):
                continue
            name, found = obj["metadata"]["name"], self.claim_of(obj) or {}
            status = found.get("status") or {}
            assert status.get("allocation"), f"{name} is bound and its claim is not allocated"
            reserved = [entry["name"] for entry in status.get("reservedFor") or []]
            assert name in reserved, f"{name} is bound and its claim is reserved for {reserved}"
            device, claimed = device_of(found), found["metadata"]["name"]
            assert bound.setdefault(str(device), claimed) == claimed, f"{device} is with {bound} and {name}"
        if len(self.benches) > 1:
            return
        holding: dict[str, str] = {}
        for obj in self.client.all("resourceclaims"):
            if has := device_of(obj):
                name = obj["metadata"]["name"]
                assert has not in holding, f"{has} is in the claims {holding[has]} and {name}"
                holding[has] = name

    @property
    def pods(self) -> list[dict[str, Any]]:
        return self.client.all("pods")

    def create(self) -> None:
        self.made += 1
        name = f"p{self.made}"
        way = self.dice.random()
        if way < 0.4:
            self.client.put("resourceclaims", claim(f"claim-{name}"))
            made = pod(name, f"claim-{name}")
        else:
            made = pod(name, SHARED) if way < 0.7 else pod(name, extended=EXTENDED)
        made["spec"]["schedulerName"] = self.dice.choice(self.names)
        self.client.put("pods", made)

    def delete(self) -> None:
        """A pod goes, and the claim controller sees to its claim, at once or later."""
        if self.pods:
            gone = self.dice.choice(self.pods)
            name = gone["metadata"]["name"]
            self.client.remove("pods", name, "default")
            for one in self.made_for(gone):
                self.client.remove("resourceclaims", one["metadata"]["name"], "default")
            if self.client.find("resourceclaims", f"claim-{name}", "default"):
                self.client.remove("resourceclaims", f"claim-{name}", "default")

    def free(self) -> None:
        """The claim controller takes the reservations of pods that are gone, then the allocation, then the finalizer."""
        found = self.client.have("resourceclaims", SHARED, "default")
        alive = {obj["metadata"]["uid"] for obj in self.pods}
        for one in self.client.all("resourceclaims"):
            owners = one["metadata"].get("ownerReferences") or []
            if owners and owners[0]["uid"] not in alive:
                self.client.remove("resourceclaims", one["metadata"]["name"], "default")
        status = found.get("status") or {}
        kept = [entry for entry in status.get("reservedFor") or [] if entry["uid"] in alive]
        if len(kept) < len(status.get("reservedFor") or []):
            found["status"] = {**status, "reservedFor": kept} if kept else {}
        elif "allocation" not in status and found["metadata"].get("finalizers"):
            found["metadata"]["finalizers"] = []
        else:
            return
        self.client.put("resourceclaims", found)

    def drive(self, break_some: bool = True) -> None:
        """A driver says of the devices that pods wait for that they are ready, or broken."""
        for one in self.client.all("resourceclaims"):
            status = one.get("status") or {}
            if (device := device_of(one)) in SLOW and not status.get("devices"):
                bad = break_some and self.dice.random() < 0.5
                told = {"type": "broken" if bad else "ready", **SEEN}
                named = {"driver": "d", "pool": "p", "device": device}
                one["status"] = {**status, "devices": [{**named, "conditions": [told]}]}
                self.client.put("resourceclaims", one)

    async def drain(self) -> None:
        """Attempt every pod that is ready, and let the bindings end."""
        for bench in self.benches:
            bench.now += 400
            await bench.attempts()
        async with asyncio.timeout(5):
            while any(bench.scheduler._binding for bench in self.benches):
                self.drive(break_some=False)
                await asyncio.sleep(0)

    async def kill(self) -> None:
        """A scheduler dies where it stands, and another one takes over."""
        self.client.deliver()
        known = [(plural, obj) for plural, obj in self.client.everything() if plural in COLLECTIONS]
        # What is stored from here on the new one's first lists lack, and its watches are slow to show.
        self.client.hush()
        old = self.benches.pop(0)
        for task in list(old.scheduler._binding):
            task.cancel()
        await asyncio.gather(*old.scheduler._binding, return_exceptions=True)
        self.client.forget(old.scheduler)
        if self.dice.random() < 0.5:
            await self.client.fates.land()
        new = Bench(DEVICES, self.client, old.name, SLOW)
        self.dice.shuffle(known)
        for plural, obj in known:
            handler = {
                "pods": new.scheduler.on_pod,
                "resourceclaims": new.scheduler.on_claim,
                "deviceclasses": new.scheduler.on_class,
                "nodes": new.scheduler.on_node,
            }[plural]
            handler(Added(obj))
        taking_over = asyncio.create_task(new.scheduler.take_over())
        for _ in range(50):
            await asyncio.sleep(0)
        if not taking_over.done():
            self.client.deliver()
        await taking_over
        self.benches.append(new)

    async def step(self) -> None:
        match self.dice.randrange(10):
            case 0 | 1:
                self.create()
            case 2 | 6:
                self.delete()
            case 3:
                await self.client.fates.land()
            case 7 | 8:
                self.free()
            case 9:
                self.drive()
            case 4:
                if self.dice.random() < 0.6:
                    self.client.hush()
                else:
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
        self.client.fates.choose = lambda verb, plural: "done"
        self.client.deliver()
        await self.client.fates.land()
        for _ in range(30):
            await self.drain()
            self.free()
            self.check()
        claims = set(map(name_of, self.pods))
        running = [obj for obj in self.pods if obj["spec"].get("nodeName")]
        used = set(map(name_of, running))
        if len(running) < PODS_ON_A_NODE:
            # The allocation of a claim that nobody came to use stays with it, as upstream's.
            held = (
                used | {SHARED} if device_of(self.client.have("resourceclaims", SHARED, "default")) else used
            )
            assert len(held) == min(len(claims | (held - used)), len(DEVICES))
            waiting = [obj for obj in self.pods if obj not in running]
            assert not [obj["metadata"]["name"] for obj in waiting if device_of(self.claim_of(obj) or {})]
        for bench in self.benches:
            assert bench.devices.assumed == {}
            assert not bench.scheduler._doubts._lost


@pytest.mark.parametrize("schedulers", [1, 2])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_is_lost_no_device_is_with_two_pods_and_none_is_lost(
    seed: int, schedulers: int
) -> None:
    story = Story(seed, schedulers)
    async with asyncio.timeout(60):
        for _ in range(STEPS):
            await story.step()
        await story.end()
