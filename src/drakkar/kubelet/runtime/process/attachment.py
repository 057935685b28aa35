"""A client's hold on a container's own streams: what its log grows by, and the pipe that feeds its input."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from drakkar.kubelet.runtime.log_reading import LogOptions, read_log

_PIPE_BYTES = 4096


class ProcessAttachment:
    """See Attachment. `stdin` is None where the container has no input, or nobody wants to feed it."""

    def __init__(
        self, log_path: Path, outputs: Sequence[str], stdin: Path | None, running: Callable[[], bool]
    ) -> None:
        self._stdin = stdin
        self.outputs: Mapping[str, AsyncIterator[bytes]] = {
            name: read_log(log_path, LogOptions(follow=True, tail_lines=0, stream=name), running)
            for name in outputs
        }

    async def write(self, data: bytes) -> None:
        """See Attachment."""
        if self._stdin is not None:
            await asyncio.to_thread(_feed, str(self._stdin), data)


def _feed(path: str, data: bytes) -> None:
    """Write to a container's input pipe; the shim holds it open, so this does not wait for a reader."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        while data:
            data = data[os.write(descriptor, data[:_PIPE_BYTES]) :]
    except (BlockingIOError, BrokenPipeError):
        # Full, or nobody reads: a container that does not take its input must not hold up the node.
        pass
    finally:
        os.close(descriptor)
