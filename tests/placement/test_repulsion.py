"""Pods that keep others away: what their terms say is read once for all of the same, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.object import ObjectKey
from drakkar.placement import Snapshot
from drakkar.placement.terms import term

from .objects import node, pod


def _apart(*names: str) -> dict[str, Any]:
    terms = [{"topologyKey": "host", "labelSelector": {"matchLabels": {"app": name}}} for name in names]
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def test_many_terms_of_many_like_pods_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[None] = []
    before = term.Term.__init__

    def counted(self: term.Term, *given: Any) -> None:
        read.append(None)
        before(self, *given)

    monkeypatch.setattr(term.Term, "__init__", counted)
    snapshot = Snapshot()
    for number in range(20):
        snapshot.set_node(node(f"n{number}", {"host": f"n{number}"}))
    names = [f"many-{number}" for number in range(100)]
    for number in range(60):
        placed = pod(f"p{number}", {"app": "evil"}, **_apart(*names))
        snapshot.put(ObjectKey("default", f"p{number}"), placed, f"n{number % 20}")
    assert len(read) == 100
    for number in range(5):
        snapshot.form(pod("new", {"app": f"kind-{number}"}))
    assert len(read) == 100


def test_whom_they_keep_away_is_not_let_in_until_they_go() -> None:
    snapshot = Snapshot()
    for name in ("n1", "n2"):
        snapshot.set_node(node(name, {"host": name}))
    for name in ("a", "b"):
        snapshot.put(ObjectKey("default", name), pod(name, **_apart("x", "y")), "n1")
    wanted, other = pod("new", {"app": "x"}), pod("new", {"app": "z"})

    def refused(asked: Any) -> list[str]:
        form = snapshot.form(asked)
        return [one.name for one in snapshot.nodes if form.neighbours.objections(one)]

    assert refused(wanted) == ["n1"] and refused(other) == []
    snapshot.take_off(ObjectKey("default", "a"))
    assert refused(wanted) == ["n1"]
    snapshot.take_off(ObjectKey("default", "b"))
    assert refused(wanted) == []
    # Of another namespace they say nothing.
    snapshot.put(ObjectKey("far", "c"), pod("c", namespace="far", **_apart("x")), "n2")
    assert refused(wanted) == []
