from __future__ import annotations

import copy
import itertools
import json
import os
import select
import subprocess
import sys
from random import Random
from typing import Any

import msgspec
import pytest

from drakkar.cli.allocate import Pipe

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


def _pipe(*lines: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "drakkar", "allocate", *options],
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


def _answer(case: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(Pipe(**options).answer(json.dumps(case).encode())))
    return found


def _case(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(CASE), "allocated": [], **changes}


def _devices(*devices: dict[str, Any], name: str = "s", count: int = 1, **spec: Any) -> dict[str, Any]:
    pool = {"name": "p", "generation": 1, "resourceSliceCount": count}
    found = {"driver": "d.example", "nodeName": "n1", "pool": pool, "devices": list(devices), **spec}
    return {"metadata": {"name": name}, "spec": found}


def _claim(name: str, *requests: dict[str, Any], **devices: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ns", "uid": f"uid-{name}"}
    return {"metadata": metadata, "spec": {"devices": {"requests": list(requests), **devices}}}


def _request(name: str = "r", **what: Any) -> dict[str, Any]:
    exactly = {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 1, **what}
    return {"name": name, "exactly": {key: value for key, value in exactly.items() if value is not None}}


def _given(found: dict[str, Any]) -> list[str]:
    return [one["device"] for claim in found["allocations"] for one in claim["devices"]["results"]]


def test_an_answer_comes_before_the_next_line_is_there() -> None:
    command = [sys.executable, "-m", "drakkar", "allocate", "--explain"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=buffered) as process:
        assert process.stdin is not None and process.stdout is not None
        taken: list[dict[str, Any]] = []
        for turn in range(3):
            case = _case(id=turn, allocated=taken)
            process.stdin.write(json.dumps(case).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 60)
            assert ready, "no answer although a whole line is there"
            found = json.loads(process.stdout.readline())
            assert found["id"] == turn
            if turn < 2:
                # What was given is taken in the next line.
                assert _given(found) == ["ab"[turn]]
                held = {"metadata": {"name": f"h{turn}", "namespace": "ns", "uid": f"u{turn}"}}
                taken.append({**held, "status": {"allocation": found["allocations"][0]}})
        assert found["allocations"] is None
        assert found["explanation"][0]["requests"][0]["rejected"][0]["holders"] == [
            {"claim": "ns/h0"},
            {"claim": "ns/h1"},
        ]
        process.stdin.close()
        assert process.wait(60) == 0


def test_whoever_stops_reading_ends_the_pipe_without_a_traceback() -> None:
    command = [sys.executable, "-m", "drakkar", "allocate"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(json.dumps(CASE).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        try:
            process.stdin.write((json.dumps(CASE) + "\n").encode() * 100)
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        assert process.wait(60) == 1
        assert process.stderr.read() == b""


BROKEN: list[tuple[Any, str]] = [
    (1, "want a JSON object"),
    ({}, "node: want a Node with metadata.name"),
    ({"node": {"metadata": {"name": 1}}}, "node: want a Node with metadata.name"),
    ({"node": {"metadata": {"name": "n1", "labels": 3}}}, "node: Expected `object`"),
    (_case(node={"metadata": {"name": "n1"}, "status": []}), "node: Expected `object`"),
    (_case(features="DRAAdminAccess"), "features: want a list of feature gate names"),
    (_case(slices={}), "slices: want a list"),
    (_case(slices=[_devices(), _devices()]), "slices[1]: has the name 's', as slices[0]"),
    (_case(classes=[{"metadata": 1}]), "classes[0]: Expected `object`"),
    (_case(claims=[_claim("c", {"nameless": 1})]), "claims[0]: Object missing required field `name`"),
    (
        _case(allocated=[CASE["allocated"][0], {**CASE["allocated"][0], "x": 1}]),
        "allocated[1]: has the uid 'u0'",
    ),
    (_case(taintRules=[{"spec": {}}]), "taintRules[0]: Object missing required field `taint`"),
    (_case(claims=[_claim("c", _request(deviceClassName="none"))]), "could not retrieve device class none"),
    (
        _case(slices=[_devices({"name": "a", "consumesCounters": [{"counterSet": "x"}]}, sharedCounters=4)]),
        "slices[0]: Expected `array`",
    ),
]


@pytest.mark.parametrize(("case", "error"), BROKEN, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_wrong_with_a_case_is_named_and_the_next_one_answered(case: Any, error: str) -> None:
    pipe = Pipe()
    found = pipe.answer(json.dumps(case).encode())
    assert found["allocations"] is None and error in found["error"], found
    assert found["id"] == (case.get("id") if isinstance(case, dict) else None)
    assert _given(json.loads(msgspec.json.encode(pipe.answer(json.dumps(CASE).encode())))) == ["b"]


def test_a_quantity_in_the_books_that_is_none_is_an_error_of_the_case() -> None:
    case = copy.deepcopy(CASE)
    result = case["allocated"][0]["status"]["allocation"]["devices"]["results"][0]
    result.update(shareID="s", consumedCapacity={"memory": "much"})
    pipe = Pipe()
    assert "much" in pipe.answer(json.dumps(case).encode())["error"]
    assert _given(json.loads(msgspec.json.encode(pipe.answer(json.dumps(CASE).encode())))) == ["b"]


def test_nulls_mean_what_is_absent_and_unknown_keys_nothing() -> None:
    case = _case(features=None, taintRules=None, allocated=None, timeout_s=0.001, more={"x": [1]})
    case["slices"][0]["spec"]["sharedCounters"] = None
    assert _given(_answer(case)) == ["a"]


def test_a_taint_rule_counts() -> None:
    rule = {
        "metadata": {"name": "rule"},
        "spec": {"deviceSelector": {"device": "a"}, "taint": {"key": "bad", "effect": "NoSchedule"}},
    }
    assert _given(_answer(_case(taintRules=[rule]))) == ["b"]


ADMIN_FIRST = _case(
    slices=[_devices({"name": "a"})],
    claims=[_claim("admin", _request(adminAccess=True)), _claim("normal", _request())],
)
GROUPS = [("a", "x", 1), ("b", "y", 1), ("c", "y", 2)]
ALL_AND_A_CONSTRAINT = _case(
    slices=[
        _devices(
            *(
                {"name": name, "attributes": {"g": {"string": group}, "k": {"int": kind}}}
                for name, group, kind in GROUPS
            )
        )
    ],
    claims=[
        _claim(
            "c",
            _request("r1", selectors=[{"cel": {"expression": 'device.attributes["d.example"].k == 1'}}]),
            _request(
                "r2",
                selectors=[{"cel": {"expression": 'device.attributes["d.example"].k == 2'}}],
                allocationMode="All",
                count=None,
            ),
            constraints=[{"matchAttribute": "d.example/g"}],
        )
    ],
)


def test_compat_copies_quirks_of_upstream_and_the_default_does_what_is_right() -> None:
    lines = [json.dumps(ADMIN_FIRST), json.dumps(ALL_AND_A_CONSTRAINT)]
    right = _pipe(*lines)
    assert [_given(one) for one in right] == [["a", "a"], ["b", "c"]]
    quirky = _pipe(*lines, options=("--compat", "1.37"))
    assert [one["allocations"] for one in quirky] == [None, None]
    assert "error" not in quirky[0]
    assert "a claim constraint would not be satisfied" in quirky[1]["error"]


def test_an_unknown_version_of_upstream_ends_with_2_and_one_line() -> None:
    command = [sys.executable, "-m", "drakkar", "allocate", "--compat", "1.36"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, input="")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "drakkar: --compat: compat '1.36' is not known: the one version there is, is '1.37'\n"
    )


def test_help_says_that_the_bound_is_on_steps() -> None:
    command = [sys.executable, "-m", "drakkar", "allocate", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "timeout_s is accepted and has no effect" in " ".join(done.stdout.split())


def test_a_search_that_reaches_its_bound_says_how_far_it_came() -> None:
    devices = [{"name": f"d{index}", "attributes": {"g": {"int": index}}} for index in range(9)]
    case = _case(slices=[_devices(*devices)], claims=[_claim("c", _request(count=4))])
    found = _answer(case, step_limit=3, explain=True)
    assert found["error"] == (
        "the search reached its bound of 3 steps without an answer; it had chosen 1 device at the furthest"
    )
    assert found["allocations"] is None and "explanation" not in found
    assert len(_given(_answer(case))) == 4


def test_an_explanation_is_there_only_for_what_has_no_allocations_and_no_error() -> None:
    full = {**CASE, "claims": [_claim("two", _request(count=2))]}
    bad = _case(claims=[_claim("c", _request(deviceClassName="none"))])
    given, none, error = _pipe(json.dumps(CASE), json.dumps(full), json.dumps(bad), options=("--explain",))
    assert "explanation" not in given and "explanation" not in error and error["error"]
    [node] = none["explanation"]
    assert node["node"] == "n1"
    [rejected] = node["requests"][0]["rejected"]
    assert (rejected["kind"], rejected["holders"]) == ("taken", [{"claim": "ns/old"}])
    [change] = node["wouldFitIf"]
    assert change["text"] == "the request asked for 1 device instead of 2"
    assert "explanation" not in _answer(full)


def test_lines_about_the_same_devices_get_the_answers_they_would_get_alone() -> None:
    slices = [
        [_devices({"name": "a"}, {"name": "b"}, {"name": "c"})],
        [_devices({"name": "a"}, {"name": "b", "taints": [{"key": "t", "effect": "NoExecute"}]})],
    ]
    held = [CASE["allocated"], [], [_held("u1", "b")], [_held("u1", "c"), _held("", "a")]]
    claims = [[_claim("c", _request(count=count))] for count in (1, 2, 3)]
    nodes = [{"metadata": {"name": name}} for name in ("n1", "n2")]
    gates = [None, ["DRADeviceTaints"], []]
    cases = [
        json.dumps(_case(id=index, slices=s, allocated=h, claims=c, node=n, features=g)).encode()
        for index, (s, h, c, n, g) in enumerate(itertools.product(slices, held, claims, nodes, gates))
    ]
    alone = [msgspec.json.encode(Pipe(explain=True).answer(case)) for case in cases]
    assert sum(b'"allocations":null' not in one for one in alone) > 20
    for seed in range(4):
        order = list(range(len(cases)))
        if seed:
            Random(seed).shuffle(order)
        pipe = Pipe(explain=True)
        for index in order:
            assert msgspec.json.encode(pipe.answer(cases[index])) == alone[index]


def _held(uid: str, device: str) -> dict[str, Any]:
    result = {"request": "r", "driver": "d.example", "pool": "p", "device": device}
    return {
        "metadata": {"name": f"of-{device}", "namespace": "ns", "uid": uid},
        "status": {"allocation": {"devices": {"results": [result]}}},
    }
