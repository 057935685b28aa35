"""The allocator against upstream's on generated cases: equal in compat mode; by default only quirks make a difference.

DRAKKAR_ALLOCATOR_SEED and DRAKKAR_ALLOCATOR_CASES name other cases: the first seed, and how many there are from it on.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from .allocator_comparison import Report, compare

pytestmark = pytest.mark.upstream

BATCH = 500
FIRST = int(os.environ.get("DRAKKAR_ALLOCATOR_SEED", "0"))
CASES = int(os.environ.get("DRAKKAR_ALLOCATOR_CASES", "100000"))


def _compare(arguments: tuple[Path, int, int]) -> Report:
    # The pipe lives for seconds only: collecting its garbage seldom costs nothing.
    os.environ["GOGC"] = "800"
    return compare(*arguments)


def test_the_same_answers(allocator_137: Path) -> None:
    report = Report()
    batches = [
        (allocator_137, first, min(BATCH, FIRST + CASES - first))
        for first in range(FIRST, FIRST + CASES, BATCH)
    ]
    # The children must know this module by the name it has here, which a fresh interpreter would not.
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        for part in pool.map(_compare, batches):
            report.add(part)
    print(f"\n{report}")
    assert not report.wrong, f"{len(report.wrong)} differences in {CASES} cases\n" + "\n".join(
        report.wrong[:10]
    )
    # Cases that end on neither side say nothing, so there must be few of them.
    assert 200 * (report.kinds["limit"] + report.kinds["panic"] + report.given_up) < CASES, report
    # All kinds of answers must come up often, or the cases say little.
    assert min(report.kinds["allocated"], report.kinds["none"]) * 4 > CASES, report
    assert report.kinds["fatal"] * 20 > CASES, report
    assert 2 * report.explained.total() < CASES, report
