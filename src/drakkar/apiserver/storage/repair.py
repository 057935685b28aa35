"""Makes a sound database of a damaged one: what fits its checksum stays, the rest is dropped and named."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drakkar.apiserver.kinds import built_in
from drakkar.apiserver.storage.checksum import record_sum, state_sum
from drakkar.apiserver.storage.data_lock import DataLock
from drakkar.apiserver.storage.database import Key, State, build, complaint, connect, described
from drakkar.apiserver.storage.last_write import LastWrite, Mark

# How far the counter jumps, so that no revision is given twice though the newest ones are not known.
JUMP = 1_000_000
_BESIDE = ("", "-wal", ".last")


@dataclass(slots=True)
class Report:
    """What a repair found: how many objects stay, which rows go, what is missing without a name."""

    kept: int = 0
    expected: int | None = None
    dropped: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    revision: int = 0
    copy: Path | None = None

    def lines(self) -> Iterator[str]:
        """The report as people read it."""
        for name in self.dropped:
            yield f"dropped: {name}"
        for part in self.unread:
            yield f"could not be read: {part}"
        missing = max((self.expected or 0) - self.kept - len(self.dropped), 0)
        if missing:
            yield f"missing without a trace: {missing} of {self.expected} objects that were stored"
        yield f"kept: {self.kept} objects; revisions go on from {self.revision}"
        if self.copy is not None:
            yield f"the damaged files are kept as {self.copy}*"


def finish(path: Path) -> None:
    """Put a repaired database in place, where a repair was cut short after it had been made."""
    made = Path(f"{path}.repaired")
    if made.exists():
        for ending in ("-wal", "-shm"):
            # A log that belongs to the old file would be replayed into the new one.
            Path(f"{path}{ending}").unlink(missing_ok=True)
        os.replace(made, path)
        _synced(path.parent)


def repair(path: Path) -> Report:
    """Repair the database at `path`; the damaged files stay beside it as a copy. Raises InUse."""
    lock = DataLock(path.with_name("lock"))
    try:
        finish(path)
        report = Report(copy=_copied(path))
        mark = Mark(Path(f"{path}.last"))
        last = mark.read()
        found, state = _salvaged(path, report)
        newest = [int(obj["metadata"]["resourceVersion"]) for _, _, obj in found.values()]
        known = [*newest, last.revision if last else 1, state.revision if state else 1]
        report.revision = max(known) + JUMP
        report.kept = len(found)
        counts = [source.objects for source in (last, state) if source is not None]
        report.expected = max(counts) if counts else None
        identity = (state and state.identity) or (last and last.identity) or uuid.uuid4().hex
        _build(path, found, State(identity, report.revision, len(found), 0))
        mark.write(LastWrite(identity, max(known), len(found)), at_once=True)
        mark.close()
        os.replace(f"{path}.repairing", f"{path}.repaired")
        finish(path)
    finally:
        lock.close()
    return report


def _copied(path: Path) -> Path | None:
    number = 1
    while Path(f"{path}.damaged-{number}").exists():
        number += 1
    copy = None
    for ending in _BESIDE:
        if Path(f"{path}{ending}").exists():
            copy = Path(f"{path}.damaged-{number}")
            shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
            os.chmod(f"{copy}{ending}", 0o600)
    return copy


_Found = dict[Key, tuple[bytes, int, dict[str, Any]]]


def _salvaged(path: Path, report: Report) -> tuple[_Found, State | None]:
    """Every record of the damaged file that is sound, and what the file says about itself."""
    if not path.exists() or not path.stat().st_size:
        report.unread.append(f"{path.name} (missing or empty)")
        return {}, None
    try:
        db = connect(path)
    except sqlite3.DatabaseError as failure:
        report.unread.append(f"{path.name} ({failure})")
        return {}, None
    try:
        return _read(db, report)
    finally:
        db.close()


def _read(db: sqlite3.Connection, report: Report) -> tuple[_Found, State | None]:
    checked = True
    state = None
    try:
        columns = {row[1] for row in db.execute("PRAGMA table_info(objects)")}
        checked = "sum" in columns
        state = _state(db.execute(_NEW if checked else _OLD).fetchone(), checked)
        if state is None:
            report.unread.append("the row of state (missing, or it does not fit its checksum)")
    except (sqlite3.DatabaseError, TypeError) as failure:
        report.unread.append(f"the row of state ({failure})")
    found: _Found = {}
    bad: dict[Key, str] = {}
    for *parts, body, kept in _rows(db, "sum" if checked else "NULL", report):
        key = (str(parts[0]), str(parts[1]), str(parts[2]))
        wrong, obj = complaint(key, body, kept)
        if checked and kept is None:
            wrong = "has no checksum"
        if wrong:
            bad[key] = f"{described(key)}, which {wrong}"
        else:
            found[key] = (body, record_sum(key, body), obj)
    report.dropped += [why for key, why in sorted(bad.items()) if key not in found]
    return found, state


def _state(row: Sequence[Any] | None, checked: bool) -> State | None:
    if row is None or (checked and row[4] != state_sum(*row[:4])):
        return None
    return State(*row[:4])


_NEW = "SELECT identity, revision, objects, digest, sum FROM state"
_OLD = "SELECT '', revision, (SELECT count(*) FROM objects), 0 FROM counter"
_COLUMNS = "resource, namespace, name, body"
_PLACE = "(resource, namespace, name)"


def _rows(db: sqlite3.Connection, checksum: str, report: Report) -> Iterator[Sequence[Any]]:
    """All rows that can be read: a page that cannot is passed from both sides, in each stretch of the file."""
    unread: set[str] = set()
    for low, high in _stretches(db):
        for order in ("", " DESC"):
            where = f"WHERE {_PLACE} >= (?, ?, '') AND {_PLACE} < (?, ?, '')"
            ordering = ", ".join(f"{one}{order}" for one in ("resource", "namespace", "name"))
            query = f"SELECT {_COLUMNS}, {checksum} FROM objects {where} ORDER BY {ordering}"
            try:
                yield from db.execute(query, (*low, *high))
                break
            except sqlite3.DatabaseError as failure:
                unread.add(f"a page of {low[0].strip('/') or 'objects'} ({failure})")
    report.unread += sorted(unread)


def _stretches(db: sqlite3.Connection) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """The table cut at every resource and namespace whose name can be read: one damage then hides little."""
    places = {("", "")}
    for order in ("", "DESC"):
        try:
            query = f"SELECT resource, namespace FROM objects ORDER BY resource {order}, namespace {order}"
            for resource, namespace in db.execute(query):
                places.add((str(resource), str(namespace)))
        except sqlite3.DatabaseError:
            # The other direction reads what is behind the damage.
            continue
    namespaces = {namespace for _, namespace in places}
    resources = {resource for resource, _ in places} | {
        kind.resource for kind in built_in.KINDS if kind.stored
    }
    cuts = sorted({(resource, namespace) for resource in resources for namespace in namespaces})
    return list(zip(cuts, [*cuts[1:], ("\U0010ffff", "")], strict=True))


def _build(path: Path, found: _Found, state: State) -> None:
    made = Path(f"{path}.repairing")
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{made}{ending}").unlink(missing_ok=True)
    build(made, [(key, body, kept) for key, (body, kept, _) in sorted(found.items())], state)
    _synced(made)
    _synced(path.parent)


def _synced(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
