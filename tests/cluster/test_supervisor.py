from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from drakkar.cluster.supervisor import GATE, REFUSED, Gate, Part, Supervisor


async def test_a_part_that_is_killed_is_started_again_and_stop_leaves_nothing(tmp_path: Path) -> None:
    starts: asyncio.Queue[tuple[str, int, int]] = asyncio.Queue()
    supervisor = Supervisor(tmp_path, lambda *told: starts.put_nowait(told))
    script = "import signal; print('up', flush=True); signal.pause()"
    supervisor.start(Part("sleeper", [sys.executable, "-c", script]))
    name, first, restarts = await asyncio.wait_for(starts.get(), 10)
    assert (name, restarts) == ("sleeper", 0)
    os.kill(first, signal.SIGKILL)
    _, second, restarts = await asyncio.wait_for(starts.get(), 10)
    assert restarts == 1 and second != first
    await asyncio.wait_for(supervisor.stop(grace=5), 10)
    assert not Path(f"/proc/{second}").exists() and starts.empty()


async def test_a_part_that_does_not_end_is_killed_after_its_grace(tmp_path: Path) -> None:
    starts: asyncio.Queue[tuple[str, int, int]] = asyncio.Queue()
    supervisor = Supervisor(tmp_path, lambda *told: starts.put_nowait(told))
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    script = (
        "import signal,sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open(sys.argv[1],'w').write('x'); signal.pause(); signal.pause()"
    )
    supervisor.start(Part("deaf", [sys.executable, "-c", script, str(ready)]))
    _, pid, _ = await asyncio.wait_for(starts.get(), 10)
    await asyncio.wait_for(asyncio.to_thread(ready.read_text), 10)
    await asyncio.wait_for(supervisor.stop(grace=0.2), 10)
    assert not Path(f"/proc/{pid}").exists()


async def test_a_part_waits_at_its_gate_until_it_is_opened_and_later_ones_do_not(tmp_path: Path) -> None:
    starts: asyncio.Queue[tuple[str, int, int]] = asyncio.Queue()
    supervisor, gate = Supervisor(tmp_path, lambda *told: starts.put_nowait(told)), Gate()
    waiting, through = tmp_path / "waiting", tmp_path / "through"
    os.mkfifo(waiting)
    os.mkfifo(through)
    script = (
        "import os,signal,sys; open(sys.argv[1],'w').write('x'); os.read(int(os.environ['" + GATE + "']), 1);"
        "open(sys.argv[2],'w').write('x'); signal.pause()"
    )
    try:
        supervisor.start(Part("guest", [sys.executable, "-c", script, str(waiting), str(through)]), gate)
        _, pid, _ = await asyncio.wait_for(starts.get(), 10)
        await asyncio.wait_for(asyncio.to_thread(waiting.read_text), 10)
        passed = asyncio.create_task(asyncio.to_thread(through.read_text))
        done, _ = await asyncio.wait({passed}, timeout=0.2)
        assert not done
        gate.open()
        await asyncio.wait_for(passed, 10)
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.to_thread(waiting.read_text), 10)
        await asyncio.wait_for(asyncio.to_thread(through.read_text), 10)
    finally:
        await asyncio.wait_for(supervisor.stop(grace=5), 10)
        gate.close()


async def test_a_part_that_will_not_start_is_told_with_its_reason(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    heard = asyncio.create_task(supervisor.refusal())
    await asyncio.sleep(0)
    script = f"import sys; print('error: the file is damaged', file=sys.stderr); sys.exit({REFUSED})"
    supervisor.start(Part("store", [sys.executable, "-c", script]))
    assert await asyncio.wait_for(heard, 10) == "the file is damaged"
    await asyncio.wait_for(supervisor.stop(grace=5), 10)
