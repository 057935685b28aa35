"""What makes a small pod large is stored elsewhere; the work on it is done beside the loop all the same."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.resources.write_steps import WriteSteps

HOME = "/api/v1/namespaces/a"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each object whose rules are looked at, whether that is done beside the loop."""
    found: list[bool] = []
    problems = WriteSteps._problems

    def watched(self: WriteSteps, *arguments: Any) -> Any:
        found.append(beside.is_aside())
        return problems(self, *arguments)

    monkeypatch.setattr(WriteSteps, "_problems", watched)
    return found


def _made(client: TestClient, **spec: Any) -> Any:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}
    made = client.post(f"{HOME}/pods", json=pod)
    assert made.status_code == 201, made.text
    return made.json()


def test_a_pod_of_a_large_account(client: TestClient, looked_at: list[bool]) -> None:
    secrets = [{"name": f"s{n}"} for n in range(2_000)]
    account = {"metadata": {"name": "large"}, "imagePullSecrets": secrets}
    assert client.post(f"{HOME}/serviceaccounts", json=account).status_code == 201
    looked_at.clear()
    assert _made(client, serviceAccountName="large")["spec"]["imagePullSecrets"] == secrets
    assert looked_at == [True]


def test_a_pod_of_a_large_runtime_class(client: TestClient, looked_at: list[bool]) -> None:
    selector = {f"example.com/{'x' * 30}{n}": "y" for n in range(500)}
    runtime = {"metadata": {"name": "large"}, "handler": "h", "scheduling": {"nodeSelector": selector}}
    assert client.post("/apis/node.k8s.io/v1/runtimeclasses", json=runtime).status_code == 201
    looked_at.clear()
    assert _made(client, runtimeClassName="large")["spec"]["nodeSelector"] == selector
    assert looked_at == [True]


def test_any_other_pod(client: TestClient, looked_at: list[bool]) -> None:
    _made(client)
    assert looked_at == [False]
