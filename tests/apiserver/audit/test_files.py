"""The audit log's file: when it begins anew, which of those before it stay, and what a failed write leaves."""

from __future__ import annotations

import datetime
import gzip
import os
import time
from pathlib import Path

import pytest

from drakkar.apiserver.audit import files
from drakkar.apiserver.audit.files import Keeping, LogFile

_LINE = b"x" * 1023 + b"\n"
_MEGABYTE = [_LINE] * 1024


def names(directory: Path) -> list[str]:
    return sorted(one.name for one in directory.iterdir())


def test_it_is_gone_on_with_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.log"
    for _ in range(2):
        log = LogFile(path, Keeping())
        log.write([b"a\n", b"b\n"])
        log.close()
    assert path.read_bytes() == b"a\nb\na\nb\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_begins_anew_at_the_end_of_an_event_and_keeps_so_many(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "audit.log", Keeping(1, 2, 0))
    for _ in range(5):
        log.write(_MEGABYTE)
    log.close()
    found = [tmp_path / name for name in names(tmp_path)]
    assert len(found) == 3 and all(one.stat().st_size == 1024 * 1024 for one in found)
    stamp = found[0].name.removeprefix("audit-").removesuffix(".log")
    datetime.datetime.strptime(stamp, "%Y-%m-%dT%H-%M-%S.%f")


def test_without_a_limit_it_grows(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "audit.log", Keeping(0, 1, 1))
    for _ in range(3):
        log.write(_MEGABYTE)
    log.close()
    assert names(tmp_path) == ["audit.log"]


def test_old_ones_go_and_what_has_another_name_stays(tmp_path: Path) -> None:
    old, young = (
        "audit-2020-01-01T00-00-00.000.log",
        f"audit-{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H-%M-%S}.000.log",
    )
    others = ["audit-2020.log", "audit-2020-01-01T00-00-00.000", "other-2020-01-01T00-00-00.000.log"]
    for name in (old, young, *others):
        (tmp_path / name).touch()
    LogFile(tmp_path / "audit.log", Keeping(1, 0, 30)).close()
    assert names(tmp_path) == sorted([young, "audit.log", *others])


def test_a_write_that_fails_leaves_no_half_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogFile(tmp_path / "audit.log", Keeping())
    log.write([b"a\n"])
    calls = 0

    def torn(file: int, data: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("no room")
        return written(file, data[:3])

    written = os.write
    monkeypatch.setattr(files.os, "write", torn)
    with pytest.raises(OSError):
        log.write([b"bbbbbbbb\n"])
    monkeypatch.setattr(files.os, "write", written)
    log.write([b"c\n"])
    log.close()
    assert (tmp_path / "audit.log").read_bytes() == b"a\nc\n"


def _settled(directory: Path, end: str, count: int) -> list[Path]:
    until = time.monotonic() + 60
    while len(found := sorted(directory.glob(f"*{end}"))) < count or list(directory.glob("*.part")):
        assert time.monotonic() < until, names(directory)
        time.sleep(0.01)
    return found


def test_old_ones_are_compressed_and_counted_as_before(tmp_path: Path) -> None:
    left = tmp_path / "audit-2020-01-01T00-00-00.000.log"
    left.write_bytes(b"left\n")
    log = LogFile(tmp_path / "audit.log", Keeping(1, 2, 0, compress=True))
    for count in range(2):
        log.write(_MEGABYTE)
        assert len(_settled(tmp_path, ".log.gz", count + 1)) == count + 1
    assert gzip.decompress((tmp_path / f"{left.name}.gz").read_bytes()) == b"left\n"
    for _ in range(3):
        log.write(_MEGABYTE)
        time.sleep(0.01)
    log.close()
    found = _settled(tmp_path, ".log.gz", 2)
    assert len(names(tmp_path)) == 3 and all(one.stat().st_mode & 0o777 == 0o600 for one in found)
    assert gzip.decompress(found[0].read_bytes()) == b"".join(_MEGABYTE)
