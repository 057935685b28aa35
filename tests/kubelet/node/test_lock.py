"""One process serves a node, and the next one may once that has ended, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drakkar.kubelet.errors import NodeTakenError
from drakkar.kubelet.node.lock import take, take_simulated

HOLD = (
    "import sys, pathlib; from drakkar.kubelet.node.lock import take; take(pathlib.Path(sys.argv[1]));"
    " import subprocess; subprocess.Popen(['sleep', '100'], stdout=subprocess.DEVNULL);"
    " print('held', flush=True); sys.stdin.read()"
)


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    first = take(tmp_path)
    with pytest.raises(
        NodeTakenError, match=f"--root-dir {tmp_path}: process {os.getpid()} already serves this node"
    ):
        take(tmp_path)
    os.close(first)
    os.close(take(tmp_path))


def test_a_killed_one_leaves_it_free_although_what_it_started_runs(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(NodeTakenError, match=f"process {holder.pid} "):
            take(tmp_path)
        holder.kill()
        holder.wait(10)
        os.close(take(tmp_path))
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        for pipe in (holder.stdin, holder.stdout):
            assert pipe is not None
            pipe.close()
        holder.wait(10)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("keep")
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError):
        take(tmp_path / "node")
    assert (tmp_path / "victim").read_text() == "keep"


def test_simulated_nodes_are_kept_by_one(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text("kind: Config\n")
    first = take_simulated(config)
    with pytest.raises(NodeTakenError, match=f"process {os.getpid()} already keeps simulated nodes"):
        take_simulated(config)
    os.close(first)
    os.close(take_simulated(config))
    assert config.read_text() == "kind: Config\n"
