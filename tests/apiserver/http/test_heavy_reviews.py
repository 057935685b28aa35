"""What is sent to be looked at only, and not stored, is looked at beside the loop where it is large."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from drakkar.apiserver.access import reviews
from drakkar.apiserver.resources.write_options import fitted

from ..callers import MASTER, Server

REVIEWS = "/apis/authorization.k8s.io/v1/namespaces/a/localsubjectaccessreviews"


def _review(groups: int) -> Any:
    asked = {"namespace": "a", "verb": "get", "resource": "pods"}
    names = [f"g{n}" for n in range(groups)]
    return {
        "metadata": {"namespace": "a"},
        "spec": {"user": "u", "groups": names, "resourceAttributes": asked},
    }


async def test_an_access_review_of_many_groups(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = [], reviews.answer

    def watched(*arguments: Any) -> Any:
        asked.append(threading.current_thread().name)
        return answer(*arguments)

    monkeypatch.setattr(reviews, "answer", watched)
    for groups in (5_000, 1):
        assert server.asks(MASTER, "POST", REVIEWS, _review(groups)).status_code == 201
    assert asked[0] == "heavy" and asked[1] != "heavy"


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("bindings", {"target": {"name": "n1"}}),
        ("pods/p/binding", {"target": {"name": "n1"}}),
        ("pods/p/eviction", {}),
    ],
)
async def test_what_is_sent_below_a_pod(
    path: str, more: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make(
        "/api/v1/namespaces/a/pods",
        {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    )
    fitted_on: list[str] = []

    def watched(*arguments: Any) -> Any:
        fitted_on.append(threading.current_thread().name)
        return fitted(*arguments)

    monkeypatch.setattr("drakkar.apiserver.http.below.fitted", watched)
    sent = {"metadata": {"name": "p", "annotations": {"a": "x" * 50_000}}, **more}
    server.asks(MASTER, "POST", f"/api/v1/namespaces/a/{path}", sent)
    assert fitted_on == ["heavy"]
