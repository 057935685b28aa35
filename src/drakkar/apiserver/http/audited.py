"""Follows each request and its answer for the audit log: a middleware, and what it leaves with the request for those who know
more of it."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drakkar.api.object import Object
from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.audit.policy import COMPLETE, PANIC, RECEIVED, STARTED
from drakkar.apiserver.audit.record import Arrival, Record
from drakkar.apiserver.http.identity import IDENTITY

_EXCHANGE: Final = "drakkar.audited"
_LONG_VERBS: Final = ("watch", "proxy")
_LONG_BELOW: Final = ("attach", "exec", "log", "portforward", "proxy")
_LONGEST_AGENT: Final = 1024
# What is answered there is no object of the API.
_NO_OBJECTS: Final = ("/", "/version")
# An answer in a form that the client does not want is not looked at.
_NO_FORM: Final = 406
_EARLY: Final = {"status": "Success", "message": "Connection closed early", "code": 200}
# A Status says what it is in its first letters.
_BEGINNING: Final = 100


class Exchange:
    """One request with its answer. Without a record it is not told."""

    def __init__(self, auditor: Auditor, scope: Scope) -> None:
        self._auditor = auditor
        self._scope = scope
        self._received = datetime.datetime.now(datetime.UTC)
        self._long = self._refused = self._held = self._begun = self._foreign = False
        self._head: Message | None = None
        self._text: bytes | None = None
        self._last: dict[str, str] = {}
        self.record: Record | None = None

    async def begin(self, user: User, asked: Attributes) -> None:
        """Somebody who is known asks for this."""
        self._long = asked.verb in _LONG_VERBS or asked.subresource in _LONG_BELOW
        self.record = await self._recorded(user, asked)
        if self.record is not None:
            self.record.tell(RECEIVED)

    async def refuse(self, asked: Attributes, shown: str) -> None:
        """Nobody who is known asks for this; `shown` is what was tried."""
        self._long = self._refused = True
        self.record = await self._recorded(None, asked)
        if self.record is not None:
            self.record.status({"message": shown})

    async def _recorded(self, user: User | None, asked: Attributes) -> Record | None:
        ruling = self._auditor.ruling(user, asked)
        if ruling is None:
            return None
        scope = self._scope
        query = scope.get("query_string", b"")
        path = scope.get("raw_path") or scope["path"].encode()
        uri = path.partition(b"?")[0] + (b"?" + query if query else b"")
        agent = _header(scope, b"user-agent")
        if len(agent) > _LONGEST_AGENT:
            agent = f"{agent[:_LONGEST_AGENT]}...TRUNCATED"
        identity = scope[IDENTITY].decode()
        arrival = Arrival(identity, uri.decode(errors="replace"), agent, _addresses(scope), self._received)
        version = request_info.version_of(scope["path"])
        return await self._auditor.record(ruling, arrival, user, asked, version)

    def note_last(self, key: str, value: str) -> None:
        """Note something that only the last event tells."""
        self._last[key] = value

    def take_text(self, text: bytes) -> None:
        """The whole of an answer that is sent in pieces."""
        self._text = text

    def pass_on(self) -> None:
        """The answer is that of somebody else, who may say anything: nothing of it is told but its code."""
        self._foreign = True

    def upgrade(self) -> None:
        """The connection is no HTTP from here on."""
        if self.record is not None:
            self.record.code(101)
            self._begun = True
            self.record.tell(STARTED)

    def hold(self) -> Callable[[], None]:
        """The answer goes on when the request has been served; to be called when it ends."""
        self._held = True
        return self.end

    def sent(self, message: Message) -> None:
        """A part of the answer is about to be sent."""
        if self.record is None:
            return
        if message["type"] == "http.response.start":
            self._head = message
            if self._long and message["status"] < 400:
                self._begin_answer(self.record, message, b"")
        elif self._head is not None and not self._begun:
            text = message.get("body", b"") if self._text is None else self._text
            if message.get("more_body") and self._text is None:
                # Of a text that nobody has as a whole, none is told.
                text = b""
            self._begin_answer(self.record, self._head, text)

    def _begin_answer(self, record: Record, head: Message, text: bytes) -> None:
        self._begun, self._text = True, None
        code = head["status"]
        if self._has_object(head, text):
            status = _status_in(text)
            if status is not None:
                record.status(status)
            record.response(text)
        record.code(code)
        if self._long:
            record.tell(STARTED)

    def _has_object(self, head: Message, text: bytes) -> bool:
        if not text or self._foreign or (self._long and head["status"] < 400) or head["status"] == _NO_FORM:
            return False
        path = self._scope["path"]
        if head["status"] < 400 and (path in _NO_OBJECTS or not path.startswith("/api")):
            return False
        return any(
            name.lower() == b"content-type" and value.startswith(b"application/json")
            for name, value in head["headers"]
        )

    def end(self) -> None:
        """The answer has gone, or its client."""
        record, self.record = self.record, None
        if record is None or self._refused:
            return
        if not record.answered:
            record.status(_EARLY)
            if self._long:
                record.tell(STARTED)
        for key, value in self._last.items():
            record.annotations.note(key, value)
        record.tell(COMPLETE)

    def served(self) -> None:
        """The request has been served."""
        if not self._held:
            self.end()

    def fail(self, failure: Exception) -> None:
        """Nothing foresaw this."""
        record, self.record = self.record, None
        if record is not None and not self._refused:
            message = f"APIServer panic'd: {type(failure).__name__}"
            record.status({"status": "Failure", "reason": "InternalError", "message": message, "code": 500})
            record.tell(PANIC)


class Audited:
    """A middleware inside the one that gives requests their ids."""

    def __init__(self, app: ASGIApp, auditor: Auditor) -> None:
        self._app = app
        self._auditor = auditor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope[_EXCHANGE] = Exchange(self._auditor, scope)

        async def sent(message: Message) -> None:
            exchange.sent(message)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            exchange.end()
            raise
        except Exception as failure:
            exchange.fail(failure)
            raise
        finally:
            exchange.served()


def exchange_of(scope: Scope) -> Exchange | None:
    """The exchange that a request belongs to; None where the server has no audit log."""
    found: Exchange | None = scope.get(_EXCHANGE)
    return found


def record_of(scope: Scope) -> Record | None:
    """The record of a request; None where nothing is told of it."""
    exchange = exchange_of(scope)
    return None if exchange is None else exchange.record


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _addresses(scope: Scope) -> tuple[str, ...]:
    """Where a request comes from: what proxies say of it, then its connection."""
    found = [_address(one) for one in _header(scope, b"x-forwarded-for").split(",")]
    found = [one for one in found if one]
    real = _address(_header(scope, b"x-real-ip"))
    if real and real not in found:
        found.append(real)
    client = scope.get("client")
    remote = _address(str(client[0])) if client else ""
    if remote and found[-1:] != [remote]:
        found.append(remote)
    return tuple(found)


def _address(text: str) -> str:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _status_in(text: bytes) -> Object | None:
    if b'"Status"' not in text[:_BEGINNING]:
        return None
    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" else None
