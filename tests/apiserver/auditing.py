"""A server that audits, and the events by which it tells of requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.audit.event import Event, json_line
from drakkar.apiserver.audit.log import AuditLog
from drakkar.apiserver.audit.policy_file import policy_of

from .callers import Server, new_server


class _Nowhere:
    name = "log"

    def write(self, lines: Sequence[bytes]) -> None:
        raise AssertionError

    def hurry(self) -> None:
        return

    def close(self) -> None:
        return


class Kept(AuditLog):
    """Keeps the events instead of writing them."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), json_line)
        self.events: list[Any] = []

    def put(self, event: Event) -> None:
        self.events.append(json.loads(json_line(event)))


class World:
    """A server with a policy of these rules."""

    def __init__(self, server: Server, log: Kept) -> None:
        self.server = server
        self.log = log

    def events(self, peer: Any, method: str, path: str, body: Any = None, **headers: str) -> list[Any]:
        """What a request is told by."""
        self.log.events.clear()
        self.server.asks(peer, method, path, body, **headers)
        return list(self.log.events)

    def last(self, peer: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The event at its end."""
        found = self.events(peer, method, path, body, **headers)[-1]
        assert found["stage"] == "ResponseComplete"
        return found


async def world(path: Path, rules: str) -> World:
    log = Kept()
    policy = policy_of(f"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: {rules}".encode())
    return World(await new_server(path, Auditor(policy, log)), log)
