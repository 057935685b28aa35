"""The SQLite file that objects are written through to: every record carries a checksum, and one row of state says
what all of them must come to, so that a file that is not as it was left is refused."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver.storage import group_write
from drakkar.apiserver.storage.checksum import MASK, record_sum, state_sum
from drakkar.apiserver.storage.errors import DamagedError
from drakkar.apiserver.storage.last_write import LastWrite, Mark

Key = tuple[str, str, str]  # resource ("group/plural"), namespace or "", name

FORMAT = 1
_OBJECTS = (
    "CREATE TABLE objects (resource TEXT, namespace TEXT, name TEXT, body BLOB, sum INTEGER,"
    " PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID"
)
_STATE = (
    "CREATE TABLE state (id INTEGER PRIMARY KEY, identity TEXT, revision INTEGER, objects INTEGER,"
    " digest INTEGER, sum INTEGER)"
)
_INSERT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)"


class State(NamedTuple):
    """What the records must come to: their number, and the sum of their checksums."""

    identity: str
    revision: int
    objects: int
    digest: int


class Row(NamedTuple):
    """One write: the record's `body`, None where it ends, its checksum, and that of the record before, None where none was."""

    key: Key
    body: bytes | None
    sum: int
    before: int | None
    revision: int


def row(key: Key, body: bytes | None, before: int | None, revision: int) -> Row:
    """A write with its checksum."""
    return Row(key, body, 0 if body is None else record_sum(key, body), before, revision)


class Stored(NamedTuple):
    """One record, read and found sound."""

    key: Key
    object: Object
    sum: int
    size: int


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection that writes ahead and returns from a commit only when the disk has it."""
    if path != ":memory:":
        _make_private(Path(path))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _make_private(path: Path) -> None:
    """Make the file if it is not there, and keep others from reading it; SQLite gives its companions the same mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def described(key: Key) -> str:
    """A row's key as people read it."""
    return "/".join(part for part in (key[0].strip("/"), *key[1:]) if part)


def complaint(key: Key, body: Any, found: int | None) -> tuple[str, Object]:
    """What is wrong with a row, or nothing, and its object; `found` is its checksum, None where it has none."""
    if not isinstance(body, bytes):
        return "has no body", {}
    if found is not None and record_sum(key, body) != found:
        return "does not fit its checksum", {}
    try:
        obj = msgspec.json.decode(body)
        version = obj["metadata"]["resourceVersion"]
        if not version.isdigit():
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError):
        return "is not an object", {}
    return "", obj


class Database:
    """One file, checked when it is opened. `state` is what the last commit left."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._together = False
        self.mark = Mark(None if path == ":memory:" else Path(f"{path}.last"))
        fresh = path == ":memory:" or not Path(path).exists() or not Path(path).stat().st_size
        last = self.mark.read()
        if last is None and self.mark.damaged:
            raise DamagedError(self.mark.path or path, "the note of the last write is damaged")
        if fresh and last is not None and last.revision > 1:
            why = (
                f"is missing or empty, but {last.objects} objects up to revision {last.revision} were stored"
            )
            raise DamagedError(path, why)
        try:
            self.connection = connect(path)
        except sqlite3.DatabaseError as failure:
            raise DamagedError(path, f"cannot be read ({failure})") from None
        try:
            self.state = self._opened(fresh, last)
            group_write.prepare(self.connection)
        except sqlite3.DatabaseError as failure:
            self.connection.close()
            raise DamagedError(path, f"cannot be read ({failure})") from None
        except BaseException:
            self.connection.close()
            raise

    def _opened(self, fresh: bool, last: LastWrite | None) -> State:
        tables = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_master")}
        (form,) = self.connection.execute("PRAGMA user_version").fetchone()
        if form > FORMAT:
            raise DamagedError(self.path, f"is of format {form}, and this version knows {FORMAT} at most")
        if not form and not tables & {"objects", "state"}:
            if not fresh and last is not None and last.revision > 1:
                raise DamagedError(self.path, f"is empty, but {last.objects} objects were stored")
            return self._created(last)
        if not form and "state" not in tables:
            return self._migrated(last)
        if not tables >= {"objects", "state"}:
            raise DamagedError(self.path, "lacks the tables objects and state")
        return self._known(last)

    def _created(self, last: LastWrite | None) -> State:
        state = State(last.identity if last else uuid.uuid4().hex, 1, 0, 0)
        # Noted first: a database without its note is refused.
        self.mark.write(LastWrite(state.identity, state.revision, 0), at_once=True)
        self.connection.execute("BEGIN IMMEDIATE")
        _lay_out(self.connection, state)
        self.connection.execute("COMMIT")
        return state

    def _migrated(self, last: LastWrite | None) -> State:
        """A database from before there were checksums gets them."""
        row = self.connection.execute("SELECT revision FROM counter WHERE id = 1").fetchone()
        revision = row[0] if row else 1
        if last is not None and last.revision > revision:
            raise DamagedError(self.path, _behind(last, revision))
        rows = self.connection.execute("SELECT resource, namespace, name, body FROM objects").fetchall()
        sums = []
        for *parts, body in rows:
            key = (parts[0], parts[1], parts[2])
            self._check(key, body, None, revision)
            sums.append(record_sum(key, body))
        state = State(last.identity if last else uuid.uuid4().hex, revision, len(rows), _signed(sum(sums)))
        self.mark.write(LastWrite(state.identity, revision, len(rows)), at_once=True)
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("ALTER TABLE objects RENAME TO objects_before")
        _lay_out(self.connection, state)
        records = [(*row, found) for row, found in zip(rows, sums, strict=True)]
        self.connection.executemany(_INSERT, records)
        self.connection.execute("DROP TABLE objects_before")
        self.connection.execute("DROP TABLE counter")
        self.connection.execute("COMMIT")
        return state

    def _check(self, key: Key, body: Any, found: int | None, revision: int) -> Object:
        wrong, obj = complaint(key, body, found)
        if wrong:
            raise DamagedError(self.path, f"the row of {described(key)} {wrong}")
        version = int(obj["metadata"]["resourceVersion"])
        if version > revision:
            why = (
                f"the counter stands at {revision}, behind the row of {described(key)} of revision {version}"
            )
            raise DamagedError(self.path, why)
        return obj

    def _known(self, last: LastWrite | None) -> State:
        row = self.connection.execute("SELECT identity, revision, objects, digest, sum FROM state").fetchone()
        if row is None or row[4] != state_sum(*row[:4]):
            raise DamagedError(self.path, "the row of state is missing or does not fit its checksum")
        state = State(*row[:4])
        if last is None:
            raise DamagedError(self.mark.path or self.path, "the note of the last write is missing")
        if last.identity != state.identity:
            raise DamagedError(self.path, f"is not the database that {self.mark.path} belongs to")
        if last.revision > state.revision:
            raise DamagedError(self.path, _behind(last, state.revision))
        verdict = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise DamagedError(self.path, f"is not a sound SQLite file ({verdict})")
        return state

    def load(self) -> Iterator[Stored]:
        """Every record; raises DamagedError at the first that is not sound, or at the end when some are missing."""
        count = digest = 0
        try:
            for *parts, body, found in self.connection.execute(
                "SELECT resource, namespace, name, body, sum FROM objects"
            ):
                key = (parts[0], parts[1], parts[2])
                if found is None:
                    raise DamagedError(self.path, f"the row of {described(key)} has no checksum")
                yield Stored(key, self._check(key, body, found, self.state.revision), found, len(body))
                count, digest = count + 1, digest + found
        except sqlite3.DatabaseError as failure:
            raise DamagedError(self.path, f"cannot be read ({failure})") from None
        if (count, _signed(digest)) != (self.state.objects, self.state.digest):
            why = f"{self.state.objects} rows were written and {count} are there, or one is from another time"
            raise DamagedError(self.path, why)

    def write(self, rows: Sequence[Row]) -> None:
        """Commit writes, all or none of them, in the order of their revisions. Raises sqlite3.Error."""
        state = self.state
        lines: list[group_write.Line] = []
        for one in rows:
            if one.body is None:
                lines.append(group_write.end(one.key))
            else:
                lines.append(group_write.record(one.key, one.body, one.sum))
            state = _after(state, one)
        lines.append(group_write.state(*state, state_sum(*state)))
        # One statement is a transaction by itself.
        alone = self._together or len(lines) <= group_write.MOST
        with contextlib.nullcontext() if alone else self._transaction():
            for statement in group_write.statements(lines):
                self.connection.execute(*statement)
        self.state = state
        if not self._together:
            self.mark.write(LastWrite(state.identity, state.revision, state.objects))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """One commit for all writes of the block; if it fails none of them was done, whatever they returned."""
        before = self.state
        self._together = True
        try:
            with self._transaction():
                yield
        except BaseException:
            self.state = before
            raise
        finally:
            self._together = False
        self.mark.write(LastWrite(self.state.identity, self.state.revision, self.state.objects))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself where the disk was full.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def fold(self) -> None:
        """Take the write-ahead log into the database and give its room back, as far as that is possible."""
        try:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error:
            # Where the database itself cannot grow the log stays, and the next deletion tries again.
            return

    def close(self) -> None:
        """Close the files."""
        self.connection.close()
        self.mark.close()


def _after(state: State, written: Row) -> State:
    return State(
        state.identity,
        written.revision,
        state.objects + (written.body is not None) - (written.before is not None),
        _signed(state.digest + written.sum - (written.before or 0)),
    )


def build(path: Path, records: Sequence[tuple[Key, bytes, int]], state: State) -> None:
    """Write a database of its own with these records and their checksums, in one file, without a log."""
    _make_private(path)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        _lay_out(db, state._replace(digest=_signed(sum(found for _, _, found in records))))
        db.executemany(_INSERT, [(*key, body, found) for key, body, found in records])
        db.execute("COMMIT")
    finally:
        db.close()


def _lay_out(db: sqlite3.Connection, state: State) -> None:
    """Make the tables, inside a transaction."""
    db.execute(_OBJECTS)
    db.execute(_STATE)
    db.execute("INSERT INTO state (id) VALUES (1)")
    _set(db, state)
    db.execute(f"PRAGMA user_version={FORMAT}")


def _set(db: sqlite3.Connection, state: State) -> None:
    db.execute(
        "UPDATE state SET identity=?, revision=?, objects=?, digest=?, sum=?", (*state, state_sum(*state))
    )


def _signed(number: int) -> int:
    """A sum of checksums as SQLite holds it: 64 bits, signed."""
    number &= MASK
    return number - (MASK + 1) if number >> 63 else number


def _behind(last: LastWrite, revision: int) -> str:
    return (
        f"ends at revision {revision}, but {last.revision} was written: its -wal file was lost, cut short or "
        "damaged, or it is an older copy"
    )
