"""Merge patch and JSON patch against the examples and the corner cases of their RFCs."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from drakkar.apiserver.patch import long_lists
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.json_patch import json_patch
from drakkar.apiserver.patch.merge_patch import merge


@pytest.mark.parametrize(
    ("doc", "patch", "wanted"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c", "d": 1}}, {"a": {"b": None}}, {"a": {"d": 1}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a"], {"a": 1}, {"a": 1}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge(doc: Any, patch: Any, wanted: Any) -> None:
    before = copy.deepcopy(doc)
    assert merge(doc, patch) == wanted
    assert doc == before


@pytest.mark.parametrize(
    ("doc", "op", "wanted"),
    [
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"x/y": 1, "~": 2}, {"op": "remove", "path": "/x~1y"}, {"~": 2}),
        ({"x": 1, "~": 2}, {"op": "replace", "path": "/~0", "value": 3}, {"x": 1, "~": 3}),
        ({"a": 1}, {"op": "replace", "path": "", "value": []}, []),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a/b", "path": "/c"}, {"a": {}, "c": 1}),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1.0}, {"a": 1}),
        ({"a": 1}, {"op": "test", "path": "/b", "value": None}, {"a": 1}),
        # The original's library has it so.
        ({"a": 1}, {"op": "replace", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
    ],
)
def test_json_patch(doc: Any, op: Any, wanted: Any) -> None:
    before = copy.deepcopy(doc)
    assert json_patch(doc, [op]) == wanted
    assert doc == before


@pytest.mark.parametrize(
    "op",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/t", "value": 1},
        {"op": "test", "path": "/zz", "value": 1},
        {"op": "remove", "path": "/zz"},
        {"op": "replace", "path": "/l/7", "value": 1},
        {"op": "replace", "path": "/zz/y", "value": 1},
        {"op": "add", "path": "/zz/y", "value": 1},
        {"op": "add", "path": "/l/3", "value": 1},
        {"op": "remove", "path": "/l/-"},
        {"op": "remove", "path": "/l/01"},
        {"op": "remove", "path": "/l/-1"},
        {"op": "move", "from": "/l", "path": "/l/0"},
        {"op": "x", "path": "/a"},
    ],
)
def test_json_patch_refuses(op: Any) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1, "t": True, "l": [1, 2]}, [op])
    assert caught.value.invalid


@pytest.mark.parametrize(
    "ops",
    [{}, [1], [{"op": "add", "path": "/a"}], [{"op": "move", "path": "/a"}]],
)
def test_malformed_json_patch(ops: Any) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1}, ops)
    assert not caught.value.invalid


def _insertions(length: int) -> float:
    """What ten thousand insertions at the head of a list take beyond one: the least of some."""

    def seconds(count: int) -> float:
        doc = {"l": [1] * length}
        began = time.process_time()
        new = json_patch(doc, [{"op": "add", "path": "/l/0", "value": 2}] * count)
        spent = time.process_time() - began
        assert new["l"][: count + 1] == [2] * count + [1] and len(new["l"]) == length + count
        return spent

    return min(seconds(10_000) - seconds(1) for _ in range(3))


def test_how_long_a_list_is_costs_an_insertion_nothing() -> None:
    assert _insertions(700_000) < 3 * _insertions(15_000) + 0.2


def test_long_lists_are_lists_to_every_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    ops = [
        {"op": "add", "path": "/l/0", "value": "first"},
        {"op": "add", "path": "/l/-", "value": ["last"]},
        {"op": "remove", "path": "/l/500"},
        {"op": "replace", "path": "/l/7", "value": {"x": 1}},
        {"op": "test", "path": "/l/7/x", "value": 1},
        {"op": "move", "from": "/l/900", "path": "/l/2"},
        {"op": "add", "path": "/l/1000/0", "value": "deeper"},
        {"op": "copy", "from": "/l", "path": "/copy"},
        {"op": "test", "path": "/l/1002", "value": None},
    ]
    doc = {"l": list(range(1_000))}
    whole = json_patch(doc, ops[:-1])
    monkeypatch.setattr(long_lists, "_LONG", 10)
    monkeypatch.setattr(long_lists, "_BLOCK", 8)
    assert json_patch(doc, ops[:-1]) == whole and doc == {"l": list(range(1_000))}
    with pytest.raises(PatchError, match="out of bounds"):
        json_patch(doc, ops)
    many = [{"op": "add", "path": f"/l/{at}", "value": at} for at in range(0, 900, 3)]
    many += [{"op": "remove", "path": "/l/100"}] * 1_190
    wanted = list(range(1_000))
    for at in range(0, 900, 3):
        wanted.insert(at, at)
    del wanted[100 : 100 + 1_190]
    assert json_patch(doc, many)["l"] == wanted and len(wanted) == 110
