"""Runs a command inside a container that has been set up, as its user and with its rights, and becomes it.

Started as a script (see script.py): `main PLAN.json INIT STARTED TERMINAL COMMAND…` joins the container whose holder is the
process INIT, started at STARTED; both are 0 where it has no namespaces. The plan is what process.py writes.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import termios
from typing import Any, NoReturn

from drakkar.kubelet.host import syscalls
from drakkar.kubelet.runtime.process import privileges

START_FAILED = 128
_FIRST_DESCRIPTOR = 3


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot: with the pid it names one process for good."""
    with open(f"/proc/{pid}/stat") as file:
        # The command's name comes in parentheses and may hold anything, blanks and parentheses too.
        return int(file.read().rpartition(")")[2].split()[19])


def close_all(first: int, but: int = -1) -> None:
    """Close every descriptor from `first` on, so that none of the host's leads a container out."""
    limit = os.sysconf("SC_OPEN_MAX")
    if first <= but:
        os.closerange(first, but)
        os.closerange(but + 1, limit)
    else:
        os.closerange(first, limit)


def _find(name: str, path: str, cwd: str) -> str:
    if "/" in name:
        return name
    for directory in path.split(":"):
        candidate = os.path.join(directory or cwd, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(f'exec: "{name}": executable file not found in $PATH')


def become(plan: dict[str, Any], argv: list[str], report: int = -1, bound: bool = False) -> NoReturn:
    """Take on the container's user and rights, and become the command; OSError where that cannot be.

    We are in the container's namespaces already. `report` is left open until the command is there; with `bound` it
    ends with our parent.
    """
    # Others in the container may see us from now on, but not look into us.
    syscalls.hide_self()
    close_all(_FIRST_DESCRIPTOR, report)
    if plan["mode"] != "user" and plan["user"]:
        for descriptor in range(_FIRST_DESCRIPTOR):
            if not os.path.samestat(os.fstat(descriptor), os.stat(os.devnull)):
                # Or it could not open /dev/stdout, which belongs to us.
                os.fchown(descriptor, plan["user"], -1)
    privileges.take_on(plan)
    if bound:
        # Only now, for a change of user undoes it.
        syscalls.die_with_parent(signal.SIGKILL)
    os.chdir(plan["cwd"])
    env: dict[str, str] = plan["env"]
    os.execve(_find(argv[0], env.get("PATH", "/usr/bin:/bin"), plan["cwd"]), argv, env)


def open_namespaces(plan: dict[str, Any], init: int, started: int) -> dict[str, int]:
    """Descriptors of a container's namespaces, surely of the process meant and not of one that got its number later."""
    kinds = {"user": plan["mode"] == "user", "pid": plan["own_processes"], "mnt": True}
    found = {}
    try:
        for kind in (kind for kind, wanted in kinds.items() if wanted):
            found[kind] = os.open(f"/proc/{init}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        same = start_time(init) == started
    except (FileNotFoundError, ProcessLookupError):
        same = False
    if not same or os.path.samestat(os.fstat(found["mnt"]), os.stat("/proc/self/ns/mnt")):
        for descriptor in found.values():
            os.close(descriptor)
        raise ProcessLookupError("the container has ended")
    return found


def _take_terminal(new_session: bool) -> None:
    if new_session:
        os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _wait(child: int) -> int:
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _run(plan: dict[str, Any], init: int, started: int, terminal: bool, argv: list[str]) -> int:
    if terminal:
        plan["env"].setdefault("TERM", "xterm")
    if plan["mode"] == "none":
        if terminal:
            _take_terminal(new_session=False)
        become(plan, argv)
    found = open_namespaces(plan, init, started)
    if "user" in found:
        syscalls.setns(found["user"], syscalls.CLONE_NEWUSER)
    child = 0
    if "pid" in found:
        # Only what we start is in that namespace, so somebody has to stay and tell how it ended. Others there could
        # otherwise look through it at the host until it has become the command.
        syscalls.hide_self()
        syscalls.setns(found["pid"], syscalls.CLONE_NEWPID)
        child = os.fork()
        if child:
            return _wait(child)
    try:
        syscalls.setns(found["mnt"], syscalls.CLONE_NEWNS)
        if terminal:
            # The session is new; its terminal is the one we were given.
            _take_terminal(new_session="pid" in found)
        become(plan, argv, bound="pid" in found)
    except OSError as error:
        os._exit(_tell(error))


def _tell(error: OSError) -> int:
    print(words(error), file=sys.stderr, flush=True)
    return 127 if isinstance(error, FileNotFoundError) else 126


def words(error: OSError) -> str:
    """What failed, for a user."""
    message = error.strerror or str(error)
    return f"{error.filename}: {message}" if error.filename else message


def main() -> int:
    """The exit status of the command, or of our failure to start it."""
    path, init, started, terminal, *argv = sys.argv[1:]
    with open(path) as file:
        plan = json.load(file)
    try:
        return _run(plan, int(init), int(started), terminal == "1", argv)
    except OSError as error:
        return _tell(error)
