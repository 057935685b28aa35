"""How objects change under rules: transitions, what was wrong before, items found by their keys, the status."""

from __future__ import annotations

from typing import Any

from .custom_conversation import Step
from .custom_rules import RULED, one

Object = dict[str, Any]
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_THINGS = "/apis/stable.example.com/v1/namespaces/default/ruleds"
_MERGE = "application/merge-patch+json"
_BEFORE = one(
    "before",
    a=1,
    s="bad",
    inner={"x": 3, "y": 2},
    plain=["no", "yes"],
    named=[{"name": "a", "size": 100}, {"name": "b", "size": 5}],
    tags=["x", "y"],
    fixed=1,
    either="text",
    labels={"z": "y"},
)


def _post(what: str, body: Object) -> Step:
    return Step(what, "POST", _THINGS, body)


def _patch(what: str, name: str, spec: Object, status: Object | None = None) -> Step:
    body: Object = {"spec": spec} if status is None else {"spec": spec, "status": status}
    return Step(what, "PATCH", f"{_THINGS}/{name}", body, _MERGE)


def _status(what: str, name: str, **status: Any) -> Step:
    return Step(what, "PATCH", f"{_THINGS}/{name}/status", {"status": status}, _MERGE)


CHANGES: list[Step] = [
    _post("what is wrong before there are rules", _BEFORE),
    _post("what is right before there are rules", one("fine", a=2)),
    _status("a status before there are rules", "before", ready=-1, seen=5),
    Step("the rules", "PATCH", f"{_DEFINITIONS}/ruleds.stable.example.com", {"spec": RULED["spec"]}, _MERGE),
    Step("", "wait"),
    Step("", "wait"),
    # What was wrong is let pass as long as it stays.
    _patch("a label", "before", {}),
    Step("metadata alone", "PATCH", f"{_THINGS}/before", {"metadata": {"labels": {"x": "y"}}}, _MERGE),
    _patch("something beside what is wrong", "before", {"flag": True}),
    _patch("what a rule above says and was wrong", "before", {"a": 5, "either": 1, "labels": {"z": None, "x": "z"}}),
    _patch("a right rest", "before", {"a": 5, "either": 1, "labels": {"z": None, "x": "z"}, "named": None}),
    _patch("the wrong text again", "before", {"s": "bad", "flag": True}),
    _patch("another wrong text", "before", {"s": "far too l"}),
    _patch("a right text", "before", {"s": "good"}),
    _patch("the wrong text once more", "before", {"s": "bad"}),
    _patch("inner stays wrong", "before", {"inner": {"x": 3}}),
    _patch("inner is wrong in another way", "before", {"inner": {"x": 4}}),
    _patch("plain in another order", "before", {"plain": ["yes", "no"]}),
    _patch("plain as it was", "before", {"plain": ["no", "yes"]}),
    _patch("tags that go", "before", {"tags": ["x"]}),
    _patch("tags that come", "before", {"tags": ["y", "x", "z"]}),
    _patch("tags in another order", "before", {"tags": ["z", "x", "y"]}),
    _patch("fixed changes", "before", {"fixed": 2}),
    _patch("fixed goes", "before", {"fixed": None}),
    _patch("fixed comes", "before", {"fixed": 3}),
    _patch("fixed changes again", "before", {"fixed": 4}),
    _patch("the flag goes", "before", {"flag": None}),
    # Items are found by their keys.
    _patch("named comes", "fine", {"named": [{"name": "a", "size": 10}, {"name": "b", "size": 20}]}),
    _patch("named in another order", "fine", {"named": [{"name": "b", "size": 20}, {"name": "a", "size": 10}]}),
    _patch("one grows", "fine", {"named": [{"name": "b", "size": 21}, {"name": "a", "size": 10}]}),
    _patch("one shrinks", "fine", {"named": [{"name": "a", "size": 9}, {"name": "b", "size": 21}]}),
    _patch("both shrink", "fine", {"named": [{"name": "a", "size": 1}, {"name": "b", "size": 1}]}),
    _patch("one goes", "fine", {"named": [{"name": "b", "size": 21}]}),
    _patch("a small one comes", "fine", {"named": [{"name": "b", "size": 21}, {"name": "a", "size": 1}]}),
    _patch("one is renamed", "fine", {"named": [{"name": "c", "size": 2}, {"name": "a", "size": 1}]}),
    _patch("one loses its size", "fine", {"named": [{"name": "c"}, {"name": "a", "size": 1}]}),
    # Old values that may be missing.
    _patch("growing comes too large", "fine", {"grows": 10}),
    _patch("growing comes", "fine", {"grows": 5}),
    _patch("growing grows", "fine", {"grows": 15}),
    _patch("growing shrinks", "fine", {"grows": 14}),
    _patch("growing stays", "fine", {"grows": 15}),
    _patch("growing goes", "fine", {"grows": None}),
    _patch("atom comes", "fine", {"atom": {"x": 5}}),
    _patch("atom shrinks", "fine", {"atom": {"x": 4}}),
    _patch("several at once", "fine", {"a": 1, "s": "bad", "atom": {"x": 1}, "inner": {"x": 2, "y": 1}}),
    _patch("slow", "fine", {"slow": list(range(600))}),
    # The status.
    _status("a right status", "fine", ready=1, seen=5),
    _status("a wrong status", "fine", ready=-1),
    _status("a status that is too much", "fine", ready=50),
    _status("a status that goes back", "fine", seen=4),
    _status("a status that goes on", "fine", seen=6),
    _status("a status that is wrong as before", "before", ready=-1, seen=6),
    _status("a status that goes back as well", "before", seen=3),
    _patch("a status is not written here", "fine", {"flag": True}, {"ready": -5}),
    Step("what came of one", "GET", f"{_THINGS}/before"),
    Step("what came of the other", "GET", f"{_THINGS}/fine"),
]  # fmt: skip
