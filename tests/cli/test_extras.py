"""What works with the base install alone, and what says which extra it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
_MISSING = ("aiohttp", "cryptography", "grpc", "google.protobuf", "jwt", "kubernetes", "starlette", "uvicorn")
_PROGRAM = f"""
import sys
for name in {_MISSING!r}:
    sys.modules[name] = None
sys.argv = ["drakkar", *sys.argv[1:]]
from drakkar.cli import main
main()
"""


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, input="")


def test_planning_from_files_needs_no_extra() -> None:
    done = _run("plan", "-f", str(EXAMPLES / "one-gpu.yaml"))
    assert done.returncode == 1 and "trainer" in done.stdout, done.stderr
    assert _run("allocate").returncode == 0


def test_the_rest_says_what_to_install() -> None:
    done = _run("up")
    assert done.returncode == 2
    assert "pip install 'drakkar[server]'" in done.stderr and "Traceback" not in done.stderr
    done = _run("plan", "--kubeconfig", "nowhere")
    assert done.returncode == 2 and "pip install 'drakkar[client]'" in done.stderr


def test_help_lists_what_is_installed() -> None:
    done = _run("--help")
    assert done.returncode == 0 and "allocate" in done.stdout and "explain" in done.stdout
