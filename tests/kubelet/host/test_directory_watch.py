"""A watched directory tells what happens in it."""

import asyncio
from pathlib import Path

import pytest

from drakkar.kubelet.host.directory_watch import DirectoryWatch

LONG = 30.0


async def told(watch: DirectoryWatch) -> None:
    async with asyncio.timeout(5):
        await watch.changed(LONG)


async def test_names_that_come_go_and_move_are_told(tmp_path: Path) -> None:
    watch = DirectoryWatch(tmp_path)
    (tmp_path / "a").touch()
    await told(watch)
    (tmp_path / "a").rename(tmp_path / "b")
    await told(watch)
    (tmp_path / "b").unlink()
    await told(watch)
    assert not watch.lost
    watch.close()
    watch.close()


async def test_what_happens_between_two_looks_is_not_lost(tmp_path: Path) -> None:
    watch = DirectoryWatch(tmp_path)
    for number in range(3):
        (tmp_path / str(number)).touch()
    await told(watch)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.changed(LONG), 0.05)
    watch.close()


async def test_the_end_of_the_directory_is_told(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    directory.mkdir()
    watch = DirectoryWatch(directory)
    directory.rmdir()
    await told(watch)
    assert watch.lost
    watch.close()


async def test_there_is_nothing_to_watch_where_no_directory_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DirectoryWatch(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        DirectoryWatch(tmp_path / "file")
