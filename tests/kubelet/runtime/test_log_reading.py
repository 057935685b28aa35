"""Container logs as readers want them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drakkar.kubelet.runtime.log_reading import LogOptions, LogOptionsError, read_log, tail_text

LINES = [
    "2026-01-01T00:00:01.000000000Z stdout F one",
    "2026-01-01T00:00:02.000000000Z stderr F two",
    "2026-01-01T00:00:03.000000000Z stdout P thr",
    "2026-01-01T00:00:03.000000001Z stdout F ee",
    "2026-01-01T00:00:04.000000000Z stdout F four",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "0.log"
    path.write_text("\n".join(LINES) + "\n")
    return path


async def read(path: Path, **query: str) -> str:
    options = LogOptions.parse(query, 1767225604.5)
    return b"".join([piece async for piece in read_log(path, options, lambda: False)]).decode()


async def test_whole(log: Path) -> None:
    assert await read(log) == "one\ntwo\nthree\nfour\n"


async def test_tail(log: Path) -> None:
    assert await read(log, tailLines="1") == "four\n"
    assert await read(log, tailLines="0") == ""
    assert await read(log, tailLines="99") == "one\ntwo\nthree\nfour\n"


async def test_tail_reaches_into_the_rotated_file(log: Path) -> None:
    log.with_name("0.log.1").write_text("2026-01-01T00:00:00.000000000Z stdout F older\n")
    assert (await read(log, tailLines="6")).startswith("older\none\n")
    assert await read(log, tailLines="1") == "four\n"


async def test_times(log: Path) -> None:
    assert await read(log, sinceSeconds="1") == "four\n"
    assert await read(log, sinceTime="2026-01-01T00:00:04Z") == "four\n"
    stamped = await read(log, timestamps="true")
    assert stamped.splitlines()[0] == "2026-01-01T00:00:01.000000000Z one"
    assert "2026-01-01T00:00:03.000000000Z three" in stamped


@pytest.mark.parametrize(
    "query",
    [
        {"sinceTime": "0999-01-01T00:00:00Z"},
        {"sinceTime": "0001-01-01T00:00:00Z"},
        {"sinceSeconds": "999999999999"},
        {"sinceSeconds": "9" * 400},
    ],
)
async def test_everything_was_said_after_the_first_years(log: Path, query: dict[str, str]) -> None:
    assert await read(log, **query) == "one\ntwo\nthree\nfour\n"


async def test_a_time_is_of_its_zone_and_has_fractions(log: Path) -> None:
    assert await read(log, sinceTime="2026-01-01T02:00:03.5+02:00") == "four\n"


async def test_limit_and_stream(log: Path) -> None:
    assert await read(log, limitBytes="5") == "one\nt"
    assert await read(log, stream="Stderr") == "two\n"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"tailLines": "x"}, "tailLines"),
        ({"tailLines": "-1"}, "tailLines"),
        ({"limitBytes": "0"}, "limitBytes"),
        ({"sinceTime": "yesterday"}, "sinceTime"),
        ({"sinceTime": "2026-01-01T00:00:04"}, "sinceTime"),
        ({"sinceTime": "2026-01-01 00:00:04Z"}, "sinceTime"),
    ],
)
async def test_senseless_options(log: Path, query: dict[str, str], name: str) -> None:
    with pytest.raises(LogOptionsError, match=name):
        await read(log, **query)


async def test_follow_over_a_rotation_until_the_end(log: Path) -> None:
    running = True
    pieces: asyncio.Queue[bytes] = asyncio.Queue()

    async def follow() -> None:
        options = LogOptions(follow=True, tail_lines=1)
        async for piece in read_log(log, options, lambda: running):
            pieces.put_nowait(piece)

    task = asyncio.create_task(follow())
    async with asyncio.timeout(5):
        assert await pieces.get() == b"four\n"
        with log.open("a") as file:
            file.write("2026-01-01T00:00:05.000000000Z stdout F five\n")
        assert await pieces.get() == b"five\n"
        log.rename(log.with_name("0.log.1"))
        log.write_text("2026-01-01T00:00:06.000000000Z stdout F six\n")
        assert await pieces.get() == b"six\n"
        running = False
        await task


def test_last_words(log: Path) -> None:
    assert tail_text(log).endswith("four") and tail_text(log.with_name("none")) == ""
