"""The allocator against upstream's, case by case: the same devices in the same order, or the same kind of refusal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .allocator_answers import STEP_LIMIT, ours, upstream
from .allocator_cases import generate
from .allocator_quirks import explanation
from .line_pipe import ask_all

pytestmark = pytest.mark.upstream

BATCH = 200
# What quirks may explain of all cases, in percent: more says that the cases, or the explanations, are no good.
EXPLAINED_LIMIT = 10


@pytest.mark.parametrize("first", range(0, 1000, BATCH))
def test_the_same_answers(allocator_137: Path, first: int) -> None:
    cases = [generate(seed) for seed in range(first, first + BATCH)]
    answers = [upstream(answer) for answer in ask_all(allocator_137, cases)]
    kinds: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    wrong: list[str] = []
    for case, theirs in zip(cases, answers, strict=True):
        mine = ours(case)
        kinds[theirs.kind] += 1
        if mine.same(theirs):
            continue
        hard = theirs.kind == "limit" or (mine.kind == "limit" and theirs.steps > STEP_LIMIT // 4)
        why = "too hard" if hard else explanation(case, mine, theirs)
        if why is None:
            wrong.append(f"seed {case['id']}\n  here:     {mine}\n  upstream: {theirs}")
        else:
            explained[why] += 1
    assert not wrong, f"{len(wrong)} differences that no quirk explains\n" + "\n".join(wrong[:5])
    assert explained.total() * 100 <= EXPLAINED_LIMIT * BATCH and explained["too hard"] <= 2, explained
    # All kinds of answers must come up often, or the cases say little.
    assert kinds["allocated"] > BATCH // 5 and kinds["none"] > BATCH // 5 and kinds["fatal"] > 3, kinds
