"""Whatever a container leaves in its directories goes with them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from drakkar.kubelet.host.remove_tree import remove_tree

_NOBODY = 65534


def _deep(top: Path, levels: int) -> None:
    at = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=at)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


def test_it_goes_however_deep_it_is_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").touch()
    tree = tmp_path / "tree"
    (tree / "wide").mkdir(parents=True)
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "wide" / "link").symlink_to(tmp_path / "outside")
    _deep(tree, 3000)
    before = len(os.listdir("/proc/self/fd"))
    remove_tree(tree)
    assert sorted(os.listdir(tmp_path)) == ["outside"] and (tmp_path / "outside" / "kept").exists()
    assert len(os.listdir("/proc/self/fd")) == before
    remove_tree(tree)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_who_is_not_root_removes_what_was_closed_to_him() -> None:
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    top.chmod(0o755)
    child = os.fork()
    if not child:
        try:
            os.chown(top, _NOBODY, _NOBODY)
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            tree = top / "tree"
            (tree / "closed" / "below").mkdir(parents=True)
            (tree / "closed" / "below" / "file").touch()
            (tree / "closed" / "below").chmod(0)
            (tree / "closed").chmod(0)
            remove_tree(tree)
            os._exit(int(tree.exists()))
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    top.rmdir()
