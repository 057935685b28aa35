"""The allocator's specification in its plainest form: the first choice of devices, in the search's order, that breaks no rule.

It reads cases in wire form and knows nothing of how the allocator goes about it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Object = dict[str, Any]


def all_devices(slices: list[Object]) -> Iterator[tuple[Object, Object]]:
    ordered = sorted(slices, key=lambda one: (one["spec"]["pool"]["name"], one["metadata"]["name"]))
    return ((one["spec"], device) for one in ordered for device in one["spec"].get("devices", ()))


class Pick(NamedTuple):
    """A device for a request of a claim; `name` is that of the alternative where there are some."""

    claim: int
    name: str
    request: Object
    pool: str
    device: Object

    @property
    def admin(self) -> bool:
        return bool(self.request.get("adminAccess"))

    @property
    def multi(self) -> bool:
        return bool(self.device.get("allowMultipleAllocations"))


class Rules:
    """Judges a complete choice of devices by dra-semantics 3, as the default mode reads it."""

    def __init__(self, slices: list[Object], taken: list[Object], wanted: list[Object], lists: bool) -> None:
        self.slices, self.wanted, self.lists = slices, wanted, lists
        held = [result for result in taken if not result.get("adminAccess")]
        self.whole = {result["device"] for result in held if "shareID" not in result}
        self.shared = {result["device"] for result in held if "shareID" in result}
        self.consumed: Counter[str] = Counter()

        for result in held:
            self.consumed[result["device"]] += int(result.get("consumedCapacity", {}).get("mem", 0))

    def fits(self, request: Object, device: Object) -> bool:
        """Whether the device is one that the request could have if nothing else were there."""
        least = int(request["selectors"][0]["cel"]["expression"][-1]) if "selectors" in request else 0
        amount = request.get("capacity", {}).get("requests", {}).get("mem")
        value = device.get("capacity", {}).get("mem", {}).get("value")
        large = amount is None or (value is not None and int(amount) <= int(value))
        return device["attributes"]["k"]["int"] >= least and large

    def sound(self, picks: Sequence[Pick]) -> bool:
        tolerable = all("tolerations" in pick.request or not pick.device.get("taints") for pick in picks)
        return (
            tolerable
            and self.none_twice(picks)
            and self.capacities_suffice(picks)
            and self.counters_suffice(picks)
            and self.constraints_hold(picks)
        )

    def none_twice(self, picks: Sequence[Pick]) -> bool:
        ordinary = [(pick.device["name"], pick.multi) for pick in picks if not pick.admin]
        if any(name in self.whole or (name in self.shared and not multi) for name, multi in ordinary):
            return False
        whole = [name for name, multi in ordinary if not multi]
        in_claims = {(pick.claim, pick.device["name"]) for pick in picks if not pick.multi}
        # Admin access needs no device of its own, but no claim gets a device twice.
        return len(set(whole)) == len(whole) and len(in_claims) == sum(not pick.multi for pick in picks)

    def capacities_suffice(self, picks: Sequence[Pick]) -> bool:
        used: Counter[str] = Counter()
        for pick in picks:
            if not pick.admin and pick.multi:
                used[pick.device["name"]] += self.amount(pick)
        return all(
            used[pick.device["name"]] + self.consumed[pick.device["name"]]
            <= int(pick.device["capacity"]["mem"]["value"])
            for pick in picks
            if pick.multi and not pick.admin
        )

    @staticmethod
    def amount(pick: Pick) -> int:
        """What the pick takes of its device's memory: all of it, unless it asks for less."""
        asked = pick.request.get("capacity", {}).get("requests", {}).get("mem")
        return int(asked or pick.device["capacity"]["mem"]["value"])

    def counters_suffice(self, picks: Sequence[Pick]) -> bool:
        left = {
            counter_set["name"]: int(counter_set["counters"]["m"]["value"])
            for one in self.slices
            for counter_set in one["spec"].get("sharedCounters", ())
        }
        for _, device in all_devices(self.slices):
            if device["name"] in self.whole | self.shared:
                for use in device.get("consumesCounters", ()):
                    left[use["counterSet"]] -= int(use["counters"]["m"]["value"])
        # All shares of a device are paid for by the first of them.
        paying = {
            pick.device["name"]: pick.device
            for pick in picks
            if not pick.admin and not (pick.multi and pick.device["name"] in self.shared)
        }
        uses = [use for device in paying.values() for use in device.get("consumesCounters", ())]
        for use in uses:
            left[use["counterSet"]] -= int(use["counters"]["m"]["value"])
        return all(left[use["counterSet"]] >= 0 for use in uses)

    def constraints_hold(self, picks: Sequence[Pick]) -> bool:
        for number, claim in enumerate(self.wanted):
            for constraint in claim["spec"]["devices"].get("constraints", ()):
                names = constraint["requests"]
                seen = [
                    pick.device["attributes"].get("g")
                    for pick in picks
                    if pick.claim == number and (not names or pick.name.split("/")[0] in names)
                ]
                if None in seen:
                    return False
                values = [_values(attribute) for attribute in seen if attribute is not None]
                held = self._match if "matchAttribute" in constraint else self._distinct
                if not held(values):
                    return False
        return True

    def _match(self, values: list[frozenset[str]]) -> bool:
        if self.lists:
            return not values or bool(frozenset.intersection(*values))
        # Without list attributes a list goes with nothing but itself alone.
        return len(values) < 2 or (len(set(values)) == 1 and len(values[0]) == 1)

    def _distinct(self, values: list[frozenset[str]]) -> bool:
        if not self.lists:
            values = [value for value in values if len(value) == 1]
        return all(not (one & other) for one, other in itertools.combinations(values, 2))


def _values(attribute: Object) -> frozenset[str]:
    return frozenset(attribute["strings"] if "strings" in attribute else [attribute["string"]])


def choices(rules: Rules, node: str) -> Iterator[list[Pick]]:
    """Every way to give each request as many devices as it wants, in the order of the search."""
    here = [
        (spec["pool"]["name"], device)
        for spec, device in all_devices(rules.slices)
        if spec.get("allNodes") or spec.get("nodeName") == node
    ]
    asked = [
        (n, request)
        for n, claim in enumerate(rules.wanted)
        for request in claim["spec"]["devices"]["requests"]
    ]

    def ways(claim: int, request: Object) -> Iterator[list[Pick]]:
        for part in request.get("firstAvailable") or [request["exactly"]]:
            name = f"{request['name']}/{part['name']}" if "name" in part else request["name"]
            able = [(pool, device) for pool, device in here if rules.fits(part, device)]
            count = part.get("count", len(able))
            if count:
                for chosen in itertools.combinations(able, count):
                    yield [Pick(claim, name, part, pool, device) for pool, device in chosen]

    def rest(number: int, before: list[Pick]) -> Iterator[list[Pick]]:
        if number == len(asked):
            yield before
            return
        for way in ways(*asked[number]):
            if rules.sound([*before, *way]):
                yield from rest(number + 1, [*before, *way])

    return rest(0, [])


def first_sound(rules: Rules, node: str) -> list[Pick] | None:
    """The specification's answer."""
    return next(choices(rules, node), None)
