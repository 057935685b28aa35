"""Order, back-off and events of the scheduling queue, on a clock that the test sets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.api.resource import decode
from drakkar.scheduler.queue import SchedulingQueue
from drakkar.scheduler.waiting_pods import WaitingPods

A, B = ("default", "a"), ("default", "b")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_priority_then_age() -> None:
    queue = SchedulingQueue(Clock())
    queue.add(A, 0, 2.0)
    queue.add(B, 0, 1.0)
    queue.add(("default", "c"), 5, 3.0)
    assert [queue.pop_ready() for _ in range(4)] == [("default", "c"), B, A, None]


def test_an_event_sends_a_waiting_pod_through_back_off_that_doubles() -> None:
    clock = Clock()
    queue = SchedulingQueue(clock)
    queue.add(A, 0)
    for delay in (1.0, 2.0, 4.0, 8.0, 10.0):
        assert queue.pop_ready() == A
        queue.failed(A)
        assert queue.where(A) == "unschedulable"
        queue.move([B])
        assert queue.where(A) == "unschedulable"
        queue.move()
        clock.now += delay - 0.01
        assert queue.pop_ready() is None
        clock.now += 0.02


def test_an_event_during_the_attempt_is_not_lost() -> None:
    queue = SchedulingQueue(Clock())
    queue.add(A, 0)
    assert queue.pop_ready() == A
    queue.move()
    queue.failed(A)
    assert queue.where(A) == "backoff"


def test_removed_pods_do_not_come_back() -> None:
    queue = SchedulingQueue(Clock())
    queue.add(A, 0)
    queue.remove(A)
    queue.failed(A)
    assert queue.pop_ready() is None
    assert len(queue) == 0


def test_pods_that_fit_nowhere_keep_no_other_from_its_turn() -> None:
    clock, seconds = Clock(), 100.0
    queue = SchedulingQueue(clock, now=lambda: seconds)
    old = [("default", f"old-{number}") for number in range(20)]
    for key in old:
        queue.add(key, 0, 1.0)
    for key in old:
        assert queue.pop_ready() == key
        queue.failed(key, wait_for_event=False)
    queue.add(A, 0, 50.0)
    clock.now += 5.0
    assert queue.pop_ready() == A
    # One that was tried before all of them failed goes on in its turn too.
    seconds = 200.0
    queue.failed(A, wait_for_event=False)
    clock.now += 5.0
    assert [queue.pop_ready() for _ in range(21)] == [*sorted(old), A]


def test_who_waits_too_long_is_tried_again_the_longest_first() -> None:
    clock = Clock()
    queue = SchedulingQueue(clock)
    for key in (A, B):
        queue.add(key, 0, 1.0)
        assert queue.pop_ready() == key
        queue.failed(key)
        clock.now += 10.0
    clock.now = 299.0
    assert queue.pop_ready() is None
    clock.now = 301.0
    assert queue.pop_ready() == A and queue.where(B) == "unschedulable"


@contextmanager
def lines() -> Iterator[list[int]]:
    """Counts the lines of Python that are run."""
    count = [0]

    def trace(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        count[0] += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def test_what_one_attempt_costs_does_not_grow_with_those_that_wait() -> None:
    costs = []
    for waiting in (100, 10_000):
        clock = Clock()
        queue = SchedulingQueue(clock)
        for number in range(waiting):
            queue.add(("default", f"p{number}"), 0, 1.0)
        while (key := queue.pop_ready()) is not None:
            queue.failed(key, wait_for_event=len(queue) % 2 == 0)
        with lines() as count:
            queue.add(A, 0, 2.0)
            assert queue.pop_ready() == A
            queue.move([A])
            queue.failed(A)
            queue.remove(A)
        costs.append(count[0])
    assert costs[1] < 2 * costs[0]


def test_the_pods_of_a_claim_are_those_that_wait() -> None:
    def pod(name: str, claim: str, **spec: Any) -> Pod:
        claims = [{"name": "gpu", "resourceClaimName": claim}]
        metadata = {"name": name, "namespace": "ns"}
        return decode(Pod, {"metadata": metadata, "spec": {"resourceClaims": claims, **spec}})

    waiting, claim = WaitingPods(), ObjectKey("ns", "c")
    for name in "ab":
        waiting.changed(None, pod(name, "c"))
    assert list(waiting.of_claim(claim)) == [("ns", "a"), ("ns", "b")]
    waiting.changed(pod("a", "c"), pod("a", "c", nodeName="n"))
    assert list(waiting.of_claim(claim)) == [("ns", "b")]
    waiting.changed(pod("b", "c"), None)
    assert not waiting.of_claim(claim) and not waiting._by_claim


def test_an_event_that_concerns_others_sends_nobody_into_back_off() -> None:
    queue = SchedulingQueue(clock=lambda: 0.0)
    for name in ("a", "b"):
        queue.add(("ns", name), 0, 0.0)
    assert queue.pop_ready() == ("ns", "a")
    queue.move([("ns", "b")])
    queue.failed(("ns", "a"))
    assert queue.where(("ns", "a")) == "unschedulable"
    assert queue.pop_ready() == ("ns", "b")
    queue.move([("ns", "b")])
    queue.failed(("ns", "b"))
    assert queue.where(("ns", "b")) == "backoff"


def test_one_that_was_not_tried_waits_and_has_not_failed() -> None:
    now = 0.0
    queue = SchedulingQueue(clock=lambda: now)
    queue.add(("ns", "a"), 0, 0.0)
    assert queue.pop_ready() == ("ns", "a")
    queue.failed(("ns", "a"))
    for _ in range(5):
        queue.move()
        now += 1.5
        # The pause is that of one failure.
        assert queue.pop_ready() == ("ns", "a")
        queue.wait(("ns", "a"))
        assert queue.where(("ns", "a")) == "unschedulable"


def test_those_that_are_more_important_are_left_alone() -> None:
    queue = SchedulingQueue(clock=lambda: 0.0)
    for priority in (1, 5, 9):
        queue.add(("ns", str(priority)), priority, 0.0)
        popped = queue.pop_ready()
        assert popped is not None
        queue.failed(popped)
    queue.move_up_to(5)
    places = [queue.where(("ns", name)) for name in "159"]
    assert places == ["backoff", "backoff", "unschedulable"]
