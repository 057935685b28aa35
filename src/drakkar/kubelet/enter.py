"""Runs a command inside a container's mount namespace: makes one (with its mounts) or joins that of a process.

Started as a script of its own, with nothing but the standard library, because a namespace can only be changed by
a process with one thread: `python -I -S enter.py PLAN.json [--join PID] -- COMMAND…`. The plan holds `mode`
("mount", "user" or "none"), `mounts` ({source, target, read_only}), `stage` (an empty directory), `env`, `cwd` and
`failure` (a file that takes the reason when the command cannot be started; the exit code is then 128).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import sys
import termios
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 1, 32, 4096, 8192, 16384
MS_UNBINDABLE, MS_PRIVATE = 1 << 17, 1 << 18
MNT_DETACH = 2
# What a remount may not drop where somebody else set it: nosuid, nodev, noexec, noatime, nodiratime, relatime.
_KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048 | (1 << 21)
_MAX_CHILDREN = 20_000
START_FAILED = 128

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _check(_libc.mount(*arguments), f"mount {source} on {target}")


def unshare(mode: str) -> None:
    """Leave for a mount namespace of our own; "user" makes a user namespace too, in which we are root."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | (CLONE_NEWUSER if mode == "user" else 0)
    _check(_libc.unshare(flags), "unshare")
    if mode == "user":
        for path, text in (
            ("/proc/self/setgroups", "deny"),
            ("/proc/self/uid_map", f"0 {uid} 1"),
            ("/proc/self/gid_map", f"0 {gid} 1"),
        ):
            with open(path, "w") as file:
                file.write(text)
    _mount("none", "/", "none", MS_REC | MS_PRIVATE)


def join(mode: str, pid: int) -> None:
    """Go into the mount namespace of a process."""
    kinds = [("user", CLONE_NEWUSER)] if mode == "user" else []
    for name, kind in [*kinds, ("mnt", CLONE_NEWNS)]:
        descriptor = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(_libc.setns(descriptor, kind), f"setns {name}")
        finally:
            os.close(descriptor)


def _deepest(path: str) -> tuple[str, list[str]]:
    """The existing directory above a path, links followed, and the names still missing below it."""
    missing: list[str] = []
    while not os.path.lexists(path):
        path, name = os.path.split(path)
        missing.insert(0, name)
    return os.path.realpath(path), missing


def _cover(directory: str, stage: str) -> int:
    """Lay a tmpfs over a directory that shows the same entries; new ones can be made there, off the host.

    Returns the tmpfs's device number.
    """
    status = os.stat(directory)
    _mount("tmpfs", stage, "tmpfs", 0, f"mode={status.st_mode & 0o7777:o}")
    # Or else the stage would turn up again inside the copy of the directory that holds it.
    _mount("none", stage, "none", MS_UNBINDABLE)
    device = os.stat(stage).st_dev
    with os.scandir(directory) as entries:
        for number, entry in enumerate(entries):
            if number >= _MAX_CHILDREN:
                raise OSError(f"{directory} has more than {_MAX_CHILDREN} entries")
            copy = os.path.join(stage, entry.name)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), copy)
                continue
            if entry.is_dir():
                os.mkdir(copy)
            else:
                open(copy, "x").close()
            _mount(entry.path, copy, "none", MS_BIND | MS_REC)
    if directory == "/":
        old = os.path.join(stage, ".old")
        os.mkdir(old)
        os.chdir(stage)
        _check(_libc.pivot_root(b".", b".old"), "pivot_root")
        os.chdir("/")
        _check(_libc.umount2(b"/.old", MNT_DETACH), "umount")
        os.rmdir("/.old")
    else:
        _mount(stage, directory, "none", MS_MOVE)
    _mount("none", directory, "none", MS_PRIVATE)
    return device


def _bind(source: str, target: str, read_only: bool, stage: str, covers: set[int]) -> None:
    is_directory = os.path.isdir(source)
    where, missing = _deepest(target)
    if missing:
        if not os.path.isdir(where):
            raise OSError(f"{target}: {where} is not a directory")
        if os.stat(where).st_dev not in covers:
            covers.add(_cover(where, stage))
        *parents, last = missing
        below = os.path.join(where, *parents)
        os.makedirs(below, exist_ok=True)
        point = os.path.join(below, last)
        if is_directory:
            os.mkdir(point)
        else:
            open(point, "x").close()
        where = point
    _mount(source, where, "none", MS_BIND | MS_REC)
    if read_only:
        kept = os.statvfs(where).f_flag & _KEPT_FLAGS
        # statvfs counts relatime as 4096, which to mount(2) means bind; the kernel keeps it unasked.
        _mount("none", where, "none", MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def bind_all(mounts: list[dict[str, Any]], stage: str) -> None:
    """Make the mounts, outer ones first. Sources are opened before, so that no mount hides another's source."""
    opened: list[tuple[int, dict[str, Any]]] = []
    covers: set[int] = set()
    if any(_deepest(os.path.normpath(item["target"]))[0] == "/" for item in mounts):
        # Before the sources are opened: a descriptor of the old root is of no use under the new one.
        covers.add(_cover("/", stage))
    for item in sorted(mounts, key=lambda item: item["target"].count("/")):
        opened.append((os.open(item["source"], os.O_PATH | os.O_CLOEXEC), item))
    for descriptor, item in opened:
        # /proc may itself be covered by a mount later on, but the descriptor's path stays good.
        _bind(
            f"/proc/self/fd/{descriptor}", os.path.normpath(item["target"]), item["read_only"], stage, covers
        )
    for descriptor, _ in opened:
        os.close(descriptor)


def _find(name: str, path: str, cwd: str) -> str:
    if "/" in name:
        return name
    for directory in path.split(":"):
        candidate = os.path.join(directory or cwd, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(f'exec: "{name}": executable file not found in $PATH')


def run(plan: dict[str, Any], target: int | None, argv: list[str]) -> NoReturn:
    """Enter and become the command."""
    mode = plan["mode"]
    if mode != "none":
        if target is not None:
            join(mode, target)
        else:
            unshare(mode)
            bind_all(plan["mounts"], plan["stage"])
    if target is not None and os.isatty(0):
        # The session is new; its terminal is the one we were given.
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        plan["env"].setdefault("TERM", "xterm")
    os.chdir(plan["cwd"])
    env: dict[str, str] = plan["env"]
    os.execve(_find(argv[0], env.get("PATH", "/usr/bin:/bin"), plan["cwd"]), argv, env)


def main(arguments: list[str]) -> int:
    """The exit status when the command could not be started."""
    with open(arguments[0]) as file:
        plan = json.load(file)
    target = int(arguments[2]) if arguments[1] == "--join" else None
    argv = arguments[arguments.index("--") + 1 :]
    try:
        run(plan, target, argv)
    except OSError as error:
        message = error.strerror or str(error)
        if error.filename:
            message = f"{error.filename}: {message}"
        if target is not None:
            print(message, file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126
        with open(plan["failure"], "w") as file:
            file.write(message)
        return START_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
