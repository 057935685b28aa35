"""The state directory: what a cluster is (layout version, port, nodes), who owns it, and which process supervises it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec

from drakkar import private_file
from drakkar.cluster.errors import StateError

LAYOUT = 1
_BEFORE_SETTINGS = ("lock", "up.log")


class Settings(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """What `drakkar up` was told; kept so that the next `up` finds the cluster as it was left."""

    layout: int = LAYOUT
    port: int
    nodes: int = 1
    devices: int = 9
    simulated_nodes: int = 0
    without: tuple[str, ...] = ()
    # As --feature-gates has them; nothing is what holds by itself.
    feature_gates: str = ""


def default_directory() -> Path:
    """Where a cluster lives that was given no directory: below XDG_STATE_HOME, as the XDG base directory rules say.

    By them a path that is not absolute counts for nothing.
    """
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".local" / "state") / "drakkar"


class StateDirectory:
    """One cluster's directory. Opening checks layout and owner; nothing is written before both are right."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.settings_file = path / "cluster.json"
        self.pki = path / "pki"
        self.logs = path / "logs"
        self.kubeconfig = path / "kubeconfig"
        self._lock: int | None = None

    def open(self) -> Settings | None:
        """The settings of the cluster that lives here, None for a new one. StateError if it is not ours to use."""
        if not self.path.exists():
            return None
        self._check()
        if not self.settings_file.exists():
            if not self.is_ours:
                raise StateError(
                    f"--state {self.path}: not empty and not a cluster's; name another directory"
                )
            return None
        try:
            settings = msgspec.json.decode(self.settings_file.read_bytes(), type=Settings)
        except msgspec.MsgspecError as error:
            raise StateError(f"{self.settings_file}: {error}; `drakkar down --purge` starts afresh") from None
        if settings.layout != LAYOUT:
            raise StateError(
                f"{self.settings_file}: layout {settings.layout}, this drakkar knows {LAYOUT};"
                " use the drakkar that made it, or `drakkar down --purge` to start afresh"
            )
        return settings

    @property
    def is_ours(self) -> bool:
        """Whether the directory, which is there, is a cluster's: a start that failed early leaves its lock and log alone."""
        if self.settings_file.exists():
            return True
        return all(entry.name in _BEFORE_SETTINGS for entry in self.path.iterdir())

    def _check(self) -> None:
        try:
            private_file.check_directory(self.path)
        except private_file.UnsafeFileError as error:
            raise StateError(f"--state {error}") from None

    def make(self) -> None:
        """Make the directory, or see that one that is there is ours and nobody else's to write; StateError if not."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._check()

    def save(self, settings: Settings) -> None:
        self.make()
        private_file.write(self.settings_file, msgspec.json.format(msgspec.json.encode(settings), indent=2))

    def lock(self) -> None:
        """Hold the directory for this process and those it starts; StateError if a supervisor already does."""
        self.make()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path / "lock", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise self.taken() from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._lock = descriptor

    def taken(self) -> StateError:
        """What to say when another supervisor holds the directory."""
        text = f"--state {self.path}: a cluster is already up here (supervisor {self.supervisor()})"
        return StateError(f"{text}; see `drakkar status`")

    def unlock(self) -> None:
        """Give the directory free; the lock also ends with the process that holds it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def supervisor(self) -> int | None:
        """The process id of the supervisor that holds the directory, None when nobody does; StateError if it is not ours.

        Whoever may write there could name any process of ours as the one to end.
        """
        if self.path.exists():
            self._check()
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(descriptor, 32) or b"0") or None
        finally:
            os.close(descriptor)
        return None
