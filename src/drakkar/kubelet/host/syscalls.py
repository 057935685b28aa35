"""System calls that Python's library lacks: namespaces, mounts, safe opening of paths, and what a process may do.

Nothing but the standard library is used, for the scripts beside a container import it too. Each call raises OSError with
the words what failed.
"""

from __future__ import annotations

import ctypes
import errno
import os

from drakkar.kubelet.host.mount_table import mount_points

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC = 1, 2, 4, 8, 32, 4096, 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 2, 4, 8
# These numbers are the same on every architecture.
_OPEN_TREE, _MOVE_MOUNT, _OPENAT2, _MOUNT_SETATTR = 428, 429, 437, 442
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_FROM_EMPTY_PATH = 4
_ATTR_READ_ONLY = 1
_PR_PDEATHSIG, _PR_DUMPABLE, _PR_SUBREAPER, _PR_NO_NEW_PRIVS = 1, 4, 36, 38
_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_AMBIENT, _AMBIENT_CLEAR = 23, 24, 47, 4
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = 63
# What a remount may not drop where somebody else set it: nosuid, nodev, noexec, noatime, nodiratime, relatime.
_KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048 | (1 << 21)

# What an inotify watch reports: names and attributes that change in a directory, and the end of the directory itself.
_IN_NAMES, _IN_SELF, _IN_ONLYDIR = 0x4 | 0x40 | 0x80 | 0x100 | 0x200, 0x400 | 0x800, 0x01000000
IN_UNMOUNT, IN_IGNORED, IN_MOVE_SELF = 0x2000, 0x8000, 0x800

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _check(_libc.mount(*arguments), f"mount {source} on {target}")


def detach(target: str) -> None:
    """Take a mount away with all that lies on it, at once for us and later for who still uses it."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_here() -> None:
    """Make the working directory, which has to be a mount, the root, and let go of the old one."""
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def clone_tree(descriptor: int) -> int:
    """A copy of what is mounted at an open path, with all that lies below it; it is nowhere until it is moved."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_EMPTY_PATH | _AT_RECURSIVE
    return _check(_libc.syscall(_OPEN_TREE, descriptor, b"", flags), "open_tree")


def place_tree(tree: int, target: str) -> None:
    """Mount a copied tree at a path, and close its descriptor."""
    try:
        arguments = (tree, b"", _AT_FDCWD, target.encode(), _MOVE_FROM_EMPTY_PATH)
        _check(_libc.syscall(_MOVE_MOUNT, *arguments), f"mount on {target}")
    finally:
        os.close(tree)


def bind(source: str, target: str) -> None:
    """Mount what is at one path at another one too."""
    descriptor = os.open(source, os.O_PATH | os.O_CLOEXEC)
    try:
        place_tree(clone_tree(descriptor), target)
    finally:
        os.close(descriptor)


def set_read_only(target: str, recursive: bool = True) -> None:
    """Nobody writes through this mount any more, nor through those below it."""
    attributes = (ctypes.c_uint64 * 4)(_ATTR_READ_ONLY, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    try:
        arguments = (_AT_FDCWD, target.encode(), flags, attributes, ctypes.sizeof(attributes))
        _check(_libc.syscall(_MOUNT_SETATTR, *arguments), f"read-only {target}")
    except OSError as error:
        # Kernels before 5.12 do it one mount at a time.
        if error.errno != errno.ENOSYS:
            raise
        for point in [target, *(mount_points(target) if recursive else ())]:
            kept = os.statvfs(point).f_flag & _KEPT_FLAGS
            mount("none", point, "none", MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def open_at(directory: int, path: str, flags: int, resolve: int) -> int:
    """openat2(2): open a path under rules on how it may be followed; ENOSYS where the kernel has no such call."""
    how = (ctypes.c_uint64 * 3)(flags | os.O_CLOEXEC, 0, resolve)
    arguments = (directory, os.fsencode(path), how, ctypes.sizeof(how))
    result = int(_libc.syscall(_OPENAT2, *arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return result


def adopt_orphans() -> None:
    """Become the parent of what our descendants leave behind, as the first process of a container is."""
    _libc.prctl(_PR_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: int) -> None:
    """Get a signal when our parent ends, however it ends."""
    _check(_libc.prctl(_PR_PDEATHSIG, number, 0, 0, 0), "prctl PDEATHSIG")


def hide_self() -> None:
    """Nobody of our own user may look into this process: its memory, environment and descriptors."""
    _check(_libc.prctl(_PR_DUMPABLE, 0, 0, 0, 0), "prctl DUMPABLE")


def no_new_privileges() -> None:
    """No program that we start gains rights by being set-uid or by file capabilities."""
    _check(_libc.prctl(_PR_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl NO_NEW_PRIVS")


def bound_capabilities(kept: set[int]) -> None:
    """Drop all capabilities but these, for us and for whatever we start; needs CAP_SETPCAP."""
    for number in range(_LAST_CAPABILITY + 1):
        if _libc.prctl(_PR_CAPBSET_READ, number, 0, 0, 0) < 0:
            break
        if number not in kept:
            _check(_libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0), "prctl CAPBSET_DROP")
    _libc.prctl(_PR_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)


def inherit_nothing() -> None:
    """Clear the inheritable capabilities, which would pass the bound when a program starts."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable of the lower 32 capabilities, then of the upper ones.
    data = (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, data), "capget")
    data[2] = data[5] = 0
    _check(_libc.capset(header, data), "capset")


def watch_directory(path: str) -> int:
    """An inotify descriptor, not blocking, that becomes readable when names in a directory come, go or change."""
    descriptor = _check(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK), "inotify_init1")
    try:
        mask = ctypes.c_uint32(_IN_NAMES | _IN_SELF | _IN_ONLYDIR)
        _check(_libc.inotify_add_watch(descriptor, os.fsencode(path), mask), f"inotify_add_watch {path}")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
