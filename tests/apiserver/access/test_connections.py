"""Whoever may only read does not run commands in containers, nor reach their ports."""

from __future__ import annotations

import pytest

from ..callers import ALICE, Server

POD = "/api/v1/namespaces/a/pods/p"
STREAMS = ("exec?command=ls", "attach", "portforward?ports=80")
BELOW = ["pods/attach", "pods/exec", "pods/portforward"]


def _may(server: Server, *verbs: str) -> None:
    server.grant("alice", [{"apiGroups": [""], "resources": BELOW, "verbs": list(verbs)}])


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_web_socket_needs_the_right_to_create(server: Server, stream: str) -> None:
    _may(server, "get")
    refused = server.asks(ALICE, "GET", f"{POD}/{stream}")
    assert refused.status_code == 403
    assert refused.json()["message"] == 'pods "p" is forbidden: '


@pytest.mark.parametrize("stream", STREAMS)
async def test_who_may_read_and_create_comes_as_far_as_the_kubelet(server: Server, stream: str) -> None:
    _may(server, "get", "create")
    assert "no access to kubelets" in server.asks(ALICE, "GET", f"{POD}/{stream}").text
    assert "no access to kubelets" in server.asks(ALICE, "POST", f"{POD}/{stream}").text
