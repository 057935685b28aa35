"""The audit of one server: a policy, and where its events go."""

from __future__ import annotations

from collections import Counter

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.audit.event import Event
from drakkar.apiserver.audit.log import AuditLog
from drakkar.apiserver.audit.policy import AuditPolicy, Ruling
from drakkar.apiserver.audit.record import Arrival, Record
from drakkar.apiserver.audit_annotations import Level


class Auditor:
    """Says of each request whether it is told."""

    def __init__(self, policy: AuditPolicy, *logs: AuditLog) -> None:
        self._policy = policy
        self.logs = logs
        self.levels: Counter[str] = Counter()
        """Requests by the level at which they are told."""

    def put(self, event: Event) -> None:
        """Have an event written everywhere."""
        for log in self.logs:
            log.put(event)

    def close(self) -> None:
        """Write what waits, and no more after it."""
        for log in self.logs:
            log.close()

    def ruling(self, user: User | None, asked: Attributes) -> Ruling | None:
        """How much of a request is told; None where it is nothing. Without a `user` its credentials are not good."""
        found = self._policy.ruling(user, asked)
        self.levels[found.level.said] += 1
        return None if found.level is Level.NOTHING else found

    async def record(
        self, ruling: Ruling, arrival: Arrival, user: User | None, asked: Attributes, version: str
    ) -> Record:
        """The record of a request, which begins when there is room for what it will tell. `version` is that of the resource on
        its path."""
        for log in self.logs:
            await log.room()
        return Record(self, ruling, arrival, user, asked, version)
