from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CASE: dict[str, Any] = {
    "id": "one",
    "node": {"metadata": {"name": "n1"}},
    "classes": [{"metadata": {"name": "c"}}],
    "slices": [
        {
            "metadata": {"name": "s"},
            "spec": {
                "driver": "d.example",
                "nodeName": "n1",
                "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "a"}, {"name": "b"}],
            },
        }
    ],
    "allocated": [
        {
            "metadata": {"name": "old", "namespace": "ns", "uid": "u0"},
            "status": {
                "allocation": {
                    "devices": {
                        "results": [{"request": "r", "driver": "d.example", "pool": "p", "device": "a"}]
                    }
                }
            },
        }
    ],
    "claims": [
        {
            "metadata": {"name": "new", "namespace": "ns", "uid": "u1"},
            "spec": {
                "devices": {
                    "requests": [
                        {
                            "name": "r",
                            "exactly": {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 1},
                        }
                    ]
                }
            },
        }
    ],
    "unknown key": 1,
}


def _pipe(*lines: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "drakkar", "allocate"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_gets_its_answer_and_a_bad_one_does_not_end_the_pipe() -> None:
    full = {**CASE, "id": "full", "claims": CASE["claims"] * 2}
    bad = {**CASE, "id": "bad", "slices": [{"spec": {}}]}
    nameless = {**CASE, "id": "nameless", "node": {}}
    answers = _pipe(json.dumps(CASE), "{", "[]", json.dumps(bad), json.dumps(nameless), json.dumps(full))
    assert answers[0]["id"] == "one"
    assert answers[0]["allocations"][0]["devices"]["results"] == [
        {"request": "r", "driver": "d.example", "pool": "p", "device": "b"}
    ]
    assert "not JSON" in answers[1]["error"] and "want a JSON object" in answers[2]["error"]
    assert answers[3]["error"].startswith("slices[0]:")
    assert answers[4]["error"] == "node: want a Node with metadata.name"
    assert answers[5] == {"id": "full", "allocations": None}
