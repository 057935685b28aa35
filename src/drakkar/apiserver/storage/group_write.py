"""Many writes as one SQL statement: SQLite takes them, commits them and waits for the disk without the interpreter, which a
thread that needs it after each row would have to wait for, a millisecond each time, while the event loop is busy."""

from __future__ import annotations

import functools
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

# What a line of the view is: nothing, a record as it is now, one that ends, the row of state.
_NOTHING, _RECORD, _END, _STATE = range(4)
_WIDTH: Final = 6
# So many lines a statement at most; what is more takes several, in one transaction.
MOST: Final = 128
# Only this connection has them: the file is the same without.
_VIEW = "CREATE TEMP VIEW writes AS SELECT 0 AS what, 0 AS a, 0 AS b, 0 AS c, 0 AS d, 0 AS e"
_TRIGGERS = {
    _RECORD: "INSERT OR REPLACE INTO objects VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e)",
    _END: "DELETE FROM objects WHERE resource = NEW.a AND namespace = NEW.b AND name = NEW.c",
    _STATE: "UPDATE state SET identity = NEW.a, revision = NEW.b, objects = NEW.c, digest = NEW.d, sum = NEW.e",
}
_NO_LINE = (_NOTHING, *(None,) * (_WIDTH - 1))

Line = tuple[Any, ...]


def prepare(connection: sqlite3.Connection) -> None:
    """Have a connection, whose file has its tables, take statements of `statements`."""
    # A disk that is full has no room for temporary files either.
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(_VIEW)
    for what, does in _TRIGGERS.items():
        connection.execute(
            f"CREATE TEMP TRIGGER writes_{what} INSTEAD OF INSERT ON writes WHEN NEW.what = {what} BEGIN {does}; END"
        )


def record(key: tuple[str, str, str], body: bytes, found: int) -> Line:
    """A record as it is from now on, with its checksum."""
    return (_RECORD, *key, body, found)


def end(key: tuple[str, str, str]) -> Line:
    """There is no such record any more."""
    return (_END, *key, None, None)


def state(identity: str, revision: int, objects: int, digest: int, found: int) -> Line:
    """The row of state, with its checksum."""
    return (_STATE, identity, revision, objects, digest, found)


def statements(lines: Sequence[Line]) -> Iterator[tuple[str, list[Any]]]:
    """Statements with their values that do what the lines say, in their order; one where there are no more than MOST."""
    for at in range(0, len(lines), MOST):
        some = lines[at : at + MOST]
        # Few lengths, so that the connection keeps the statements that it has compiled.
        length = 1 << (len(some) - 1).bit_length()
        values: Iterable[Line] = itertools.chain(some, itertools.repeat(_NO_LINE, length - len(some)))
        yield _insertion(length), list(itertools.chain.from_iterable(values))


@functools.cache
def _insertion(length: int) -> str:
    line = f"({','.join('?' * _WIDTH)})"
    return f"INSERT INTO writes VALUES {','.join([line] * length)}"
