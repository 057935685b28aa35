"""What a write must pass beyond its URL, given the object it writes: all rules that look at who writes what."""

from __future__ import annotations

import dataclasses

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import driver_restriction, escalation, node_restriction
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.store import Store


def check(
    store: Store,
    requester: Requester | None,
    kind: Kind,
    verb: str,
    new: Object | None,
    old: Object | None,
) -> None:
    """Let a write pass, or raise StatusError 403; without a requester it is the server's own.

    `verb` is create, update or delete; `new` is as it was sent, in the stored version, `old` as it is stored.
    """
    if requester is None:
        return
    node_restriction.check(store, requester, kind, verb, new, old)
    driver_restriction.check(requester, kind, new, old)
    if new is not None and not requester.asked.subresource:
        escalation.check(kind, requester.asked.namespace, new, old, requester)


def check_creation(requester: Requester | None) -> None:
    """A PUT or an apply that creates is a create, too: StatusError 403 for whoever may not."""
    if requester is not None and requester.asked.verb != "create":
        requester.require(dataclasses.replace(requester.asked, verb="create"))


def check_connection(requester: Requester) -> None:
    """Whoever is connected to a container creates something, also by a GET of a WebSocket: StatusError 403 for whoever may
    only read."""
    asked = requester.asked
    if asked.verb == "create":
        return
    verdict = requester.decide(dataclasses.replace(asked, verb="create"))
    if not verdict.allowed:
        raise errors.forbidden(asked.group, asked.resource, asked.name, verdict.reason)
