"""TLS for many connections that mostly wait: all of them share one buffer to read into, where asyncio gives each a
quarter of a megabyte."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from typing import Any

import uvicorn

from drakkar.apiserver.connections.connection import Connection
from drakkar.apiserver.connections.door import Door

_READ = 256 * 1024
_FAREWELL = 5.0


class _Tls(sslproto.SSLProtocol):
    """One connection from its first byte; what it reads is decrypted before anyone else reads."""

    max_size = 1

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: Connection,
        context: ssl.SSLContext,
        door: Door,
        buffer: memoryview,
    ) -> None:
        super().__init__(
            loop,
            http,
            context,
            None,  # type: ignore[arg-type]
            server_side=True,
            ssl_handshake_timeout=door.limits.handshake,  # type: ignore[arg-type]
            ssl_shutdown_timeout=_FAREWELL,
        )
        self._shared = buffer
        # One byte was made for it, and here is what it reads into; how much it decrypts at once is another matter.
        self.max_size = _READ  # type: ignore[misc]
        self._ssl_buffer_view = buffer
        self._door = door
        self._guest: Any = http
        http.on_become = self._change

    def _change(self, guest: Any) -> None:
        self._guest = guest

    def get_buffer(self, n: int) -> memoryview:
        return self._shared

    def connection_made(self, transport: Any) -> None:
        self._guest.raw = transport
        address = transport.get_extra_info("peername")
        # A refused one is gone before its handshake begins.
        if self._door.enter(self._guest, address[0] if address else ""):
            super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        guest, self._guest = self._guest, None
        self._door.leave(guest)
        super().connection_lost(exc)
        # What refers to each other would wait for the collector, with all that TLS holds.
        self._sslobj = None
        guest.forget()


def terminate(config: uvicorn.Config, door: Door) -> None:
    """Have a uvicorn configuration listen through this module instead of asyncio's own TLS."""
    if not config.loaded:
        config.load()
    context, config.ssl = config.ssl, None
    assert context is not None
    # No client of ours resumes a session, and each ticket that could is a copy of it.
    context.num_tickets = 0
    plain: Any = config.http_protocol_class
    # What is read into it is decrypted before anything else is read.
    buffer = memoryview(bytearray(_READ))

    def connection(config: uvicorn.Config, server_state: Any, app_state: Any, _loop: Any = None) -> _Tls:
        loop = _loop or asyncio.get_running_loop()
        http = plain(config=config, server_state=server_state, app_state=app_state, _loop=loop)
        http.door = door
        return _Tls(loop, http, context, door, buffer)

    config.http_protocol_class = connection  # type: ignore[assignment]
