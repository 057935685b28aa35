"""What two allocators gave away without knowing of each other, as whoever comes second sees it."""

from __future__ import annotations

from drakkar.allocator import Allocated, Allocator, Inventory, Ledger, Node
from drakkar.api.resource import DeviceClass, ResourceSlice, decode

from ..world import DRIVER, claim, exactly

NODE = Node("n1")


def slices() -> list[ResourceSlice]:
    """A card that is a whole or two halves, and a device that is shared by its memory."""
    pool = {"generation": 1, "resourceSliceCount": 2}
    counters = [{"name": "card", "counters": {"m": {"value": "4"}}}]
    use = {"counterSet": "card", "counters": {"m": {"value": "3"}}}
    parts = [{"name": name, "consumesCounters": [use]} for name in ("part-0", "part-1")]
    shared = {"name": "shared", "allowMultipleAllocations": True, "capacity": {"memory": {"value": "10"}}}
    specs = {
        "counters": {"pool": {"name": "card", **pool}, "sharedCounters": counters},
        "parts": {"pool": {"name": "card", **pool}, "devices": parts},
        "shared": {"pool": {"name": "shared", **pool, "resourceSliceCount": 1}, "devices": [shared]},
    }
    return [
        decode(
            ResourceSlice,
            {"metadata": {"name": name}, "spec": {"driver": DRIVER, "nodeName": "n1", **spec}},
        )
        for name, spec in specs.items()
    ]


class Scheduler:
    """One of several, with books of its own."""

    def __init__(self) -> None:
        self.inventory, self.ledger = Inventory(), Ledger()
        self.inventory.set_class(decode(DeviceClass, {"metadata": {"name": "c"}, "spec": {}}))
        for one in slices():
            self.inventory.set_slice(one)
        self.allocator = Allocator(self.inventory, self.ledger)

    def give(self, selector: str, **amounts: object) -> Allocated:
        wanted = exactly("r", selectors=[{"cel": {"expression": selector}}], **amounts)
        found = self.allocator.allocate([claim(wanted)], NODE)
        assert isinstance(found, Allocated), found
        return found


def both(selector: str, **amounts: object) -> tuple[Allocator, Ledger]:
    """Two schedulers give to one claim each; the ledger of somebody who has seen both."""
    watcher = Scheduler()
    for name in ("first", "second"):
        [result] = Scheduler().give(selector, **amounts).results
        watcher.ledger.set_claim(name, result)
    return watcher.allocator, watcher.ledger


def test_a_capacity_of_which_more_was_given_than_there_is() -> None:
    selector = "device.allowMultipleAllocations"
    allocator, _ = both(selector, capacity={"requests": {"memory": "6"}})
    what = f"capacity memory of device {DRIVER}/shared/shared"
    assert allocator.overdrafts("second", NODE) == {what: frozenset({"first"})}
    assert allocator.overdrafts("first", NODE) == {what: frozenset({"second"})}


def test_a_capacity_that_is_enough_for_both() -> None:
    allocator, _ = both("device.allowMultipleAllocations", capacity={"requests": {"memory": "5"}})
    assert allocator.overdrafts("second", NODE) == {}


def test_a_counter_of_which_more_was_given_than_there_is() -> None:
    watcher, other = Scheduler(), Scheduler()
    [first] = Scheduler().give("!device.allowMultipleAllocations").results
    watcher.ledger.set_claim("first", first)
    # The other one's books have the first part withdrawn: it gives the second.
    renamed = decode(
        ResourceSlice,
        {
            "metadata": {"name": "parts"},
            "spec": {
                "driver": DRIVER,
                "nodeName": "n1",
                "pool": {"name": "card", "generation": 1, "resourceSliceCount": 2},
                "devices": [
                    {
                        "name": "part-1",
                        "consumesCounters": [{"counterSet": "card", "counters": {"m": {"value": "3"}}}],
                    }
                ],
            },
        },
    )
    other.inventory.set_slice(renamed)
    [second] = other.give("!device.allowMultipleAllocations").results
    watcher.ledger.set_claim("second", second)
    assert watcher.ledger.clashes("second") == {}
    assert watcher.allocator.overdrafts("second", NODE) == {
        "counter card/m of pool card": frozenset({"first"})
    }


def test_a_device_that_both_have_whole_is_a_clash_of_the_books() -> None:
    _, ledger = both("!device.allowMultipleAllocations")
    assert {str(key): others for key, others in ledger.clashes("second").items()} == {
        f"{DRIVER}/card/part-0": frozenset({"first"})
    }


def test_what_one_allocator_gives_is_never_overdrawn() -> None:
    scheduler = Scheduler()
    for name in ("a", "b"):
        selector = "device.allowMultipleAllocations"
        [result] = scheduler.give(selector, capacity={"requests": {"memory": "5"}}).results
        scheduler.ledger.set_claim(name, result)
    [result] = scheduler.give("!device.allowMultipleAllocations").results
    scheduler.ledger.set_claim("c", result)
    for name in "abc":
        assert scheduler.allocator.overdrafts(name, NODE) == {}
        assert scheduler.ledger.clashes(name) == {}
