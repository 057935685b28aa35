"""Order, back-off and events of the scheduling queue, on a clock that the test sets."""

from __future__ import annotations

from drakkar.scheduler.queue import SchedulingQueue

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
        queue.move(lambda key: key == B)
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
