"""Both allocators on a batch of generated cases: what is equal, what a quirk explains, and what is wrong."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .allocator_answers import COMPAT, Answer, World, upstream
from .allocator_cases import generate
from .allocator_quirks import explanation
from .allocator_smaller import smaller
from .line_pipe import ask_all

Object = dict[str, Any]
LIMIT_S = 900
# More differences than these are not worth telling of one batch.
TOLD = 3


@dataclass
class Report:
    """Of any number of cases; reports add up."""

    cases: int = 0
    # By kind of upstream's answer; "limit" and "panic" are those that say nothing.
    kinds: Counter[str] = field(default_factory=Counter)
    # Where our own bound on steps ended the search while upstream came to an end.
    given_up: int = 0
    # By quirks, the cases in which they and nothing else make the default mode differ.
    explained: Counter[tuple[str, ...]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.cases += other.cases
        self.kinds += other.kinds
        self.given_up += other.given_up
        self.explained += other.explained
        self.wrong += other.wrong

    def __str__(self) -> str:
        quirks = ", ".join(f"{'+'.join(numbers)} {count}" for numbers, count in self.explained.most_common())
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.kinds.most_common())
        return f"{self.cases} cases: {kinds}; given up here {self.given_up}; by quirks: {quirks or 'none'}"


def difference(case: Object, theirs: Answer, report: Report) -> str:
    """What is wrong with a case, empty for nothing; the report hears what it is an example of."""
    if theirs.kind in ("limit", "panic"):
        return ""
    world = World(case)
    same = world.ours(COMPAT)
    if same.kind == "limit":
        report.given_up += 1
        return ""
    if not same.same_words(theirs):
        return f"compat\n  here:     {same}\n  upstream: {theirs}"
    mine = world.ours()
    if mine.same(theirs):
        return ""
    if mine.kind == "limit":
        report.given_up += 1
        return ""
    why = explanation(world, theirs)
    if not why:
        return f"default, and no quirk explains it\n  here:     {mine}\n  upstream: {theirs}"
    report.explained[why] += 1
    return ""


def sort_of(said: str) -> tuple[str, ...]:
    """The mode and the kinds of the two answers, of what `difference` says."""
    mode, here, there = said.splitlines()[:3]
    return mode, here.split()[1], there.split()[1]


def still_wrong(program: Path, case: Object, sort: tuple[str, ...]) -> bool:
    """Whether a case that is smaller now is wrong in the same way."""
    try:
        theirs = upstream(ask_all(program, [case], LIMIT_S)[0], case)
        said = difference(case, theirs, Report())
        return bool(said) and sort_of(said) == sort
    except Exception:
        # It is no case any more.
        return False


def compare(program: Path, first: int, count: int) -> Report:
    """On the cases of so many seeds from the first one on."""
    report = Report(cases=count)
    cases = [generate(seed) for seed in range(first, first + count)]
    for case, answer in zip(cases, ask_all(program, cases, LIMIT_S), strict=True):
        theirs = upstream(answer, case)
        report.kinds[theirs.kind] += 1
        try:
            said = difference(case, theirs, report)
        except Exception:
            report.wrong.append(f"seed {case['id']}, {traceback.format_exc()}")
            continue
        if not said:
            continue
        if len(report.wrong) < TOLD:
            sort = sort_of(said)
            small = smaller(case, lambda tried, sort=sort: still_wrong(program, tried, sort))  # type: ignore[misc]
            theirs = upstream(ask_all(program, [small], LIMIT_S)[0], small)
            said = f"{difference(small, theirs, Report())}\n  case: {json.dumps(small)}"
        report.wrong.append(f"seed {case['id']}, {said}")
    return report
