"""The audit log's writer: nothing waits for it but whoever floods it, and what it loses it tells."""

from __future__ import annotations

import asyncio
import datetime
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from drakkar.apiserver.audit.event import Event
from drakkar.apiserver.audit.files import KEEPING, LogFile
from drakkar.apiserver.audit.log import AuditLog

_NOW = datetime.datetime.now(datetime.UTC)


def event(name: str, size: int = 0) -> Event:
    return Event({"name": name}, {"requestObject": b"x" * size} if size else {}, _NOW)


def line(one: Event) -> bytes:
    name: str = one.fields["name"]
    if name == "bad":
        raise ValueError(name)
    return f"{name}\n".encode()


class Slow:
    """An output that takes lines when it is let, and then only those without an `x`."""

    name = "log"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.lines: list[bytes] = []
        self.closed = False

    def write(self, lines: Sequence[bytes]) -> None:
        assert self.go.wait(30)
        if any(b"x" in one for one in lines):
            raise (
                ValueError("nothing foresaw it") if any(b"x2" in one for one in lines) else OSError("no room")
            )
        self.lines += lines

    def hurry(self) -> None:
        return

    def close(self) -> None:
        self.closed = True


def test_all_is_written_in_its_order_before_the_end() -> None:
    output = Slow()
    log = AuditLog(output, line)
    for number in range(1000):
        log.put(event(str(number)))
    assert not output.lines
    output.go.set()
    log.close()
    assert output.lines == [b"%d\n" % number for number in range(1000)]
    assert output.closed and (log.taken, log.lost) == (1000, 0)


async def test_who_floods_it_waits_for_the_disk_and_goes_on_after() -> None:
    output = Slow()
    log = AuditLog(output, line, most=100_000)
    rounds = 0
    async with asyncio.timeout(30):
        while True:
            waiting = asyncio.ensure_future(log.room())
            await asyncio.sleep(0)
            if not waiting.done():
                break
            rounds += 1
            log.put(event("a", 10_000))
    # A little over the bound, and no more.
    assert rounds == 9
    output.go.set()
    await asyncio.wait_for(waiting, 30)
    log.close()
    assert len(output.lines) == rounds


async def test_who_waits_and_is_given_up_keeps_nobody() -> None:
    output = Slow()
    log = AuditLog(output, line, most=1)
    log.put(event("a"))
    waiting = [asyncio.ensure_future(log.room()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    output.go.set()
    await asyncio.wait_for(asyncio.gather(*waiting[1:]), 30)
    log.close()


def test_what_has_no_room_is_lost_alone_and_told(caplog: pytest.LogCaptureFixture) -> None:
    output = Slow()
    log = AuditLog(output, line)
    for name in ("a", "x1", "b", "x2", "bad", "c"):
        log.put(event(name))
    output.go.set()
    with caplog.at_level(logging.ERROR):
        log.close()
    assert output.lines == [b"a\n", b"b\n", b"c\n"]
    assert (log.taken, log.lost) == (6, 3)
    assert "the audit log cannot be written" in caplog.text
    told = sum(int(one.args[1]) for one in caplog.records if isinstance(one.args, tuple))
    # The last ones at the latest when it is written again.
    assert told == 3


def test_a_full_disk(caplog: pytest.LogCaptureFixture) -> None:
    log = AuditLog(LogFile(Path("/dev/full"), KEEPING._replace(backups=0, days=0)), line)
    log.put(event("a"))
    with caplog.at_level(logging.ERROR):
        log.close()
    assert log.lost == 1 and "No space left on device; 1 events are lost" in caplog.text
