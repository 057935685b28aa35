"""The conformance suite of CEL, read from its Go module: what upstream's selectors make of each test, these must as well."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from . import originals
from .cel_comparison import compared, known, view
from .cel_devices import DRIVER
from .cel_values import upstream_value
from .line_pipe import ask_all
from .originals import Original

pytestmark = pytest.mark.upstream

SUITE: Final = Original("cel_conformance", "cel.dev/expr")
DEVICE: Final = {"name": "none"}
# How many of its tests Kubernetes' own environment passes; it has no messages, containers, enums or `math`.
PASSED_UPSTREAM: Final = 1390


@pytest.fixture(scope="module")
def suite() -> list[dict[str, Any]]:
    """Every test of the suite."""
    try:
        program = originals.built(SUITE)
    except originals.Unavailable as why:
        pytest.skip(str(why))
    module = f"{SUITE.module}@{SUITE.version}"
    found = subprocess.run(
        ["go", "mod", "download", "-json", module], capture_output=True, text=True, timeout=300, check=True
    )
    folder = json.loads(found.stdout)["Dir"]
    told = subprocess.run([str(program), folder], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_the_suite(cel_137: Path, suite: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    questions = [
        {"expression": case["expression"], "driver": DRIVER, "values": True, "devices": [DEVICE]}
        for case in suite
    ]
    here = view(DEVICE)
    passed = compiled = left_out = 0
    found = []
    for case, theirs in zip(suite, ask_all(cel_137, questions), strict=True):
        compiled += "compileError" not in theirs
        passed += _passes(case, theirs)
        if known(case["expression"]):
            left_out += 1
            continue
        if difference := compared(case["expression"], theirs, [here], values=True):
            found.append(f"{case['name']}: {case['expression']!r}: {difference.sort}: {difference.detail}")
    with capsys.disabled():
        print(
            f"\n{len(suite)} tests of the suite, {compiled} compile upstream, {passed} pass there; {left_out} left out here"
        )
    assert not found, f"{len(found)} of {len(suite)} differ\n" + "\n".join(found)
    assert passed >= PASSED_UPSTREAM


def _passes(case: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether upstream's selectors give what the suite asks for."""
    if "compileError" in theirs:
        return bool(case.get("fails"))
    (verdict,) = theirs["verdicts"]
    if verdict.get("error"):
        return bool(case.get("fails"))
    return "wanted" in case and upstream_value(case["wanted"]) == upstream_value(verdict["value"])
