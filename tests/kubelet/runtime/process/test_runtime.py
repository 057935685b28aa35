"""Real processes under the process runtime: their logs, ends, restarts of the kubelet, and exec."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import eventually

from drakkar.kubelet.runtime.container import BindMount, ContainerSpec, ContainerState
from drakkar.kubelet.runtime.errors import (
    ContainerRuntimeError,
    ImageUnavailableError,
    NotRunningError,
    StillRunningError,
    UnknownContainerError,
)
from drakkar.kubelet.runtime.process import container_files as files
from drakkar.kubelet.runtime.process import container_log
from drakkar.kubelet.runtime.process.mounts import Isolation, obstacle
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime
from drakkar.kubelet.runtime.sandbox import SandboxSpec

PATH = {"PATH": os.environ["PATH"]}


def spec(tmp_path: Path, script: str, name: str = "c", attempt: int = 0, **more: object) -> ContainerSpec:
    values: dict[str, object] = {
        "pod_uid": "uid",
        "name": name,
        "attempt": attempt,
        "argv": ("/bin/sh", "-c", script),
        "env": PATH,
        "log_path": tmp_path / "logs" / f"{name}.{attempt}.log",
        **more,
    }
    return ContainerSpec(**values)  # type: ignore[arg-type]


async def runtime(tmp_path: Path, mode: str = "none", **more: int) -> ProcessRuntime:
    made = ProcessRuntime(tmp_path / "containers", Isolation(mode), **more)
    await made.recover()
    return made


def gone(pid: int) -> bool:
    """Is a process no more, or only a zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def ended(runtime: ProcessRuntime, started: ContainerState) -> ContainerState:
    async with asyncio.timeout(10):
        await runtime._containers[started.spec.id].ended.wait()
    return runtime._containers[started.spec.id].state


async def test_log_lines_and_exit_code(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(spec(tmp_path, "echo out; echo err >&2; printf end; exit 3"))
    assert state.running
    state = await ended(run, state)
    assert (state.status, state.exit_code, state.failure) == ("exited", 3, "")
    assert state.started_at <= state.finished_at
    lines = sorted(line.split(" ", 1)[1] for line in state.spec.log_path.read_text().splitlines())
    assert lines == ["stderr F err", "stdout F end", "stdout F out"]


async def test_environment_is_exactly_what_was_given(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    given = {"A": "1", "PATH": "/usr/bin:/bin"}
    state = await ended(run, await run.start(spec(tmp_path, "", argv=("env",), env=given)))
    lines = state.spec.log_path.read_text().splitlines()
    assert sorted(line.split(" ", 3)[3] for line in lines) == ["A=1", "PATH=/usr/bin:/bin"]


async def test_command_that_does_not_exist(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await ended(run, await run.start(spec(tmp_path, "", argv=("no-such-program",))))
    assert state.exit_code == 128
    assert "no-such-program" in state.failure and "not found" in state.failure


async def test_stop_terminates_then_kills_the_group(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    gentle = await run.start(spec(tmp_path, "sleep 100", name="gentle"))
    assert (await run.stop(gentle.spec.id, 5)).exit_code == 143
    script = 'trap "" TERM; sleep 100 & echo $!; while :; do wait; done'
    stubborn = await run.start(spec(tmp_path, script, name="stubborn"))
    log = stubborn.spec.log_path
    await eventually(lambda: log.exists() and log.read_text())
    child = int(log.read_text().split()[3])
    assert (await run.stop(stubborn.spec.id, 0.1)).exit_code == 137
    await eventually(lambda: gone(child))


async def test_one_that_is_being_started_is_stopped_once_it_has(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    starting = asyncio.create_task(run.start(spec(tmp_path, "sleep 100")))
    await eventually(run.containers)
    (state,) = run.containers()
    assert state.status == "created"
    stopped = await run.stop(state.spec.id, 0)
    assert stopped.exit_code == 128 + signal.SIGKILL and (await starting).pid == stopped.pid


async def test_nothing_that_a_container_started_outlives_it(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    # Out of the process group, and with a parent that has long ended.
    script = "(setsid sh -c 'sleep 100 & echo $!; exec sleep 100' &); read line < go; exit 6"
    os.mkfifo(tmp_path / "go")
    state = await run.start(spec(tmp_path, script, cwd=str(tmp_path)))
    log = state.spec.log_path
    await eventually(lambda: log.exists() and log.read_text())
    child = int(log.read_text().split()[3])
    os.kill(child, 0)
    (tmp_path / "go").write_text("now\n")
    assert (await ended(run, state)).exit_code == 6
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_dead_orphans_are_buried(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(
        spec(tmp_path, "for i in 1 2 3; do (true & true); done; echo done; exec sleep 100")
    )
    shim_process = run._containers[state.spec.id].shim
    assert shim_process is not None
    children = Path(f"/proc/{shim_process.pid}/task/{shim_process.pid}/children")
    log = state.spec.log_path
    await eventually(lambda: log.exists() and log.read_text())
    await eventually(lambda: children.read_text().split() == [str(state.pid)])
    await run.stop(state.spec.id, 0)


async def test_new_kubelet_takes_over_and_reads_exit_codes(tmp_path: Path) -> None:
    first = await runtime(tmp_path)
    long = await first.start(spec(tmp_path, "sleep 100", name="long"))
    short = await first.start(spec(tmp_path, "exit 5", name="short"))
    await ended(first, short)
    first.close()
    second = await runtime(tmp_path)
    states = {state.spec.name: state for state in second.containers()}
    assert states["short"].exit_code == 5
    assert states["long"].running and states["long"].pid == long.pid
    told: list[ContainerState] = []
    second.on_exit(told.append)
    await second.stop(long.spec.id, 5)
    assert [state.spec.name for state in told] == ["long"]


async def test_exit_while_no_kubelet_runs(tmp_path: Path) -> None:
    first = await runtime(tmp_path)
    os.mkfifo(tmp_path / "go")
    state = await first.start(spec(tmp_path, f"read line < {tmp_path}/go; exit 9"))
    shim_pid = first._containers[state.spec.id].shim
    assert shim_pid is not None
    first.close()
    (tmp_path / "go").write_text("now\n")
    await asyncio.to_thread(shim_pid.wait, 10)
    assert (await runtime(tmp_path)).containers()[0].exit_code == 9


async def test_lost_shim_ends_its_container(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(spec(tmp_path, "sleep 100"))
    popen = run._containers[state.spec.id].shim
    assert popen is not None
    os.kill(popen.pid, signal.SIGKILL)
    state = await ended(run, state)
    assert state.exit_code == 137 and "not seen" in state.failure


async def test_log_rotation_is_bounded(tmp_path: Path) -> None:
    run = await runtime(tmp_path, log_bytes=10_000)
    started = await run.start(spec(tmp_path, "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done"))
    state = await ended(run, started)
    log = state.spec.log_path
    assert log.stat().st_size <= 10_000 and log.with_name(log.name + ".1").stat().st_size <= 10_000
    assert log.read_text().splitlines()[-1].endswith("line 1999")


def test_a_log_that_cannot_be_rotated_for_now_loses_records_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, mode: str, buffering: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "log"
    log = container_log.Log(str(path), 100)
    log.write(b"stdout", b"F", b"first")
    with monkeypatch.context() as patch:
        patch.setattr(container_log, "open", full, raising=False)
        for _ in range(10):
            log.write(b"stdout", b"F", b"x" * 50)
    assert path.stat().st_size <= 100 and "first" in path.read_text()
    # Nor does one file that went under the other's name.
    rename = os.rename
    with monkeypatch.context() as patch:
        patch.setattr(
            os, "rename", lambda old, new: rename(old, new) if new.endswith(".1") else full("", "", 0)
        )
        log.write(b"stdout", b"F", b"y" * 50)
    log.write(b"stdout", b"F", b"last " + b"z" * 50)
    assert "last" in path.read_text() and "first" in Path(f"{path}.1").read_text()


async def test_a_container_whose_start_cannot_be_written_down_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_spec = files.write_spec

    def in_the_way(directory: Path, *arguments: Any) -> None:
        (directory / "state.json.new").mkdir()
        write_spec(directory, *arguments)

    monkeypatch.setattr(files, "write_spec", in_the_way)
    run = await runtime(tmp_path)
    state = await run.start(spec(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 100"))
    assert (state.status, state.exit_code) == ("exited", 128) and "directory" in state.failure
    if (tmp_path / "pid").exists():
        await eventually(lambda: gone(int((tmp_path / "pid").read_text() or 0)))


async def test_an_end_that_cannot_be_written_down_is_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await runtime(tmp_path)
    started = await run.start(spec(tmp_path, "exec sleep 100"))

    def full(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    os.kill(run._containers[started.spec.id].shim_pid, signal.SIGKILL)
    state = await ended(run, started)
    assert state.status == "exited"
    await eventually(lambda: gone(started.pid))


def test_long_lines_are_logged_in_parts(tmp_path: Path) -> None:
    read, write = os.pipe()
    stream = container_log.Stream(read, b"stdout", container_log.Log(str(tmp_path / "log"), 1 << 20))
    os.write(write, b"x" * 20_000 + b"\n")
    os.close(write)
    assert stream.pump() and not stream.pump()
    records = [line.split(" ", 3) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(record[2], len(record[3])) for record in records] == [("P", 16384), ("F", 3616)]


async def test_exec_pipes_and_code(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(spec(tmp_path, "sleep 100", env={**PATH, "WHO": "me"}))
    session = await run.exec(state.spec.id, ["sh", "-c", "cat; echo $WHO >&2; exit 4"], stdin=True)
    await session.write(b"hello")
    session.end_input()
    assert session.stdout is not None and session.stderr is not None
    assert await session.stdout.read() == b"hello"
    assert await session.stderr.read() == b"me\n"
    assert await session.wait() == 4
    with pytest.raises(ContainerRuntimeError, match="null byte"):
        await run.exec(state.spec.id, ["a\0b"])
    missing = await run.exec(state.spec.id, ["nothing-of-the-kind"])
    assert await missing.wait() == 127
    await run.stop(state.spec.id, 0)
    with pytest.raises(ContainerRuntimeError, match="not running"):
        await run.exec(state.spec.id, ["true"])


async def test_exec_with_terminal(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(spec(tmp_path, "sleep 100"))
    session = await run.exec(state.spec.id, ["sh", "-c", "test -t 0 && stty size"], stdin=True, tty=True)
    session.resize(100, 30)
    assert session.stdout is not None
    async with asyncio.timeout(5):
        output = await session.stdout.read()
        assert await session.wait() == 0
    assert output.strip().split()  # two numbers; which of both sizes depends on who was first
    session.close()
    await run.stop(state.spec.id, 0)


@pytest.mark.parametrize("mode", ["mount", "user"])
async def test_mounts_in_a_namespace_of_its_own(tmp_path: Path, mode: str) -> None:
    if reason := obstacle(mode):
        pytest.skip(f"no such namespaces here: {reason}")
    run = await runtime(tmp_path, mode)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_text("inside")
    (tmp_path / "other").write_text("one file")
    mounts = (
        BindMount(str(tmp_path / "data"), "/drakkar-test/deep/data", read_only=True),
        BindMount(str(tmp_path / "data"), "/var/run/drakkar-test/rw"),
        BindMount(str(tmp_path / "other"), "/etc/drakkar-test.conf"),
    )
    script = (
        "cat /drakkar-test/deep/data/file /etc/drakkar-test.conf; echo; touch /drakkar-test/deep/data/no; "
        "touch /var/run/drakkar-test/rw/yes; ls /etc/passwd /usr/bin/env; sleep 100"
    )
    state = await run.start(spec(tmp_path, script, mounts=mounts))
    session = await run.exec(state.spec.id, ["cat", "/drakkar-test/deep/data/file"])
    assert session.stdout is not None
    async with asyncio.timeout(5):
        while await session.stdout.read() != b"inside":
            await session.wait()
            session = await run.exec(state.spec.id, ["cat", "/drakkar-test/deep/data/file"])
            assert session.stdout is not None
        await eventually(lambda: "/etc/passwd" in state.spec.log_path.read_text())
    await run.stop(state.spec.id, 0)
    log = state.spec.log_path.read_text()
    assert "insideone file" in log and "Read-only file system" in log
    assert not (tmp_path / "data" / "no").exists()
    for path in ("/drakkar-test", "/run/drakkar-test", "/etc/drakkar-test.conf"):
        assert not os.path.lexists(path)


async def test_attaching_joins_the_streams_from_now_on(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    state = await run.start(
        spec(tmp_path, "echo before; while read line; do echo got $line; echo no >&2; done", stdin=True)
    )
    await eventually(lambda: state.spec.log_path.exists() and "before" in state.spec.log_path.read_text())
    attached = await run.attach(state.spec.id, ["stdout"], stdin=True)
    deaf = await run.attach(state.spec.id, ["stderr"], stdin=False)
    assert list(attached.outputs) == ["stdout"] and list(deaf.outputs) == ["stderr"]
    await deaf.write(b"nobody hears\n")
    await attached.write(b"this\n")
    async with asyncio.timeout(5):
        assert await anext(attached.outputs["stdout"]) == b"got this\n"
        assert await anext(deaf.outputs["stderr"]) == b"no\n"
        await run.stop(state.spec.id, 0)
        assert [piece async for piece in attached.outputs["stdout"]] == []


async def test_what_cannot_be_asked_of_a_container_has_a_name(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    with pytest.raises(UnknownContainerError):
        await run.stop("uid.none.0", 0)
    with pytest.raises(UnknownContainerError):
        await run.attach("uid.none.0", ["stdout"], stdin=False)
    state = await run.start(spec(tmp_path, "sleep 100"))
    with pytest.raises(StillRunningError):
        await run.remove(state.spec.id)
    await run.stop(state.spec.id, 0)
    with pytest.raises(NotRunningError):
        await run.exec(state.spec.id, ["true"])
    await run.remove(state.spec.id)
    with pytest.raises(UnknownContainerError):
        await run.remove(state.spec.id)


async def test_a_sandbox_is_an_address_and_a_way_to_its_ports(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    first = await run.run_sandbox(SandboxSpec("uid", "ns", "p"))
    assert first == await run.run_sandbox(SandboxSpec("uid", "ns", "p"))
    assert first.ip != (await run.run_sandbox(SandboxSpec("other", "ns", "q"))).ip
    server = await asyncio.start_server(lambda _, writer: writer.write(b"hello"), first.ip, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await run.port_forward("uid", port)
        assert await reader.readexactly(5) == b"hello"
        writer.close()
    await run.remove_sandbox("uid")
    await run.remove_sandbox("uid")
    with pytest.raises(OSError, match="no address"):
        await run.port_forward("uid", port)


async def test_it_says_what_it_is_and_what_it_lacks(tmp_path: Path) -> None:
    status = (await runtime(tmp_path)).status()
    assert status.name == "process" and status.version and "no network isolation" in status.message


async def test_an_image_nobody_knows_is_unavailable(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    assert (await run.image("busybox", ["sh"], ["-c", "true"])).argv[-2:] == ("-c", "true")
    with pytest.raises(ImageUnavailableError, match="no local command"):
        await run.image("unknown.example/image", [], [])


async def test_what_a_container_uses(tmp_path: Path) -> None:
    run = await runtime(tmp_path)
    # Of processor time the kernel counts whole ticks, and by sampling: a few of them are no measure.
    busy = "for i in $(seq 1000000); do :; done; (for i in $(seq 1000000); do :; done); echo done; sleep 100"
    state = await run.start(spec(tmp_path, busy))
    await eventually(lambda: state.spec.log_path.exists() and "done" in state.spec.log_path.read_text(), 20)
    before = await run.stats(state.spec.id)
    assert 0.01 < before.cpu_seconds < 20 and 100_000 < before.memory_bytes < 1 << 30
    after = await run.stats(state.spec.id)
    assert after.at >= before.at and after.cpu_seconds >= before.cpu_seconds
    await run.stop(state.spec.id, 0)
    with pytest.raises(NotRunningError):
        await run.stats(state.spec.id)
