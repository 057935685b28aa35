"""Keeps a set of processes running: one that ends is started again, after a pause that grows while it keeps failing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Names the descriptor whose end tells a part that its supervisor is gone.
LIFELINE = "DRAKKAR_LIFELINE"
# Names the descriptor whose end tells a part that what it needs is there.
GATE = "DRAKKAR_GATE"
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
# A part that ran this long was well; its next end starts with the short pause again.
_WELL_AFTER = 10.0
# A part ends with this where another start would end the same way; the last line of its log says why.
REFUSED = 78
_LOG_LIMIT = 16 * 1024 * 1024


class Gate:
    """Parts that start before what they need is there get ready and then wait here: most of a start is to get ready."""

    def __init__(self) -> None:
        self.descriptor, self._held = os.pipe()

    def open(self) -> None:
        """Let all of them go on, and whoever comes later."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def close(self) -> None:
        """Give its descriptors back."""
        self.open()
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its name (also its log file's), its command, and what is added to the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Runs parts until told to stop; `tell(name, pid, restarts)` hears of every start."""

    def __init__(self, logs: Path, tell: Callable[[str, int, int], None] | None = None) -> None:
        self._logs = logs
        self._tell = tell or (lambda name, pid, restarts: None)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = False
        self._refusal: asyncio.Future[str] | None = None
        # Nobody ever writes into it. When this process ends, however it ends, the parts read its end and go too.
        self._lifeline, self._held = os.pipe()

    def start(self, part: Part, gate: Gate | None = None) -> None:
        """Start `part` and look after it from now on; it waits at the gate, which has to stay until `stop` is done."""
        if part.name in self._tasks:
            raise ValueError(f"{part.name} is already running")
        self._tasks[part.name] = asyncio.create_task(self._keep(part, gate), name=part.name)

    async def refusal(self) -> str:
        """Wait until a part says that it will not start, and return its reason."""
        if self._refusal is None:
            self._refusal = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self._refusal)

    async def stop(self, grace: float = 10.0) -> None:
        """End the parts, last started first: SIGTERM, then SIGKILL to the process group after `grace` seconds."""
        self._stopping = True
        for name in reversed(self._tasks):
            task = self._tasks[name]
            process = self._processes.get(name)
            if process is not None and process.returncode is None:
                await self._end(process, grace)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        for descriptor in (self._lifeline, self._held):
            os.close(descriptor)

    async def _end(self, process: asyncio.subprocess.Process, grace: float) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _keep(self, part: Part, gate: Gate | None) -> None:
        pause = _FIRST_PAUSE
        restarts = 0
        while not self._stopping:
            began = time.monotonic()
            process = await self._spawn(part, gate)
            self._processes[part.name] = process
            self._tell(part.name, process.pid, restarts)
            await process.wait()
            if self._stopping:
                return
            if process.returncode == REFUSED and self._refusal is not None and not self._refusal.done():
                self._refusal.set_result(_last_line(self._logs / f"{part.name}.log"))
            if time.monotonic() - began >= _WELL_AFTER:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            restarts += 1

    async def _spawn(self, part: Part, gate: Gate | None) -> asyncio.subprocess.Process:
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._logs / f"{part.name}.log"
        # The log before the last start is kept once, so that what grows has a bound.
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        passed = {LIFELINE: self._lifeline} | ({} if gate is None else {GATE: gate.descriptor})
        named = {name: str(descriptor) for name, descriptor in passed.items()}
        with path.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **part.environment, **named},
                pass_fds=tuple(passed.values()),
                start_new_session=True,
            )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace")[-4096:].splitlines()
    return lines[-1].removeprefix("error: ") if lines else "no reason given"
