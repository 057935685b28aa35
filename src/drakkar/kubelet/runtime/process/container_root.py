"""Builds the file tree that a container sees, in a mount namespace of its own, and makes it the root.

The host's programs and files are there, as a copy that takes writes where the system can lay one over the other, else
read-only. What is the cluster's or somebody else's is not: the plan's `hidden` directories are empty, /tmp, /run and /dev
are the container's own, and so is /proc where it has processes of its own. Then come the plan's `mounts`
({source, below, target, read_only, owned}); none of them shows what the plan calls `secret`, but for those that are the
node's own (`owned`), which may lie in such a place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from typing import Any

from drakkar.kubelet.host import beneath, syscalls
from drakkar.kubelet.host.mount_table import is_below, mount_points, mounts, place_of
from drakkar.kubelet.host.secret_places import SecretPlaces

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
# As other runtimes: what tells of the host, and what changes it.
_MASKED = (
    *("acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "scsi"),
    *("sched_debug", "timer_list", "timer_stats"),
)
_READ_ONLY = ("bus", "fs", "irq", "sys", "sysrq-trigger")
_MASKED_SYS = ("/sys/firmware", "/sys/devices/virtual/powercap")
_MAX_CHILDREN = 20_000
_LONGEST_PATH = 4096
_FENCED = syscalls.MS_NOSUID | syscalls.MS_NODEV
# Where a directory's own entries are while it is covered; gone before the container starts.
_ASIDE = ".drakkar-aside"


def _make_point(path: str, directory: bool) -> None:
    """Something to mount on."""
    os.makedirs(path if directory else os.path.dirname(path), exist_ok=True)
    if not directory and not os.path.lexists(path):
        open(path, "x").close()


def _is_directory(tree: int) -> bool:
    return stat.S_ISDIR(os.fstat(tree).st_mode)


def _refused(item: dict[str, Any]) -> OSError:
    path = os.path.join(item["source"], item["below"])
    return OSError(f"{path} holds a cluster's own files, which no pod may mount")


class ContainerRoot:
    """One container's tree in the making; `build` does all of it and is called once, by a process with one thread."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._root = os.path.join(plan["stage"], "root")
        # Our own file systems, which a read-only root file system includes.
        self._own: list[str] = []
        self._secret = SecretPlaces(())

    def build(self) -> None:
        """Make the tree and go into it. The namespace is new and this process's own."""
        plan = self._plan
        syscalls.mount("none", "/", "none", syscalls.MS_REC | syscalls.MS_PRIVATE)
        self._secret = SecretPlaces(plan["secret"])
        # All sources are taken before anything is hidden.
        volumes = [(self._source(item), item) for item in plan["mounts"]]
        kept = [
            (self._clone(path), path) for path in plan["kept"] if self._hidden(path) and os.path.exists(path)
        ]
        devices = self._devices()
        processes = None if plan["own_processes"] else self._clone("/proc")
        self._host_tree()
        self._dev(devices)
        self._hide(kept)
        # The host may have something of it mounted elsewhere too.
        self._veil(self._root, [self._root + path for _, path in kept])
        self._proc(processes)
        os.chdir(self._root)
        syscalls.pivot_here()
        self._root = ""
        for tree, item in sorted(volumes, key=lambda pair: str(pair[1]["target"]).count("/")):
            self._volume(tree, item)
        if plan["read_only_root"]:
            for path in self._own:
                syscalls.set_read_only(path, recursive=False)

    @staticmethod
    def _clone(path: str) -> int:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            return syscalls.clone_tree(descriptor)
        finally:
            os.close(descriptor)

    def _source(self, item: dict[str, Any]) -> int:
        descriptor = beneath.open_exactly(item["source"])
        try:
            if item["below"]:
                inner = beneath.open_beneath(descriptor, item["below"])
                os.close(descriptor)
                descriptor = inner
            if not item["owned"] and self._secret.hold(descriptor):
                raise _refused(item)
            return syscalls.clone_tree(descriptor)
        finally:
            os.close(descriptor)

    def _tmpfs(self, path: str, mode: int, flags: int = _FENCED) -> None:
        syscalls.mount("tmpfs", path, "tmpfs", flags, f"mode={mode:o}")
        self._own.append(path[len(self._root) :] or "/")

    def _host_tree(self) -> None:
        """The host's files at the new root: a copy on write, or read-only."""
        stage = self._plan["stage"]
        syscalls.mount("tmpfs", stage, "tmpfs", 0, "mode=755")
        for name in ("upper", "work", "root"):
            os.mkdir(os.path.join(stage, name), 0o755)
        layers = f"lowerdir=/,upperdir={stage}/upper,workdir={stage}/work"
        try:
            syscalls.mount("overlay", self._root, "overlay", 0, layers)
        except OSError:
            self._read_only_tree()
            return
        self._own.append("/")
        # An overlay shows one file system; the others are laid on top.
        last = ""
        for point in mount_points("/"):
            if (last and is_below(point, last)) or self._replaced(point):
                continue
            last = point
            self._lay("/", point)

    def _read_only_tree(self) -> None:
        self._tmpfs(self._root, 0o755)
        with os.scandir("/") as entries:
            for entry in entries:
                copy = os.path.join(self._root, entry.name)
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), copy)
                elif not self._replaced(entry.path):
                    _make_point(copy, entry.is_dir())
                    self._lay("/", entry.path)
                elif entry.is_dir():
                    os.mkdir(copy)

    def _replaced(self, path: str) -> bool:
        """Does something else come to stand here?"""
        return self._hidden(path) or any(
            is_below(path, place) for place in ("/proc", "/dev", self._plan["stage"])
        )

    def _hidden(self, path: str) -> bool:
        return any(is_below(path, place) for place in self._plan["hidden"])

    def _lay(self, base: str, path: str) -> None:
        target = self._root + path
        try:
            tree = self._clone(path)
        except OSError:
            # What we may not open the container does not get either.
            return
        try:
            syscalls.place_tree(tree, target)
        except OSError:
            return
        syscalls.set_read_only(target)

    def _hide(self, kept: list[tuple[int, str]]) -> None:
        """Empty directories in the place of hidden ones, and in them what has to stay; outer ones first."""
        trees = {path: tree for tree, path in kept}
        steps = [(path, mode) for path, mode in self._plan["hidden"].items()] + [(path, -1) for path in trees]
        for path, mode in sorted(steps, key=lambda step: (step[0].count("/"), step[1])):
            target = self._root + path
            if mode >= 0 and not os.path.lexists(target):
                self._reserve(target)
            if mode >= 0 and os.path.isdir(target):
                self._tmpfs(target, mode)
            elif mode >= 0:
                self._each(target, self._mask)
            else:
                _make_point(target, _is_directory(trees[path]))
                syscalls.place_tree(trees[path], target)
                syscalls.set_read_only(target)

    @staticmethod
    def _reserve(target: str) -> None:
        """A directory where there is none yet: who makes one on the host later does not show it to the container."""
        try:
            os.makedirs(target)
        except OSError:
            # A tree that takes no writes.
            return

    def _devices(self) -> list[tuple[int, str]]:
        paths = ["/dev"] if self._plan["host_devices"] else [f"/dev/{name}" for name in _DEVICES]
        return [(self._clone(path), path) for path in paths if os.path.exists(path)]

    def _dev(self, devices: list[tuple[int, str]]) -> None:
        root = self._root
        os.makedirs(root + "/dev", exist_ok=True)
        if not self._plan["host_devices"]:
            # Not one of the file systems that become read-only: nor does it anywhere else.
            syscalls.mount("tmpfs", root + "/dev", "tmpfs", syscalls.MS_NOSUID, "mode=755")
            for name, leads_to in _DEVICE_LINKS.items():
                os.symlink(leads_to, f"{root}/dev/{name}")
            for name in ("pts", "shm"):
                os.mkdir(f"{root}/dev/{name}")
            syscalls.mount("tmpfs", root + "/dev/shm", "tmpfs", _FENCED, "mode=1777")
            options = "newinstance,ptmxmode=0666,mode=0620" + (
                ",gid=5" if self._plan["mode"] == "mount" else ""
            )
            try:
                syscalls.mount("devpts", root + "/dev/pts", "devpts", syscalls.MS_NOSUID, options)
            except OSError:
                # Terminals of its own need a root user in the namespace; without, there are none.
                pass
        for tree, target in devices:
            _make_point(root + target, _is_directory(tree))
            syscalls.place_tree(tree, root + target)
            if not self._plan["host_devices"]:
                # Devices take writes all the same, but their owner and mode are the host's.
                syscalls.set_read_only(root + target)

    def _proc(self, host: int | None) -> None:
        target = self._root + "/proc"
        os.makedirs(target, exist_ok=True)
        if host is None:
            syscalls.mount("proc", target, "proc", _FENCED | syscalls.MS_NOEXEC)
        else:
            syscalls.place_tree(host, target)
        if self._plan["unmasked"]:
            return
        for path in [f"{target}/{name}" for name in _MASKED] + [self._root + path for path in _MASKED_SYS]:
            self._each(path, self._mask)
        for name in _READ_ONLY:
            self._each(f"{target}/{name}", self._freeze)

    @staticmethod
    def _each(path: str, change: Callable[[str], None]) -> None:
        if os.path.exists(path):
            change(path)

    def _mask(self, path: str) -> None:
        if os.path.isdir(path):
            syscalls.mount("tmpfs", path, "tmpfs", _FENCED | syscalls.MS_RDONLY, "mode=555")
        else:
            syscalls.bind(self._root + "/dev/null", path)
            syscalls.set_read_only(path)

    @staticmethod
    def _freeze(path: str) -> None:
        syscalls.bind(path, path)
        syscalls.set_read_only(path)

    def _volume(self, tree: int, item: dict[str, Any]) -> None:
        # As other runtimes, a path that begins nowhere begins at the root.
        target = os.path.normpath(os.path.join("/", item["target"]))
        if len(os.fsencode(target)) >= _LONGEST_PATH:
            raise OSError(f"{target[:80]}...: file name too long")
        if target in ("/", "/proc") or target.startswith("/proc/"):
            raise OSError(f"{target}: nothing can be mounted there")
        point = self._point(target, _is_directory(tree))
        syscalls.place_tree(tree, point)
        if not self._veil(point) and not item["owned"]:
            raise _refused(item)
        if item["read_only"]:
            syscalls.set_read_only(point)

    def _veil(self, point: str, spared: Sequence[str] = ()) -> bool:
        """Cover what is secret in all that is mounted at or below a point; False where it is the point's own mount, which
        is left to the caller.

        It goes by what the kernel says of the mounts, not by the paths that were asked for.
        """
        held: set[str] = set()
        clear = True
        for mount in mounts(point):
            if any(is_below(mount.point, path) for path in spared):
                continue
            for secret in self._secret.places:
                inner = mount.path_to(secret)
                if inner is None:
                    continue
                path = os.path.join(mount.point, inner) if inner else mount.point
                if not os.path.lexists(path) or not place_of(path).is_in(secret):
                    # Something else lies over it.
                    continue
                if path == point:
                    clear = False
                    continue
                self._hold_fast(mount.point, inner, held)
                self._mask(path)
        return clear

    @staticmethod
    def _hold_fast(point: str, inner: str, held: set[str]) -> None:
        """Make a mount of each directory on the way, for the kernel lets nobody rename one: what is secret would turn up
        under a path that the next container is not kept from.
        """
        path = point
        for name in inner.split("/")[:-1]:
            path = os.path.join(path, name)
            if path not in held:
                syscalls.bind(path, path)
                held.add(path)

    def _point(self, target: str, directory: bool) -> str:
        """A place to mount on; where nothing can be made, the directory is covered by one where it can."""
        path = target
        missing = 0
        while not os.path.lexists(path):
            path = os.path.dirname(path)
            missing += 1
        if not missing:
            return os.path.realpath(path)
        real = os.path.realpath(path)
        point = os.path.join(real, os.path.relpath(target, path))
        try:
            _make_point(point, directory)
        except NotADirectoryError:
            raise OSError(f"{target}: {real} is not a directory") from None
        except OSError:
            self._cover(real)
            _make_point(point, directory)
        return point

    def _cover(self, directory: str) -> None:
        """Lay a tmpfs over a directory that shows the same entries; new ones can be made there, off the host."""
        mode = os.stat(directory).st_mode & 0o7777
        before = self._clone(directory)
        self._tmpfs(directory, mode)
        aside = os.path.join(directory, _ASIDE)
        os.mkdir(aside, 0o700)
        syscalls.place_tree(before, aside)
        with os.scandir(aside) as entries:
            for number, entry in enumerate(entries):
                if number >= _MAX_CHILDREN:
                    raise OSError(f"{directory} has more than {_MAX_CHILDREN} entries")
                copy = os.path.join(directory, entry.name)
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), copy)
                    continue
                _make_point(copy, entry.is_dir())
                syscalls.bind(entry.path, copy)
        syscalls.detach(aside)
        os.rmdir(aside)
