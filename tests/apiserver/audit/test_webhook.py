"""Audit events on their way to a webhook."""

from __future__ import annotations

import datetime
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webhook_program import WebhookProgram

from drakkar.apiserver.audit.event import Event, json_line
from drakkar.apiserver.audit.log import AuditLog, Pace
from drakkar.apiserver.audit.webhook import Webhook, WebhookOutput
from drakkar.client.kubeconfig import Access

_NOW = datetime.datetime.now(datetime.UTC)


class Taker:
    """A webhook that answers with these codes, and then well."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def __call__(self, review: Any) -> tuple[int, Any]:
        return (self.codes.pop(0) if self.codes else 200), {}


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def program(tmp_path: Path, taker: Taker) -> Iterator[WebhookProgram]:
    with WebhookProgram(tmp_path, {"audit": taker, "slow": taker}).running() as made:
        yield made


def log(
    program: WebhookProgram, name: str = "audit", events: int = 3, seconds: float = 5.0, waiting: int = 100
) -> AuditLog:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    pace = Pace(1024 * 1024, events, seconds, waiting, lossy=True)
    hook = Webhook(Access(program.url(name), context), pace, 0.01)
    return AuditLog(WebhookOutput(hook), json_line, pace=pace)


def put(made: AuditLog, count: int) -> None:
    for number in range(count):
        made.put(Event({"kind": "Event", "auditID": str(number)}, {}, _NOW))


def told(program: WebhookProgram) -> list[list[str]]:
    return [[one["auditID"] for one in body["items"]] for _, body in program.asked]


def test_they_are_sent_together_and_the_last_ones_at_the_end(program: WebhookProgram) -> None:
    made = log(program)
    put(made, 7)
    made.close()
    assert told(program) == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    _, first = program.asked[0]
    assert (first["kind"], first["apiVersion"], first["metadata"]) == ("EventList", "audit.k8s.io/v1", {})


def test_it_is_asked_again(program: WebhookProgram, taker: Taker) -> None:
    taker.codes = [500, 429, 503]
    made = log(program)
    put(made, 3)
    while len(program.asked) < 4:
        assert program.called.wait(30)
        program.called.clear()
    made.close()
    assert told(program) == [["0", "1", "2"]] * 4 and made.lost == 0


def test_what_it_does_not_want_is_lost_and_told(
    program: WebhookProgram, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    taker.codes = [400]
    made = log(program)
    put(made, 4)
    with caplog.at_level(logging.ERROR):
        made.close()
    assert told(program) == [["0", "1", "2"], ["3"]] and (made.taken, made.lost) == (4, 3)
    assert "the audit webhook cannot be written" in caplog.text


def test_what_has_no_room_is_lost_and_nobody_waits(program: WebhookProgram) -> None:
    made = log(program, "slow", events=1, waiting=2)
    put(made, 10)
    # One may be on its way.
    assert 7 <= made.lost <= 8
    program.release()
    made.close()
    assert made.lost + len(program.asked) == made.taken == 10
