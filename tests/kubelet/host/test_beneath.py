"""Paths that must stay in their directory, whatever links are in it, with the kernel's rules and without."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from drakkar.kubelet.host import beneath, syscalls


@pytest.fixture(params=["openat2", "plain"])
def volume(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    if request.param == "plain":

        def absent(*_: object) -> int:
            raise OSError(errno.ENOSYS, "no such call")

        monkeypatch.setattr(syscalls, "open_at", absent)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("key")
    inside = tmp_path / "volume"
    (inside / "dir").mkdir(parents=True)
    (inside / "out").symlink_to(tmp_path / "outside")
    (inside / "up").symlink_to("../outside")
    (inside / "root").symlink_to("/")
    (inside / "nowhere").symlink_to("../outside/new")
    descriptor = os.open(inside, os.O_PATH)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize(
    "path", ["out", "up/secret", "root", "root/etc", "../outside", "dir/../../outside", "dir/../up"]
)
def test_no_way_out(volume: int, path: str) -> None:
    with pytest.raises(beneath.LeadsOutError):
        beneath.open_beneath(volume, path)
    with pytest.raises(OSError):
        beneath.make_directories(volume, path + "/made", 0o777)


def test_a_link_to_nothing_is_not_made(volume: int, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        beneath.make_directories(volume, "nowhere", 0o777)
    assert not (tmp_path / "outside" / "new").exists()


def test_what_is_made_has_the_mode(volume: int, tmp_path: Path) -> None:
    beneath.make_directories(volume, "dir/a/./b", 0o2777)
    assert (tmp_path / "volume/dir/a/b").stat().st_mode & 0o7777 == 0o2777
    descriptor = beneath.open_beneath(volume, "dir/a")
    assert os.readlink(f"/proc/self/fd/{descriptor}").endswith("/volume/dir/a")
    os.close(descriptor)


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "v" / "real").mkdir(parents=True)
    (tmp_path / "v" / "link").symlink_to("real")
    volume = os.open(tmp_path / "v", os.O_PATH)
    os.close(beneath.open_beneath(volume, "link"))
    os.close(volume)


def test_an_exact_path_has_no_link_in_it(volume: int, tmp_path: Path) -> None:
    os.close(beneath.open_exactly(str(tmp_path / "volume" / "dir")))
    with pytest.raises(beneath.LeadsOutError):
        beneath.open_exactly(str(tmp_path / "volume" / "out" / "secret"))
