"""Stands beside one container: writes its log, waits for its end and keeps the exit code on disk.

A script of its own (`main DIRECTORY LOCK`, see script.py), so that neither a restart nor the death of the kubelet ends
the container or loses its exit code. DIRECTORY holds spec.json and plan.json; the shim adds state.json, once the command
runs in a container that is all set up, and, last, exit.json.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from drakkar.kubelet.host import syscalls
from drakkar.kubelet.runtime.process import enter
from drakkar.kubelet.runtime.process.container_log import Log, Stream
from drakkar.kubelet.runtime.process.container_root import ContainerRoot

_READ_BYTES = 64 * 1024
# After the container's end somebody it left behind may hold the pipe open; this long we still listen.
_DRAIN_SECONDS = 1.0
# What is not gone by then hangs in the kernel.
_KILL_SECONDS, _KILL_POLL = 5.0, 0.005
# A mount may hang on somebody's server; the container is then not started.
_SET_UP_SECONDS = 30.0
_READY = b"\0"


def write(path: str, value: dict[str, Any]) -> None:
    """Replace a JSON file in one step."""
    with open(path + ".new", "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def reap(leader: int) -> None:
    """Bury adopted processes that have ended; the container's own is left for whoever wants its exit code."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid == leader:
            return
        os.waitpid(ended.si_pid, 0)


def end_adopted() -> None:
    """Kill every process that is left of the container; the death of one may bring us its children."""
    me = os.getpid()
    end = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < end:
        try:
            with open(f"/proc/{me}/task/{me}/children") as file:
                children = [int(word) for word in file.read().split()]
        except OSError:
            # A kernel that does not tell; then only the container's process group has ended.
            return
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                # It has ended by itself, or runs as somebody whom we may not kill.
                continue
        reap(0)
        time.sleep(_KILL_POLL)


class ContainerStartError(Exception):
    """The container or its command could not be started."""


def _own_user(user: int, group: int) -> None:
    """A user namespace of our own, in which we are this user and may do everything."""
    me, mine = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    for path, text in (
        ("/proc/self/setgroups", "deny"),
        ("/proc/self/uid_map", f"{user} {me} 1"),
        ("/proc/self/gid_map", f"{group} {mine} 1"),
    ):
        with open(path, "w") as file:
            file.write(text)


def _fork(action: Callable[[int], None]) -> tuple[int, int]:
    """A child that does `action(report)`, and what it reports: the words of an error, or how far it has come."""
    read, report = os.pipe()
    child = os.fork()
    if child:
        os.close(report)
        return child, read
    try:
        action(report)
    except OSError as error:
        os.write(report, enter.words(error).encode()[:4096] or b"failed")
    except Exception as error:
        os.write(report, repr(error).encode()[:4096])
    finally:
        os._exit(enter.START_FAILED)


def _answer(child: int, report: int, seconds: float) -> bytes:
    """All that a child reports; killed when it takes too long."""
    poll = select.poll()
    poll.register(report, select.POLLIN)
    end = time.monotonic() + seconds
    said = b""
    try:
        while poll.poll(max(0.0, end - time.monotonic()) * 1000):
            data = os.read(report, _READ_BYTES)
            if not data:
                return said
            said += data
    finally:
        os.close(report)
    os.kill(child, signal.SIGKILL)
    return f"not ready after {seconds:g} s".encode()


def hold(plan: dict[str, Any], report: int) -> None:
    """Make the container's tree, say so, and be the first of its processes: what it loses is buried, and it ends with us."""
    os.setsid()
    syscalls.die_with_parent(signal.SIGKILL)
    syscalls.unshare(syscalls.CLONE_NEWNS)
    ContainerRoot(plan).build()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.write(report, _READY)
    # None of the host's descriptors, and not the lock, which tells that the shim lives.
    enter.close_all(0)
    while True:
        signal.pause()


def start_holder(plan: dict[str, Any]) -> int:
    """The process whose namespaces are the container's, once all is mounted; 0 where there are none."""
    if plan["mode"] == "none":
        return 0
    if plan["mode"] == "user":
        _own_user(plan["user"] or 0, plan["group"] or 0)
    if plan["own_processes"]:
        # For what we start from now on.
        syscalls.unshare(syscalls.CLONE_NEWPID)
    holder, report = _fork(lambda report: hold(plan, report))
    said = _answer(holder, report, _SET_UP_SECONDS)
    if said != _READY:
        os.waitpid(holder, 0)
        raise ContainerStartError(
            said.decode(errors="replace") or "the container's files could not be set up"
        )
    return holder


def _child(
    plan: dict[str, Any], argv: list[str], stdin: str | None, out: int, err: int, holder: int, report: int
) -> NoReturn:
    os.setsid()
    # Opened for writing too, so that the command does not see an end of input between two attachments.
    source = os.open(stdin, os.O_RDWR) if stdin else os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((source, 0), (out, 1), (err, 2)):
        os.dup2(descriptor, number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    if holder:
        namespace = os.open(f"/proc/{holder}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        syscalls.setns(namespace, syscalls.CLONE_NEWNS)
    enter.become(plan, argv, report)


class _Container:
    """The processes of one container and the ends of its pipes."""

    def __init__(self, directory: str, spec: dict[str, Any]) -> None:
        with open(os.path.join(directory, "plan.json")) as file:
            plan = json.load(file)
        stdin = os.path.join(directory, "stdin") if spec["stdin"] else None
        if stdin and not os.path.lexists(stdin):
            os.mkfifo(stdin, 0o600)
        self.holder = start_holder(plan)
        self._holder = os.pidfd_open(self.holder) if self.holder else -1
        self.out, out = os.pipe()
        self.err, err = os.pipe()
        # Whoever the container leaves behind comes to us.
        syscalls.adopt_orphans()
        self.bell, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.pid, report = _fork(
            lambda report: _child(plan, spec["argv"], stdin, out, err, self.holder, report)
        )
        self.started = enter.start_time(self.pid)
        for descriptor in (out, err):
            os.close(descriptor)
        # Closed by its becoming another program: before, it ignores signals as we do, and nobody may join it.
        self.failure = _answer(self.pid, report, _SET_UP_SECONDS).decode(errors="replace")

    def end_rest(self) -> None:
        """Kill what is left after the command's end."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        if self._holder >= 0:
            # The kernel ends all that share its process ids.
            try:
                signal.pidfd_send_signal(self._holder, signal.SIGKILL)
            except ProcessLookupError:
                pass
        end_adopted()


def run(directory: str, lock: int) -> None:
    """Start the container that spec.json tells of and stay until it has ended.

    `lock` is a locked file's descriptor: while we hold it, the kubelet knows that the container is looked after.
    """
    os.set_inheritable(lock, False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with open(os.path.join(directory, "spec.json")) as file:
        spec = json.load(file)
    log = Log(spec["log_path"], spec["log_bytes"])
    try:
        container = _Container(directory, spec)
    except (ContainerStartError, OSError) as error:
        text = enter.words(error) if isinstance(error, OSError) else str(error)
        _write_exit(directory, enter.START_FAILED, time.time(), text)
        return
    if not container.failure:
        try:
            _write_state(directory, container)
        except OSError as error:
            # The kubelet will never hear of it; it must not run on without anybody who knows.
            container.end_rest()
            _write_exit(directory, enter.START_FAILED, time.time(), enter.words(error))
            return
    # The end of our output tells the kubelet that state.json is there, or will not be.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code, finished_at = _attend(container, log)
    _write_exit(directory, code, finished_at, container.failure)


def _write_state(directory: str, container: _Container) -> None:
    write(
        os.path.join(directory, "state.json"),
        {
            "shim": os.getpid(),
            "shim_start": enter.start_time(os.getpid()),
            "pid": container.pid,
            "pid_start": container.started,
            "init": container.holder,
            "init_start": enter.start_time(container.holder) if container.holder else 0,
            "started_at": time.time(),
        },
    )


def _write_exit(directory: str, code: int, finished_at: float, failure: str) -> None:
    value = {"code": code, "finished_at": finished_at, "failure": failure}
    write(os.path.join(directory, "exit.json"), value)


def _attend(container: _Container, log: Log) -> tuple[int, float]:
    """Write the log until the command has ended and all is said; its exit code and when it ended."""
    ended = os.pidfd_open(container.pid)
    poll = select.poll()
    streams: dict[int, Stream] = {}
    for descriptor, name in ((container.out, b"stdout"), (container.err, b"stderr")):
        os.set_blocking(descriptor, False)
        streams[descriptor] = Stream(descriptor, name, log)
        poll.register(descriptor, select.POLLIN)
    poll.register(ended, select.POLLIN)
    poll.register(container.bell, select.POLLIN)
    over_at: float | None = None
    code = 0
    finished_at = 0.0
    while streams or over_at is None:
        left = None if over_at is None else max(0.0, over_at - time.monotonic()) * 1000
        events = poll.poll(left)
        if over_at is not None and (not events or time.monotonic() >= over_at):
            break
        for descriptor, _ in events:
            if descriptor == container.bell:
                os.read(container.bell, _READ_BYTES)
                reap(container.pid if over_at is None else 0)
            elif descriptor == ended:
                _, status = os.waitpid(container.pid, 0)
                finished_at = time.time()
                code = os.waitstatus_to_exitcode(status)
                code = 128 - code if code < 0 else code
                over_at = time.monotonic() + _DRAIN_SECONDS
                poll.unregister(ended)
                container.end_rest()
            elif descriptor in streams and not streams[descriptor].pump():
                poll.unregister(descriptor)
                del streams[descriptor]
    return code, finished_at


def main() -> int:
    """Run as a script."""
    run(sys.argv[1], int(sys.argv[2]))
    return 0
