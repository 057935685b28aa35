"""The log of a pod that is on no node, and which container is meant."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.testing.open_gate import OpenGate

PODS = "/api/v1/namespaces/a/pods"
MANY = "a container name must be specified for pod two, choose one of: [i a b]"


@pytest.fixture
def pods(store: Store, client: TestClient) -> TestClient:
    a, b, i = ({"name": name, "image": "i"} for name in ("a", "b", "i"))
    marked = {"kubectl.kubernetes.io/default-container": "b"}
    specs: dict[str, Any] = {
        "one": {"containers": [a], "initContainers": [i]},
        "two": {"containers": [a, b], "initContainers": [i]},
        "away": {"containers": [a, b], "nodeName": "gone"},
    }
    for name, spec in specs.items():
        made = client.post(PODS, json={"metadata": {"name": name, "annotations": marked}, "spec": spec})
        assert made.status_code == 201, made.text
    return TestClient(build_app(Rest(store, registry()), OpenGate(), kubelets=Kubelets()))


@pytest.mark.parametrize(
    "path", ["one/log", "one/log?container=i&previous=1&follow=1", "two/log?container=b"]
)
def test_a_pod_on_no_node_has_said_nothing(pods: TestClient, path: str) -> None:
    answer = pods.get(f"{PODS}/{path}")
    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == (204, b"", None)


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("two/log", 400, MANY),
        ("two/exec?command=x", 400, MANY),
        ("two/attach", 400, MANY),
        ("one/log?container=z", 400, "container z is not valid for pod one"),
        ("away/log?container=z", 400, "container z is not valid for pod away"),
        ("away/log?container=a", 404, 'pods "gone" not found'),
        ("one/exec", 400, "pod one does not have a host assigned"),
        ("one/portforward", 400, "pod one does not have a host assigned"),
        ("none/log?container=z", 404, 'pods "none" not found'),
    ],
)
def test_the_container_is_looked_for_before_the_node(
    pods: TestClient, path: str, code: int, said: str
) -> None:
    answer = pods.get(f"{PODS}/{path}")
    assert (answer.status_code, answer.json()["message"]) == (code, said)
