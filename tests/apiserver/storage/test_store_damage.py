"""A database that is not as it was left is refused with the file, the row and the way out, and repair keeps what is
sound."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from drakkar.apiserver.storage import database, repair
from drakkar.apiserver.storage.errors import DamagedError, InUseError
from drakkar.apiserver.storage.store import Store
from drakkar.cli.main import application
from drakkar.cluster import running
from drakkar.cluster.state import StateDirectory

RESOURCE = "/configmaps"


def thing(number: int, size: int = 300) -> dict[str, object]:
    return {"metadata": {"name": f"c{number}", "namespace": "a"}, "data": {"k": f"{number:08d}" + "x" * size}}


async def filled(path: Path, count: int = 200) -> Store:
    store = Store(path)
    for number in range(count):
        await stored(store, number)
    return store


async def stored(store: Store, number: int) -> None:
    await store.create((RESOURCE, "a", f"c{number}"), thing(number))
    await store.durable(RESOURCE, store.failures)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database of 200 objects, half of them only in its write-ahead log, as a kill leaves it."""
    path = tmp_path / "objects.sqlite"
    store = await filled(path, 100)
    store._db.fold()
    for number in range(100, 200):
        await stored(store, number)
    left = tmp_path / "left"
    left.mkdir()
    for ending in ("", "-wal", ".last"):
        shutil.copy(f"{path}{ending}", left / f"objects.sqlite{ending}")
    store.close()
    assert (left / "objects.sqlite-wal").stat().st_size > 100_000
    return left / "objects.sqlite"


def change(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def flip(path: Path, wanted: bytes) -> None:
    data = bytearray(path.read_bytes())
    at = data.rindex(wanted) + len(wanted) - 1
    data[at] ^= 1
    path.write_bytes(data)


def whole(path: Path, what: Callable[[Path], None]) -> None:
    """Take the log into the database first, so that the damage is to the database itself."""
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    what(path)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "the log is deleted": (lambda p: Path(f"{p}-wal").unlink(), "201 was written"),
    "a bit of the log is flipped": (lambda p: flip(Path(f"{p}-wal"), b"00000150"), "201 was written"),
    "the log is cut short": (
        lambda p: Path(f"{p}-wal").write_bytes(Path(f"{p}-wal").read_bytes()[:50_000]),
        "201 was written",
    ),
    "the log is empty": (lambda p: Path(f"{p}-wal").write_bytes(b""), "201 was written"),
    "database and log are gone": (
        lambda p: [Path(f"{p}{e}").unlink() for e in ("", "-wal")] and None,
        "missing or empty, but 200 objects",
    ),
    "the database is emptied": (
        lambda p: whole(p, lambda q: put(q, b"")),
        "missing or empty, but 200 objects",
    ),
    "the database is cut short": (
        lambda p: whole(p, lambda q: put(q, q.read_bytes()[:40_960])),
        "",
    ),
    "a bit of a row is flipped": (lambda p: whole(p, lambda q: flip(q, b"00000042")), "configmaps/a/c42"),
    "a row is deleted": (lambda p: change(p, "DELETE FROM objects WHERE name='c7'"), "199 are there"),
    "all rows are deleted": (lambda p: change(p, "DELETE FROM objects"), "200 rows were written and 0"),
    "a row is from another time": (
        lambda p: change(
            p,
            "INSERT OR REPLACE INTO objects SELECT resource, namespace, 'c7', body, sum FROM objects WHERE name='c8'",
        ),
        "configmaps/a/c7",
    ),
    "the counter is set back": (lambda p: change(p, "UPDATE state SET revision=5"), "state"),
    "the counter is at its end": (lambda p: change(p, f"UPDATE state SET revision={2**63 - 1}"), "state"),
    "the tables are gone": (lambda p: change(p, "DROP TABLE objects"), "lacks the tables"),
    "all tables are gone": (
        lambda p: change(p, "DROP TABLE objects", "DROP TABLE state", "PRAGMA user_version=0"),
        "is empty, but 200",
    ),
    "it is another database's": (
        lambda p: change(p, "UPDATE state SET identity='x', sum=NULL"),
        "row of state",
    ),
    "it is no database": (
        lambda p: whole(p, lambda q: put(q, b"x" * 9000)),
        "cannot be read",
    ),
    "the note is gone": (lambda p: Path(f"{p}.last").unlink(), "note of the last write is missing"),
    "the note is damaged": (
        lambda p: put(Path(f"{p}.last"), b"x" * 4096),
        "note of the last write is damaged",
    ),
}


def test_what_a_kill_leaves_is_sound(path: Path) -> None:
    store = Store(path)
    assert store.revision == 201 and len(store.list(RESOURCE)) == 200
    store.close()


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_is_refused_and_repaired(path: Path, name: str) -> None:
    damage, said = DAMAGES[name]
    damage(path)
    with pytest.raises(DamagedError) as refused:
        Store(path)
    text = str(refused.value)
    assert said in text and str(path.parent) in text
    assert f"drakkar apiserver --repair --data-dir {path.parent}" in text
    with pytest.raises(DamagedError):
        Store(path)

    report = repair.repair(path)
    store = Store(path)
    kept = store.list(RESOURCE)
    assert len(kept) == report.kept == store._db.state.objects
    for obj in kept:
        assert (
            obj["data"] == thing(int(obj["metadata"]["name"][1:]))["data"]
            or name == "a row is from another time"
        )
    # No revision that may have been given is given again.
    assert store.revision >= 201 + repair.JUMP - 1
    made = await store.create((RESOURCE, "a", "new"), {"metadata": {"name": "new"}})
    assert int(made["metadata"]["resourceVersion"]) > 201
    store.close()
    Store(path).close()
    text = "\n".join(report.lines())
    assert f"kept: {report.kept} objects" in text
    if report.kept < 200 and "note" not in name:
        assert "dropped" in text or "missing" in text or "could not be read" in text


async def test_repair_believes_no_row_of_state_that_is_damaged(path: Path) -> None:
    change(path, "UPDATE state SET revision=5000000, objects=999999, identity='x'")
    report = repair.repair(path)
    text = "\n".join(report.lines())
    assert report.revision == 201 + repair.JUMP and report.expected == 200
    assert "could not be read: the row of state" in text and "missing without a trace" not in text


async def test_repair_keeps_all_that_is_sound(path: Path) -> None:
    whole(path, lambda q: flip(q, b"00000042"))
    result = CliRunner().invoke(
        application(["apiserver", "plan"]), ["apiserver", "--repair", "--data-dir", str(path.parent)]
    )
    assert result.exit_code == 0, result.output
    assert "dropped: configmaps/a/c42, which does not fit its checksum" in result.output
    assert "kept: 199 objects" in result.output
    copy = Path(f"{path}.damaged-1")
    assert copy.exists() and copy.stat().st_mode & 0o077 == 0
    store = Store(path)
    assert store.get((RESOURCE, "a", "c42")) is None and store.get((RESOURCE, "a", "c43")) is not None
    store.close()


async def test_a_page_that_cannot_be_read_costs_only_itself(path: Path) -> None:
    def smash(file: Path) -> None:
        data = bytearray(file.read_bytes())
        page = data.index(b"00000042") // 4096
        assert page > 1
        data[page * 4096 : page * 4096 + 4096] = b"\xff" * 4096
        file.write_bytes(data)

    whole(path, smash)
    with pytest.raises(DamagedError):
        Store(path)
    report = repair.repair(path)
    # A page holds about eight of them.
    assert 180 <= report.kept < 200, list(report.lines())
    assert any("could not be read" in line for line in report.lines())
    assert any("missing without a trace" in line for line in report.lines())


async def test_a_repair_that_is_cut_short_is_finished(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(f"{path}-wal").unlink()

    def killed(path: Path) -> None:
        if Path(f"{path}.repaired").exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(repair, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            repair.repair(path)
    store = Store(path)
    assert len(store.list(RESOURCE)) == 100 and store.revision > repair.JUMP
    store.close()


async def test_a_database_without_checksums_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "objects.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(
        "CREATE TABLE objects (resource TEXT, namespace TEXT, name TEXT, body BLOB,"
        " PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, revision INTEGER)")
    for number in range(20):
        obj = thing(number)
        obj["metadata"]["resourceVersion"] = str(number + 2)  # type: ignore[index]
        db.execute(
            "INSERT INTO objects VALUES (?, 'a', ?, ?)", (RESOURCE, f"c{number}", msgspec.json.encode(obj))
        )
    db.execute("INSERT INTO counter VALUES (1, 10)")
    db.commit()
    with pytest.raises(
        DamagedError, match="counter stands at 10, behind the row of configmaps/a/c10 of revision 12"
    ):
        Store(path)
    db.execute("UPDATE counter SET revision=21")
    db.commit()
    db.close()
    for _ in range(2):
        store = Store(path)
        assert store.revision == 21 and len(store.list(RESOURCE)) == 20
        store.close()
    flip(path, b"00000007")
    with pytest.raises(DamagedError, match="configmaps/a/c7 does not fit its checksum"):
        Store(path)


def test_a_note_that_is_cut_off_in_the_middle_leaves_the_one_before(path: Path) -> None:
    flip(Path(f"{path}.last"), b"201")
    store = Store(path)
    assert store.revision == 201
    store.close()


def test_one_server_a_directory(tmp_path: Path) -> None:
    store = Store(tmp_path / "objects.sqlite")
    with pytest.raises(InUseError, match="in use by another API server"):
        Store(tmp_path / "objects.sqlite")
    with pytest.raises(InUseError):
        repair.repair(tmp_path / "objects.sqlite")
    store.close()
    Store(tmp_path / "objects.sqlite").close()


def test_a_start_that_is_killed_before_anything_is_stored_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "objects.sqlite"
    Store(path).close()
    noted = Path(f"{path}.last").read_bytes()
    path.unlink()
    Path(f"{path}.last").write_bytes(noted)
    Store(path).close()


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "objects.sqlite"
    Store(path).close()
    change(path, f"PRAGMA user_version={database.FORMAT + 1}")
    with pytest.raises(DamagedError, match="format 2"):
        Store(path)


async def test_up_tells_damage_at_once(tmp_path: Path) -> None:
    directory = StateDirectory(tmp_path / "state")
    directory.save(running.settle(directory, running.Wanted()))
    data = directory.path / "apiserver"
    data.mkdir(mode=0o700)
    (await filled(data / "objects.sqlite", 5)).close()
    (data / "objects.sqlite").write_bytes(b"")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drakkar", "up", "--state", str(tmp_path / "state")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert f"drakkar apiserver --repair --data-dir {data}" in out.decode(), out.decode()


async def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = Store(tmp_path / "objects.sqlite")
        await store.create(("/secrets", "a", "s"), {"metadata": {"name": "s", "namespace": "a"}})
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert "objects.sqlite-wal" in modes
    assert {name for name, mode in modes.items() if mode & 0o077} == set()
