"""The streams of exec and attach over SPDY, as older clients, and API servers in front of a kubelet, ask for them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from drakkar.kubelet.server.streams.channels import RESIZE, STATUS, STDERR, STDIN, STDOUT, V4, tell_size
from drakkar.kubelet.server.streams.raw_upgrade import RawUpgrade
from drakkar.kubelet.server.streams.spdy.connection import SpdyConnection, SpdyStream
from drakkar.kubelet.server.streams.spdy.frames import SpdyError

_log = logging.getLogger(__name__)
_NUMBERS = {"error": STATUS, "stdin": STDIN, "stdout": STDOUT, "stderr": STDERR, "resize": RESIZE}
_OPEN_SECONDS = 30.0
_MAX_SIZE_BYTES = 4096


def expected(query: dict[str, str]) -> set[int]:
    """The streams that a client opens for what it asks."""
    asked = {
        name for name in ("input", "output", "error", "tty") if query.get(name, "").lower() in ("1", "true")
    }
    numbers = {STATUS}
    numbers |= {STDIN} if "input" in asked else set()
    numbers |= {STDOUT} if "output" in asked else set()
    numbers |= {STDERR} if "error" in asked and "tty" not in asked else set()
    return numbers | ({RESIZE} if "tty" in asked else set())


class SpdyChannels:
    """See channels.Wire; each channel is a stream of its own, named in its header `streamtype`."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._upgrade = RawUpgrade(request, "SPDY/3.1", {"X-Stream-Protocol-Version": V4})
        self._connection = SpdyConnection(self._upgrade.send, self._accept)
        self._streams: dict[int, SpdyStream] = {}
        self._opened = asyncio.Event()
        self._refused: set[asyncio.Task[None]] = set()
        self._running: asyncio.Task[None] | None = None

    @property
    def response(self) -> web.StreamResponse:
        return self._upgrade.response

    async def open(self) -> None:
        """Take the connection over and wait for the client's streams."""
        offered = [
            word.strip()
            for line in self._request.headers.getall("X-Stream-Protocol-Version", [])
            for word in line.split(",")
        ]
        if V4 not in offered:
            raise web.HTTPForbidden(text=f"unable to upgrade: none of the protocols {offered} is known")
        wanted = expected(dict(self._request.query))
        await self._upgrade.open()
        self._running = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                while not wanted <= self._streams.keys():
                    if self._running.done():
                        raise ConnectionResetError("the client has gone")
                    self._opened.clear()
                    await self._opened.wait()
        except BaseException:
            self._running.cancel()
            raise

    async def _run(self) -> None:
        try:
            await self._connection.run(self._upgrade.received())
        except SpdyError as error:
            _log.info("exec: %s", error)
        except OSError:
            # The client is gone without a word.
            pass
        finally:
            self._opened.set()

    def _accept(self, stream: SpdyStream) -> None:
        number = _NUMBERS.get(stream.headers.get("streamtype", ""))
        if number is None or number in self._streams:
            task = asyncio.get_running_loop().create_task(stream.reset())
            self._refused.add(task)
            task.add_done_callback(self._refused.discard)
            return
        self._streams[number] = stream
        if number in (STATUS, STDOUT, STDERR):
            stream.drop_input()
        self._opened.set()

    async def send(self, channel: int, data: bytes) -> None:
        """Send a piece of a channel's data; nothing where the client opened no such stream."""
        stream = self._streams.get(channel)
        if stream is not None and data:
            await stream.write(data)

    async def finish(self, status: dict[str, Any]) -> None:
        """Send the last word and end every stream."""
        await self.send(STATUS, json.dumps(status).encode())
        for stream in self._streams.values():
            await stream.end()

    async def receive(
        self,
        write: Callable[[bytes], Awaitable[None]],
        end_input: Callable[[], None],
        resize: Callable[[int, int], None],
    ) -> None:
        """Hand on what the client sends until it goes."""
        assert self._running is not None
        sizes = asyncio.create_task(self._sizes(resize))
        try:
            stdin = self._streams.get(STDIN)
            if stdin is not None:
                while data := await stdin.read():
                    await write(data)
                end_input()
            await asyncio.shield(self._running)
        finally:
            sizes.cancel()
            self._running.cancel()

    async def _sizes(self, resize: Callable[[int, int], None]) -> None:
        stream = self._streams.get(RESIZE)
        if stream is None:
            return
        decoder, text = json.JSONDecoder(), ""
        while data := await stream.read():
            text = (text + data.decode(errors="replace")).lstrip()
            while text:
                try:
                    size, end = decoder.raw_decode(text)
                except json.JSONDecodeError:
                    # Not whole yet; what never will be is given up.
                    text = text if len(text) < _MAX_SIZE_BYTES else ""
                    break
                except (ValueError, RecursionError):
                    # Nor will this ever be a size: too many digits, too deep.
                    text = ""
                    break
                text = text[end:].lstrip()
                tell_size(size, resize)
