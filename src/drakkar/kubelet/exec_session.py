"""One command run inside a container: its pipes or its terminal, and its exit code."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Sequence
from typing import Any

_BUFFER = 256 * 1024


class ProcessSession:
    """See runtime.ExecSession; with a terminal there is no stderr of its own."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        stdin: asyncio.StreamWriter | None,
        stdout: asyncio.StreamReader | None,
        stderr: asyncio.StreamReader | None,
        terminal: int = -1,
        transports: Sequence[asyncio.BaseTransport] = (),
    ) -> None:
        self._process = process
        self._stdin = stdin
        self.stdout, self.stderr = stdout, stderr
        self._terminal = terminal
        self._transports = transports

    async def write(self, data: bytes) -> None:
        """Feed the command's input; what it does not take any more is dropped."""
        if self._stdin is None:
            return
        try:
            self._stdin.write(data)
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            self._stdin = None

    def end_input(self) -> None:
        """Tell the command that its input is over."""
        if self._stdin is None:
            return
        if self._terminal >= 0:
            # A terminal has no end; Ctrl-D is what its users type.
            self._stdin.write(b"\x04")
        elif self._stdin.can_write_eof():
            self._stdin.write_eof()
        self._stdin = None

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal's new size."""
        if self._terminal >= 0:
            size = struct.pack("HHHH", min(height, 65535), min(width, 65535), 0, 0)
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    async def wait(self) -> int:
        """The exit code, 128 plus the signal's number for one that was killed."""
        code = await self._process.wait()
        return 128 - code if code < 0 else code

    def close(self) -> None:
        """Kill what still runs and free the terminal."""
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for transport in self._transports:
            transport.close()
        self._transports = ()
        self._terminal = -1


class _TerminalProtocol(asyncio.StreamReaderProtocol):
    def connection_lost(self, exc: Exception | None) -> None:
        # Reading a terminal whose last process has ended gives EIO, which is its way to say end of file.
        super().connection_lost(None if isinstance(exc, OSError) else exc)


async def open_session(argv: Sequence[str], stdin: bool, tty: bool) -> ProcessSession:
    """Start a command in a session of its own."""
    if not tty:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=_BUFFER,
        )
        return ProcessSession(process, process.stdin, process.stdout, process.stderr)
    main, side = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=side, stdout=side, stderr=side, start_new_session=True
        )
    except BaseException:
        os.close(main)
        raise
    finally:
        os.close(side)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_BUFFER)
    transports: list[Any] = []
    read_transport, _ = await loop.connect_read_pipe(
        lambda: _TerminalProtocol(reader), os.fdopen(main, "rb", buffering=0)
    )
    transports.append(read_transport)
    writer: asyncio.StreamWriter | None = None
    if stdin:
        pipe = os.fdopen(os.dup(main), "wb", buffering=0)
        write_transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop=loop), pipe
        )
        transports.append(write_transport)
        writer = asyncio.StreamWriter(write_transport, protocol, None, loop)
    return ProcessSession(process, writer, reader, None, main, transports)
