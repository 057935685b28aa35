"""Audit events as lines."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from drakkar.apiserver.audit.event import Event, json_line, legacy_line

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 120000, datetime.UTC)
_FIELDS = {"auditID": "i", "stage": "ResponseComplete", "verb": "get", "user": {}, "requestURI": "/x?a=\n"}


def line(body: Any, without: bool) -> Any:
    """What is told of a body."""
    event = Event({"kind": "Event"}, {"requestObject": msgspec.json.encode(body)}, _AT, without)
    text = json_line(event)
    assert text.endswith(b"}\n") and text.count(b"\n") == 1
    return msgspec.json.decode(text)["requestObject"]


def test_bodies_are_as_they_were_or_without_managed_fields() -> None:
    meta = {"name": "a", "managedFields": [{"manager": "x"}]}
    pod = {"metadata": meta, "spec": {"metadata": meta}}
    bare = {"metadata": {"name": "a"}, "spec": {"metadata": meta}}
    assert line(pod, False) == pod
    assert line(pod, True) == bare
    assert line({"items": [pod, 3]}, True) == {"items": [bare, 3]}
    assert line({"rows": [{"object": pod}, {}]}, True) == {"rows": [{"object": bare}, {}]}
    assert line(["managedFields"], True) == ["managedFields"]
    assert line({"items": {"managedFields": 1}, "metadata": 3}, True) == {
        "items": {"managedFields": 1},
        "metadata": 3,
    }


def test_characters_that_are_none_hide_nothing() -> None:
    event = Event({"a": ["b\ud800"], "c\udfff": 1}, {}, _AT)
    assert json_line(event) == b'{"a":["b?"],"c?":1}\n'
    legacy = {**_FIELDS, "requestURI": "/\ud800"}
    assert 'uri="' in legacy_line(Event(legacy, {}, _AT)).decode()


def test_the_old_format() -> None:
    fields = {
        **_FIELDS,
        "user": {"username": "alice", "groups": ["a", 'b"']},
        "impersonatedUser": {"username": "bob"},
        "sourceIPs": ["1.2.3.4", "::1"],
        "userAgent": "x",
        "objectRef": {"namespace": "n"},
        "responseStatus": {"metadata": {}, "code": 403},
    }
    assert legacy_line(Event(fields, {}, _AT)).decode() == (
        '2026-01-02T03:04:05.12Z AUDIT: id="i" stage="ResponseComplete" ip="1.2.3.4" method="get" user="alice" '
        'groups="\\"a\\",\\"b\\\\\\"\\"" as="bob" asgroups="<lookup>" user-agent="x" namespace="n" uri="/x?a=\\n" '
        'response="403"\n'
    )
    assert legacy_line(Event(_FIELDS, {}, _AT.replace(microsecond=0))).decode() == (
        '2026-01-02T03:04:05Z AUDIT: id="i" stage="ResponseComplete" ip="<unknown>" method="get" user="<none>" '
        'groups="<none>" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/x?a=\\n" response="<deferred>"\n'
    )
