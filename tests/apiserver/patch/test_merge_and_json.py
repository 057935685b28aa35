"""Merge patch and JSON patch against the examples and the corner cases of their RFCs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from drakkar.apiserver.patch.error import PatchError
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
        {"op": "replace", "path": "/zz", "value": 1},
        {"op": "add", "path": "/zz/y", "value": 1},
        {"op": "add", "path": "/l/3", "value": 1},
        {"op": "remove", "path": "/l/-"},
        {"op": "remove", "path": "/l/01"},
        {"op": "remove", "path": "/l/-1"},
        {"op": "move", "from": "/l", "path": "/l/0"},
    ],
)
def test_json_patch_refuses(op: Any) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1, "t": True, "l": [1, 2]}, [op])
    assert caught.value.invalid


@pytest.mark.parametrize(
    "ops",
    [{}, [1], [{"op": "add", "path": "/a"}], [{"op": "x", "path": "/a"}], [{"op": "move", "path": "/a"}]],
)
def test_malformed_json_patch(ops: Any) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1}, ops)
    assert not caught.value.invalid
