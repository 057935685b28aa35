"""`drakkar up`, `status`, `down` as a user calls them, and an API server that is killed in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.e2e
ALONE = "--without=controllers,scheduler,kubelet,driver"


def drakkar(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drakkar", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def kubectl(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(state), "KUBECONFIG": str(state / "kubeconfig")}
    return subprocess.run(
        ["kubectl", *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def server_pid(state: Path) -> int:
    """The process id of the API server that serves this state directory, found by its command line."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if b"apiserver" in words and f"--data-dir={state / 'apiserver'}".encode() in words:
            return int(entry.name)
    raise AssertionError("no API server runs")


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")
def test_a_cluster_comes_up_survives_a_kill_and_finds_everything_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    option = f"--state={state}"
    user_file = tmp_path / "user-config"
    assert drakkar("status", option).returncode == 1
    try:
        started = drakkar("up", option, ALONE, "--detach", f"--kubeconfig={user_file}")
        assert started.returncode == 0, started.stdout + started.stderr
        assert yaml.safe_load(user_file.read_text())["current-context"] == "drakkar"
        assert "apiserver  ready" in drakkar("status", option).stdout
        shown = kubectl(state, "get", "namespaces", "-o", "name")
        assert shown.stdout.split() == [
            "namespace/default",
            "namespace/kube-node-lease",
            "namespace/kube-public",
            "namespace/kube-system",
        ], shown.stderr
        second = drakkar("up", option, ALONE, "--detach")
        assert second.returncode == 2 and "already up" in second.stdout + second.stderr
        old = server_pid(state)
        os.kill(old, signal.SIGKILL)
        # kubectl waits by itself for a server that refuses connections only when told to; status does not.
        for _ in range(200):
            if "apiserver  ready" in drakkar("status", option).stdout:
                break
        assert server_pid(state) != old
    finally:
        ended = drakkar("down", option)
    assert ended.stdout == "down\n"
    assert drakkar("status", option).returncode == 1
    assert drakkar("down", option, "--purge").returncode == 0 and not state.exists()


def _parts(state: Path) -> set[int]:
    """The processes that were started for this state directory."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
            ended = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if f"{state}/".encode() in words and not ended:
            found.add(int(entry.name))
    return found


def test_a_supervisor_that_is_killed_leaves_no_part_behind_and_up_works_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    option = f"--state={state}"
    try:
        assert drakkar("up", option, "--detach").returncode == 0
        assert len(_parts(state)) >= 5
        os.kill(int((state / "lock").read_text()), signal.SIGKILL)
        end = time.monotonic() + 20
        while _parts(state) and time.monotonic() < end:
            # The parts hear of it by themselves; there is nobody left who could tell us.
            time.sleep(0.05)
        assert not _parts(state)
        assert drakkar("up", option, "--detach").returncode == 0
    finally:
        drakkar("down", option)
    assert not _parts(state)


def test_a_mistyped_directory_is_never_purged(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    assert drakkar("down", f"--state={tmp_path}", "--purge").returncode == 2
    assert (tmp_path / "thesis.tex").exists()
