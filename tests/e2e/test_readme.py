"""Every command of the README is run, and prints what the README says it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
# A fence around everything that is between two fences of the same kind.
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(kind: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(README) if found == kind]


# What differs from run to run: times, ports, random suffixes of names; and how wide a column is.
_VARYING = {
    r"\d+\.\d+ s": r"\d+\.\d+ s",
    r"127\.0\.0\.1:\d+": r"127\.0\.0\.1:\d+",
    r"-gpu-[a-z0-9]{5}\b": r"-gpu-[a-z0-9]{5}",
    r"\b\d+s$": r"\d+s",
    r"\.\.\.": r".*",
    r"\s+": r"\s+",
}
_ANY = re.compile("|".join(f"({pattern})" for pattern in _VARYING))


def as_pattern(line: str) -> str:
    """What a line may look like in another run."""
    if line == "...":
        return "(?:.*\n)*?"
    pattern, at, line = "", 0, line.strip()
    for found in _ANY.finditer(line):
        index = next(i for i, group in enumerate(found.groups()) if group is not None)
        pattern += re.escape(line[at : found.start()]) + list(_VARYING.values())[index]
        at = found.end()
    return rf"[ \t]*{pattern}{re.escape(line[at:])}[ \t]*\n"


def check(printed: str, expected: list[str]) -> None:
    pattern = "".join(as_pattern(line) for line in expected)
    assert re.fullmatch(pattern + r"\s*", printed), f"want\n{chr(10).join(expected)}\n\ngot\n{printed}"


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a block, each with the lines it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def check_demo(printed: str) -> None:
    """That the README says of `make demo` what it printed."""
    (block,) = (block for block in blocks("console") if block.startswith("$ make demo"))
    first, *expected = block.splitlines()
    assert first == "$ make demo"
    check(printed, ["...", *expected])


def test_the_commands(tmp_path: Path) -> None:
    session = [block for block in blocks("console") if not block.startswith("$ make")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "PATH": path}
    environment = {**os.environ, **home}
    environment.pop("KUBECONFIG", None)
    try:
        for block in session:
            for command, expected in commands(block):
                script = f"set -o pipefail\n{command}\ncode=$?\nprintf '\\n%s' \"${{KUBECONFIG-}}\" >&9\nexit $code"
                told = tmp_path / "kubeconfig-path"
                done = subprocess.run(
                    ["bash", "-c", f"exec 9>{told}\n{script}"],
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                    cwd=ROOT,
                )
                allowed = (0, 1) if command.startswith("drakkar explain") else (0,)
                assert done.returncode in allowed, f"{command}\n{done.stdout}{done.stderr}"
                check(done.stdout, expected)
                kubeconfig = told.read_text().strip()
                if kubeconfig:
                    environment["KUBECONFIG"] = kubeconfig
    finally:
        subprocess.run(["drakkar", "down"], env=environment, capture_output=True, timeout=60, check=False)


def test_the_driver_is_the_one_in_the_examples() -> None:
    source = (ROOT / "examples" / "driver" / "one_device.py").read_text()
    for block in blocks("python"):
        assert block in source
