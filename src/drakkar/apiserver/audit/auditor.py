"""The audit of one server: a policy, and the log that its events go to."""

from __future__ import annotations

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.audit.log import AuditLog
from drakkar.apiserver.audit.policy import AuditPolicy
from drakkar.apiserver.audit.record import Arrival, Record
from drakkar.apiserver.audit_annotations import Level


class Auditor:
    """Says of each request whether it is told."""

    def __init__(self, policy: AuditPolicy, log: AuditLog) -> None:
        self._policy = policy
        self.log = log

    async def record(
        self, arrival: Arrival, user: User | None, asked: Attributes, version: str
    ) -> Record | None:
        """The record of a request, which begins when there is room for what it will tell; None where nothing is told. `version`
        is that of the resource on its path; without a `user` its credentials are not good."""
        ruling = self._policy.ruling(user, asked)
        self.log.levels[ruling.level.said] += 1
        if ruling.level is Level.NOTHING:
            return None
        await self.log.room()
        return Record(self.log, ruling, arrival, user, asked, version)
