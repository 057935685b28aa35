"""One request on its way, as its audit events tell of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from drakkar.api.object import Object
from drakkar.api.time import micro_time_text
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.audit.event import Event
from drakkar.apiserver.audit.policy import RECEIVED, Ruling
from drakkar.apiserver.audit_annotations import AuditAnnotations, Level

_COMPLETED: Final = ("namespace", "name", "uid", "resourceVersion")
_TOLD_OF_STATUS: Final = ("status", "message", "reason", "details", "code")


class Sink(Protocol):
    """Where events go."""

    def put(self, event: Event) -> None:
        """Take an event; it must not wait."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in: `uri` and `agent` as the client wrote them, `addresses` where it comes from, its connection's
    last."""

    identity: str
    uri: str
    agent: str
    addresses: tuple[str, ...]
    received: datetime.datetime


class Record:
    """What is known of one request so far. `user` is None where credentials are not good."""

    def __init__(
        self,
        sink: Sink,
        ruling: Ruling,
        arrival: Arrival,
        user: User | None,
        asked: Attributes,
        version: str,
    ) -> None:
        self._sink = sink
        self._ruling = ruling
        self._arrival = arrival
        self._user = _told_user(user)
        self._verb = asked.verb
        self._reference = None if asked.path else _reference(asked, version)
        self._other: Object | None = None
        self._constraint = ""
        self._status: Object | None = None
        self._bodies: dict[str, bytes] = {}
        self.annotations = AuditAnnotations(ruling.level)

    @property
    def wants_request(self) -> bool:
        """Whether the body that was sent is told."""
        return self._ruling.level >= Level.REQUEST

    @property
    def wants_response(self) -> bool:
        """Whether the body of the answer is told."""
        return self._ruling.level >= Level.REQUEST_RESPONSE

    @property
    def answered(self) -> bool:
        """Whether a status is known."""
        return self._status is not None

    def impersonates(self, user: User, constraint: str) -> None:
        """The request goes on as this user; `constraint` is the verb by which that is allowed, or empty."""
        self._other, self._constraint = _told_user(user), constraint

    def refer(self, metadata: Mapping[str, object]) -> None:
        """What was sent has this metadata, which completes what the path says of the object."""
        reference = self._reference
        if reference is None:
            return
        for name in _COMPLETED:
            if not reference.get(name) and metadata.get(name):
                reference[name] = metadata[name]

    def sent(self, body: bytes) -> None:
        """The JSON of what was sent."""
        if self.wants_request:
            self._bodies["requestObject"] = body

    def status(self, status: Object) -> None:
        """The Status that is answered, or what stands for one."""
        found: Object = {name: status[name] for name in _TOLD_OF_STATUS if name in status}
        self._status = {"metadata": {}, **found}

    def code(self, code: int) -> None:
        """The answer's code, where it has no Status."""
        self._status = {**(self._status or {"metadata": {}}), "code": code}

    def response(self, body: bytes) -> None:
        """The JSON of the answer."""
        if self.wants_response:
            self._bodies["responseObject"] = body

    def tell(self, stage: str) -> None:
        """Have an event written, unless the policy wants none at this stage."""
        if stage not in self._ruling.silent:
            received = self._arrival.received
            when = received if stage == RECEIVED else datetime.datetime.now(datetime.UTC)
            bodies = dict(self._bodies)
            fields = self._fields(stage, when)
            self._sink.put(Event(fields, bodies, received, self._ruling.without_managed_fields))

    def _fields(self, stage: str, when: datetime.datetime) -> Object:
        arrival = self._arrival
        maybe = {
            "impersonatedUser": self._other,
            "authenticationMetadata": {"impersonationConstraint": self._constraint}
            if self._constraint
            else None,
            "sourceIPs": list(arrival.addresses),
            "userAgent": arrival.agent,
            "objectRef": dict(self._reference) if self._reference is not None else None,
            "responseStatus": self._status,
        }
        annotations = dict(self.annotations.noted)
        return {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": self._ruling.level.said,
            "auditID": arrival.identity,
            "stage": stage,
            "requestURI": arrival.uri,
            "verb": self._verb,
            "user": self._user,
            **{name: value for name, value in maybe.items() if value},
            "requestReceivedTimestamp": micro_time_text(arrival.received),
            "stageTimestamp": micro_time_text(when),
            **({"annotations": annotations} if annotations else {}),
        }


def _told_user(user: User | None) -> Object:
    if user is None:
        return {}
    told = {
        "username": user.name,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra.items()},
    }
    return {name: value for name, value in told.items() if value}


def _reference(asked: Attributes, version: str) -> Object:
    found = {
        "resource": asked.resource,
        "namespace": asked.namespace,
        "name": asked.name,
        "apiGroup": asked.group,
        "apiVersion": version,
        "subresource": asked.subresource,
    }
    return {name: value for name, value in found.items() if value}
