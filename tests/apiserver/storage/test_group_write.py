"""Groups of writes leave what the writes would have left one by one."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from drakkar.apiserver.storage.database import Database, Key, row
from drakkar.apiserver.storage.group_write import MOST

KEYS = st.integers(0, 5).map(lambda number: Key(("/pods", "default", f"p{number}")))
WRITES = st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=20)


class Written:
    """A database, and what should be in it."""

    def __init__(self, path: Path | str) -> None:
        self.db = Database(path)
        self.bodies: dict[Key, bytes] = {}
        self._sums: dict[Key, int] = {}

    def write(self, writes: list[tuple[Key, bool]]) -> None:
        """Make or change (True) or end what is named, in one group."""
        rows, revision = [], self.db.state.revision
        for key, stays in writes:
            if not stays and key not in self.bodies:
                continue
            revision += 1
            body = b'{"metadata":{"resourceVersion":"%d"}}' % revision if stays else None
            rows.append(row(key, body, self._sums.pop(key, None), revision))
            self.bodies.pop(key, None)
            if body is not None:
                self.bodies[key], self._sums[key] = body, rows[-1].sum
        if rows:
            self.db.write(rows)

    def check(self) -> None:
        """Load it, which adds up all checksums, and compare."""
        versions = {stored.key: stored.object["metadata"]["resourceVersion"] for stored in self.db.load()}
        assert versions == {key: body.decode().split('"')[-2] for key, body in self.bodies.items()}


@given(st.lists(WRITES, max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_group_leaves_what_its_writes_would_have_left(groups: list[list[tuple[Key, bool]]]) -> None:
    written = Written(":memory:")
    for group in groups:
        written.write(group)
        written.check()
    written.db.close()


def test_a_group_of_more_than_one_statement_is_one_transaction(tmp_path: Path) -> None:
    written = Written(tmp_path / "objects.db")
    written.write([(("/pods", "default", f"p{number}"), True) for number in range(3 * MOST + 5)])
    written.check()
    assert written.db.state.objects == 3 * MOST + 5
    written.db.close()
    again = Database(tmp_path / "objects.db")
    assert sum(1 for _ in again.load()) == 3 * MOST + 5
    again.close()
