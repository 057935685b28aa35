"""Generated selectors against upstream's: what compiles, what it costs, and what it says of every device.

DRAKKAR_CEL_EXPRESSIONS asks for more than the usual number of expressions, DRAKKAR_CEL_SEED for others.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from .cel_comparison import Difference, compared, known, view
from .cel_devices import DEVICES, DRIVER
from .cel_expressions import EXPRESSIONS
from .cel_generator import Generator
from .cel_names import through_a_name
from .cel_signatures import BY_MACROS, signatures
from .cel_tokens import mutated, respaced, smaller
from .line_pipe import ask_all

pytestmark = pytest.mark.upstream

EXPRESSIONS_ASKED: Final = int(os.environ.get("DRAKKAR_CEL_EXPRESSIONS", "24000"))
SEED: Final = int(os.environ.get("DRAKKAR_CEL_SEED", "37"))
PROCESSES: Final = 2
_CHUNK: Final = 500
_SHRINK_S: Final = 60
_EXAMPLES: Final = 4
# Upstream walks a map in another order each time; so often in the same order is no accident.
_REPEATS: Final = 40
_WRITTEN: Final = tuple(expression for group in EXPRESSIONS.values() for expression in group)


class Found(NamedTuple):
    expression: str
    values: bool
    difference: Difference


class Part(NamedTuple):
    """What one chunk of expressions came to."""

    found: list[Found]
    verdicts: int
    compiled: int
    overloads: set[str]


def _ask(program: Path, expressions: list[tuple[str, bool]]) -> list[Any]:
    questions: list[dict[str, Any]] = [
        {"expression": expression, "driver": DRIVER, "values": values, "overloads": values}
        for expression, values in expressions
    ]
    questions[0]["devices"] = DEVICES
    return ask_all(program, questions, 600)


def _expressions(chunk: int) -> list[tuple[str, bool]]:
    """The chunk's expressions, and whether each is asked for its value; a share of them is broken or rewritten on purpose."""
    seed = SEED * 1_000_003 + chunk
    rng, generator = Random(seed), Generator(seed)
    made = []
    for number in range(_CHUNK):
        values = number % 2 == 1
        text = generator.value(chunk * _CHUNK + number // 2) if values else generator.selector()
        roll = rng.random()
        if roll < 0.08:
            text = mutated(text if roll < 0.06 else rng.choice(_WRITTEN), rng)
        elif roll < 0.14:
            text = respaced(text, rng)
        elif roll < 0.2:
            text = through_a_name(text, rng)
        made.append((text, values))
    return made


def _run(program: Path, chunk: int) -> Part:
    expressions = _expressions(chunk)
    views = [view(device) for device in DEVICES]
    part = Part([], 0, 0, set())
    verdicts = compiled = 0
    for (expression, values), theirs in zip(expressions, _ask(program, expressions), strict=True):
        verdicts += len(theirs.get("verdicts") or ())
        compiled += "compileError" not in theirs
        part.overloads.update(theirs.get("overloads") or ())
        if known(expression):
            continue
        if difference := compared(expression, theirs, views, values, costs=True):
            part.found.append(Found(expression, values, difference))
    return part._replace(found=_settled(program, part.found), verdicts=verdicts, compiled=compiled)


def _settled(program: Path, found: list[Found]) -> list[Found]:
    """Those of which upstream says the same again and again; only what it says of devices ever changes."""
    doubtful = [
        one for one in found if "refus" not in one.difference.sort and one.difference.sort != "estimate"
    ]
    if not doubtful:
        return found
    answers = iter(_ask(program, [(one.expression, one.values) for one in doubtful for _ in range(_REPEATS)]))
    views = [view(device) for device in DEVICES]
    changing = set()
    for one in doubtful:
        first, *others = [next(answers) for _ in range(_REPEATS)]
        # The answer that differed may have been the rare one, and all of these the usual.
        usual = compared(one.expression, first, views, one.values, costs=True)
        if usual is None or any(other != first for other in others):
            changing.add(one)
    return [one for one in found if one not in changing]


def _shrunk(program: Path, found: Found, until: float) -> Found:
    """The same sort of difference from as small an expression as leaving things out gets."""
    views = [view(device) for device in DEVICES]
    while time.monotonic() < until:
        candidates = [(text, found.values) for text in list(smaller(found.expression))[:400]]
        if not candidates:
            return found
        for (text, values), theirs in zip(candidates, _ask(program, candidates), strict=True):
            if time.monotonic() > until:
                return found
            difference = compared(text, theirs, views, values, costs=True)
            if difference is None or difference.sort != found.difference.sort:
                continue
            smallest = Found(text, values, difference)
            if _settled(program, [smallest]):
                found = smallest
                break
        else:
            return found
    return found


def _told(program: Path, found: list[Found]) -> str:
    """Every sort of difference by a few expressions, as small as they get."""
    counts = Counter(one.difference.sort for one in found)
    until = time.monotonic() + _SHRINK_S
    lines = [f"{len(found)} expressions differ, in {len(counts)} ways"]
    for sort, count in counts.most_common():
        lines.append(f"{count} x {sort}")
        alike = sorted(
            (one for one in found if one.difference.sort == sort), key=lambda one: len(one.expression)
        )
        smallest = {_shrunk(program, one, until) for one in alike[:_EXAMPLES]}
        lines += [
            f"    {small.expression!r}\n        {small.difference.detail}" for small in sorted(smallest)
        ]
    return "\n".join(lines)


def test_generated_expressions(cel_137: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chunks = range(-(-EXPRESSIONS_ASKED // _CHUNK))
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        parts = list(pool.map(_run, [cel_137] * len(chunks), chunks))
    verdicts = sum(part.verdicts for part in parts)
    compiled = sum(part.compiled for part in parts)
    with capsys.disabled():
        print(f"\n{len(chunks) * _CHUNK} expressions, {compiled} compile upstream, {verdicts} verdicts")
    found = [one for part in parts for one in part.found]
    assert not found, _told(cel_137, found)
    reached = set().union(*(part.overloads for part in parts))
    missed = {signature.id for signature in signatures()} | set(BY_MACROS)
    # Which few a short run misses says nothing.
    if EXPRESSIONS_ASKED >= 20_000:
        assert not missed - reached
        assert compiled > 0.7 * len(chunks) * _CHUNK
