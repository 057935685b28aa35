"""Events that are too large: they lose what was sent and answered, or are lost."""

from __future__ import annotations

import datetime
import json

import pytest

from drakkar.apiserver.audit.event import Event, json_line, legacy_line
from drakkar.apiserver.audit.truncation import TooLargeEventError, truncating

_BODIES = {"requestObject": b'{"a":"%b"}' % (b"x" * 1000), "responseObject": b'{"b":1}'}


def _event(bodies: dict[str, bytes], **fields: object) -> Event:
    told = {
        "auditID": "1",
        "stage": "ResponseComplete",
        "verb": "get",
        "requestURI": "/",
        "user": {},
        **fields,
    }
    return Event(told, bodies, datetime.datetime.now(datetime.UTC))


def test_one_that_fits_is_as_it_was() -> None:
    event = _event(_BODIES)
    assert truncating(json_line, len(json_line(event)))(event) == json_line(event)


def test_one_that_is_too_large_loses_its_bodies_and_says_so() -> None:
    event = _event(_BODIES, annotations={"c": "d"})
    told = json.loads(truncating(json_line, 500)(event))
    assert "requestObject" not in told and "responseObject" not in told
    assert told["annotations"] == {"c": "d", "audit.k8s.io/truncated": "true"}
    assert truncating(legacy_line, 500)(event) == legacy_line(event)


def test_one_that_is_too_large_even_so_is_lost() -> None:
    for form in (json_line, legacy_line):
        with pytest.raises(TooLargeEventError):
            truncating(form, 500)(_event({}, requestURI="/" + "x" * 500))
