"""Keeps events small: one that is too large loses what was sent and answered, and is lost where it is too large even so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final, NamedTuple

from drakkar.apiserver.audit.event import Event, json_line

# By what whoever reads it knows; the name is kube-apiserver's.
_MARK: Final = {"audit.k8s.io/truncated": "true"}


class Truncation(NamedTuple):
    """How many bytes an event may have, and how many those that are written at once."""

    event: int = 102_400
    batch: int = 10_485_760


class TooLargeEventError(Exception):
    """An event that is too large even without what was sent and answered."""


def truncating(form: Callable[[Event], bytes], most: int) -> Callable[[Event], bytes]:
    """A form of events of which none is larger than `most` bytes as JSON; it raises TooLargeEventError."""

    def line(event: Event) -> bytes:
        text = json_line(event)
        if len(text) > most and event.bodies:
            annotations = {**event.fields.get("annotations", {}), **_MARK}
            event = dataclasses.replace(event, bodies={}, fields={**event.fields, "annotations": annotations})
            text = json_line(event)
        if len(text) > most:
            raise TooLargeEventError(f"an event of {len(text)} bytes is larger than {most}")
        return text if form is json_line else form(event)

    return line
