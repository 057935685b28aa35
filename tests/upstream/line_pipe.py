"""A program that answers a JSON line for each JSON line it is given."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def ask_all(program: Path, questions: Iterable[Any], limit_s: float = 120) -> list[Any]:
    """The answers to all questions, in their order; one run of the program answers them all."""
    lines = [json.dumps(question) for question in questions]
    done = subprocess.run(
        [str(program)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines), (
        f"{len(lines)} questions, {len(answers)} answers: {done.stderr[-2000:]}"
    )
    return answers
