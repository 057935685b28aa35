"""One command run inside a container: its pipes or its terminal, and its exit code."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from typing import Any

_BUFFER = 256 * 1024


class _Protocol(asyncio.subprocess.SubprocessStreamProtocol):
    """Tells of the process's end at once; asyncio itself waits until nobody holds its pipes any more."""

    def __init__(self) -> None:
        super().__init__(limit=_BUFFER, loop=asyncio.get_running_loop())
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class ProcessSession:
    """See runtime.ExecSession; with a terminal there is no stderr of its own."""

    def __init__(
        self,
        process: asyncio.SubprocessTransport,
        exited: asyncio.Event,
        stdin: asyncio.StreamWriter | None,
        stdout: asyncio.StreamReader | None,
        stderr: asyncio.StreamReader | None,
        terminal: int = -1,
        transports: Sequence[asyncio.BaseTransport] = (),
    ) -> None:
        self._process = process
        self._exited = exited
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
            # What a client says; a terminal has no more, and no less than nothing.
            rows, columns = (max(0, min(length, 65535)) for length in (height, width))
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    async def wait(self) -> int:
        """The exit code, 128 plus the signal's number for one that was killed."""
        await self._exited.wait()
        code = self._process.get_returncode()
        assert code is not None
        return 128 - code if code < 0 else code

    def kill(self) -> None:
        """End the command, and what belongs to it, at once."""
        if self._process.get_returncode() is None:
            try:
                os.killpg(self._process.get_pid(), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self) -> None:
        """Kill what still runs and free the terminal."""
        self.kill()
        self._process.close()
        for transport in self._transports:
            transport.close()
        self._transports = ()
        self._terminal = -1


class _TerminalProtocol(asyncio.StreamReaderProtocol):
    def connection_lost(self, exc: Exception | None) -> None:
        # Reading a terminal whose last process has ended gives EIO, which is its way to say end of file.
        super().connection_lost(None if isinstance(exc, OSError) else exc)


async def open_session(
    argv: Sequence[str], stdin: bool, tty: bool, env: Mapping[str, str] | None = None
) -> ProcessSession:
    """Start a command in a session of its own; without `env` it has our environment."""
    loop = asyncio.get_running_loop()
    pipe = asyncio.subprocess.PIPE
    if not tty:
        source = pipe if stdin else asyncio.subprocess.DEVNULL
        process, protocol = await loop.subprocess_exec(
            _Protocol, *argv, stdin=source, stdout=pipe, stderr=pipe, start_new_session=True, env=env
        )
        return ProcessSession(process, protocol.exited, protocol.stdin, protocol.stdout, protocol.stderr)
    main, side = pty.openpty()
    try:
        process, protocol = await loop.subprocess_exec(
            _Protocol, *argv, stdin=side, stdout=side, stderr=side, start_new_session=True, env=env
        )
    except BaseException:
        os.close(main)
        raise
    finally:
        os.close(side)
    reader = asyncio.StreamReader(limit=_BUFFER)
    transports: list[Any] = []
    read_transport, _ = await loop.connect_read_pipe(
        lambda: _TerminalProtocol(reader), os.fdopen(main, "rb", buffering=0)
    )
    transports.append(read_transport)
    writer: asyncio.StreamWriter | None = None
    if stdin:
        feed = os.fdopen(os.dup(main), "wb", buffering=0)
        write_transport, flow = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop=loop), feed
        )
        transports.append(write_transport)
        writer = asyncio.StreamWriter(write_transport, flow, None, loop)
    return ProcessSession(process, protocol.exited, writer, reader, None, main, transports)
