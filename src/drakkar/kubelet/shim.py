"""Stands beside one container: writes its log, waits for its end and keeps the exit code on disk.

A script of its own (`python -I -S shim.py DIRECTORY LOCK`), so that neither a restart nor the death of the kubelet ends
the container or loses its exit code. DIRECTORY holds spec.json; the shim adds state.json and, last, exit.json.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
from typing import Any

# Longer lines are written in parts, as other runtimes do.
_LINE_BYTES = 16 * 1024
_READ_BYTES = 64 * 1024
# After the container's end somebody it left behind may hold the pipe open; this long we still listen.
_DRAIN_SECONDS = 1.0
_SUBREAPER = 36
# What is not gone by then hangs in the kernel.
_KILL_SECONDS, _KILL_POLL = 5.0, 0.005


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot: with the pid it names one process for good."""
    with open(f"/proc/{pid}/stat") as file:
        # The command's name comes in parentheses and may hold anything, blanks and parentheses too.
        return int(file.read().rpartition(")")[2].split()[19])


def write(path: str, value: dict[str, Any]) -> None:
    """Replace a JSON file in one step."""
    with open(path + ".new", "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


class Log:
    """The log file, one line a record, moved aside to `.1` when it is full."""

    def __init__(self, path: str, limit: int) -> None:
        self._path, self._limit = path, limit
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._size = self._file.tell()

    def write(self, stream: bytes, tag: bytes, line: bytes) -> None:
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        record = b"%s.%09dZ %s %s %s\n" % (stamp.encode(), now % 10**9, stream, tag, line)
        if self._size and self._size + len(record) > self._limit:
            self._file.close()
            os.rename(self._path, self._path + ".1")
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
            self._size = 0
        try:
            self._file.write(record)
            self._size += len(record)
        except OSError:
            # A full disk must not stop the container, only its log.
            pass


class Stream:
    """One pipe of the container's and the line it has not finished."""

    def __init__(self, descriptor: int, name: bytes, log: Log) -> None:
        self.descriptor, self._name, self._log = descriptor, name, log
        self._rest = b""

    def pump(self) -> bool:
        """Log what can be read; False at the end."""
        try:
            data = os.read(self.descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        if not data:
            if self._rest:
                self._log.write(self._name, b"F", self._rest)
                self._rest = b""
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            while len(line) > _LINE_BYTES:
                self._log.write(self._name, b"P", line[:_LINE_BYTES])
                line = line[_LINE_BYTES:]
            self._log.write(self._name, b"F", line)
        while len(self._rest) > _LINE_BYTES:
            self._log.write(self._name, b"P", self._rest[:_LINE_BYTES])
            self._rest = self._rest[_LINE_BYTES:]
        return True


def adopt() -> None:
    """Become the parent of what the container's processes leave behind, as the first process of a real one is."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


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


def _child(argv: list[str], stdin: str | None, out: int, err: int) -> None:
    os.setsid()
    # Opened for writing too, so that the command does not see an end of input between two attachments.
    source = os.open(stdin, os.O_RDWR) if stdin else os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((source, 0), (out, 1), (err, 2)):
        os.dup2(descriptor, number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execv(argv[0], argv)


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
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    argv = [sys.executable, "-I", "-S", spec["enter"], os.path.join(directory, "plan.json")]
    argv += ["--", *spec["argv"]]
    stdin = os.path.join(directory, "stdin") if spec["stdin"] else None
    if stdin and not os.path.exists(stdin):
        os.mkfifo(stdin, 0o600)
    executed_read, executed_write = os.pipe()
    adopt()
    bell_read, bell_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(bell_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pid = os.fork()
    if pid == 0:
        try:
            _child(argv, stdin, out_write, err_write)
        finally:
            os._exit(128)
    for descriptor in (out_write, err_write, executed_write):
        os.close(descriptor)
    # Its end closes when the child has become another program: before, it ignores signals as we do.
    os.read(executed_read, 1)
    os.close(executed_read)
    write(
        os.path.join(directory, "state.json"),
        {
            "shim": os.getpid(),
            "shim_start": start_time(os.getpid()),
            "pid": pid,
            "pid_start": start_time(pid),
            "started_at": time.time(),
        },
    )
    # The end of our output tells the kubelet that state.json is there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    ended = os.pidfd_open(pid)
    poll = select.poll()
    streams: dict[int, Stream] = {}
    for descriptor, name in ((out_read, b"stdout"), (err_read, b"stderr")):
        os.set_blocking(descriptor, False)
        streams[descriptor] = Stream(descriptor, name, log)
        poll.register(descriptor, select.POLLIN)
    poll.register(ended, select.POLLIN)
    poll.register(bell_read, select.POLLIN)
    over_at: float | None = None
    code = 0
    finished_at = 0.0
    while streams or over_at is None:
        left = None if over_at is None else max(0.0, over_at - time.monotonic()) * 1000
        events = poll.poll(left)
        if over_at is not None and (not events or time.monotonic() >= over_at):
            break
        for descriptor, _ in events:
            if descriptor == bell_read:
                os.read(bell_read, _READ_BYTES)
                reap(pid if over_at is None else 0)
            elif descriptor == ended:
                _, status = os.waitpid(pid, 0)
                finished_at = time.time()
                code = os.waitstatus_to_exitcode(status)
                code = 128 - code if code < 0 else code
                over_at = time.monotonic() + _DRAIN_SECONDS
                poll.unregister(ended)
                try:
                    os.killpg(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    pass
                end_adopted()
            elif descriptor in streams and not streams[descriptor].pump():
                poll.unregister(descriptor)
                del streams[descriptor]
    failure = ""
    try:
        with open(os.path.join(directory, "failure")) as file:
            failure = file.read(4096)
    except FileNotFoundError:
        pass
    write(
        os.path.join(directory, "exit.json"), {"code": code, "finished_at": finished_at, "failure": failure}
    )


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]))
