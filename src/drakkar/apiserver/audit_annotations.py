"""What is noted about a request for its audit events, by whoever has something to say of it: access, admission, policies and
webhooks."""

from __future__ import annotations

import enum
import logging
from typing import Final

from drakkar.api.names import is_label_key

_LOGGER = logging.getLogger(__name__)
_SHOWN = 200


class Level(enum.IntEnum):
    """How much of a request is told, from nothing to both bodies; the names are those of audit.k8s.io/v1."""

    NOTHING = 0
    METADATA = 1
    REQUEST = 2
    REQUEST_RESPONSE = 3

    @property
    def said(self) -> str:
        """Its name in policies and events."""
        return _SAID[self]


_SAID = ("None", "Metadata", "Request", "RequestResponse")
LEVELS = {level.said: level for level in Level}


class AuditAnnotations:
    """The annotations of one request, which is told at `level`. Who says something of a key first is right, as upstream has it:
    a write that is done again says the same once more."""

    __slots__ = ("level", "noted")

    def __init__(self, level: Level) -> None:
        self.level = level
        self.noted: dict[str, str] = {}

    @property
    def are_read(self) -> bool:
        """Whether somebody is told."""
        return self.level is not Level.NOTHING

    def note(self, key: str, value: str, level: Level = Level.METADATA) -> None:
        """Note something that events from `level` on tell."""
        if self.level >= level and self.noted.setdefault(key, value) != value:
            _LOGGER.warning("the audit annotation %s is noted already, and stays so", key[:_SHOWN])

    def note_admission(self, key: str, value: str, level: Level = Level.METADATA) -> None:
        """The same of what others name: a key must be one that a label can have, with a prefix."""
        if "/" in key and is_label_key(key):
            self.note(key, value, level)
        else:
            _LOGGER.warning("an audit annotation has a bad key: %s", repr(key[:_SHOWN]))


# Of a request that nobody is told of: whatever is noted is gone.
UNREAD: Final = AuditAnnotations(Level.NOTHING)
