"""What objects of the common kinds are refused for, with the field that is to blame."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.strategy import Facts

POD: dict[str, Any] = {
    "metadata": {"name": "p"},
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 80}],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}, "claims": [{"name": "g"}]},
            }
        ],
        "volumes": [{"name": "v"}],
        "resourceClaims": [{"name": "g", "resourceClaimName": "x"}],
    },
}


def _set(obj: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    found: Any = obj
    for part in parents:
        found = found[part]
    found[last] = value


def fields(resource: str, obj: dict[str, Any]) -> list[str]:
    strategy = registry().stored(resource).strategy
    strategy.complete(obj, None, "2026-01-01T00:00:00Z")
    return [cause.field for cause in strategy.problems(obj, None, Facts(frozenset(), {}))]


def test_a_good_pod() -> None:
    assert fields("/pods", copy.deepcopy(POD)) == []


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("spec.containers", [], "spec.containers"),
        ("spec.containers.0.name", "", "spec.containers[0].name"),
        ("spec.containers.0.name", "No_", "spec.containers[0].name"),
        ("spec.containers.0.image", "", "spec.containers[0].image"),
        ("spec.containers.0.ports.0.containerPort", 70000, "spec.containers[0].ports[0].containerPort"),
        ("spec.containers.0.volumeMounts.0.name", "w", "spec.containers[0].volumeMounts[0].name"),
        ("spec.containers.0.resources.requests.cpu", "3", "spec.containers[0].resources.requests"),
        ("spec.containers.0.resources.limits.cpu", "-1", "spec.containers[0].resources.limits[cpu]"),
        ("spec.containers.0.resources.claims.0.name", "h", "spec.containers[0].resources.claims[0]"),
        ("spec.resourceClaims.0", {"name": "g"}, "spec.resourceClaims[0]"),
        ("spec.restartPolicy", "Sometimes", "spec.restartPolicy"),
        ("spec.volumes", [{"name": "v"}, {"name": "v"}], "spec.volumes[1].name"),
    ],
)
def test_a_bad_pod(path: str, value: Any, field: str) -> None:
    pod = copy.deepcopy(POD)
    _set(pod, path, value)
    assert field in fields("/pods", pod)


def workload(labels: dict[str, str], selector: Any, policy: str = "Always") -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i"}], "restartPolicy": policy}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {"metadata": {"name": "w"}, "spec": {"selector": selector, "template": template}}


def manual(*parts: Any) -> dict[str, Any]:
    """A job that says itself what it selects."""
    made = workload(*parts)
    return {**made, "spec": {**made["spec"], "manualSelector": True}}


def test_workloads_select_their_own_pods() -> None:
    good = {"matchLabels": {"l": "m"}}
    assert fields("apps/deployments", workload({"l": "m"}, good)) == []
    assert fields("apps/daemonsets", workload({"l": "n"}, good)) == ["spec.template.metadata.labels"]
    assert fields("apps/statefulsets", workload({}, None)) == [
        "spec.selector",
        "spec.template.metadata.labels",
    ]
    assert fields("apps/deployments", workload({}, {})) == ["spec.selector"]
    assert fields("apps/deployments", workload({"l": "m"}, good, "Never")) == [
        "spec.template.spec.restartPolicy"
    ]
    assert fields("batch/jobs", manual({"l": "m"}, good, "Never")) == []
    assert fields("batch/jobs", manual({"l": "m"}, good)) == ["spec.template.spec.restartPolicy"]
    # One that is there already gets no selector any more.
    assert fields("batch/jobs", manual({}, None, "Never")) == [
        "spec.selector",
        "spec.template.metadata.labels",
    ]


def test_services_and_data() -> None:
    assert fields("/services", {"spec": {}}) == ["spec.ports"]
    ports = [{"port": 1, "name": "a"}, {"port": 1}]
    assert fields("/services", {"spec": {"ports": ports}}) == ["spec.ports[1].name", "spec.ports[1]"]
    assert fields("/services", {"spec": {"type": "ExternalName"}}) == ["spec.externalName"]
    assert fields("/configmaps", {"data": {"a/b": "c"}}) == ["data[a/b]"]
    assert fields("/configmaps", {"data": {"a": "c" * 1_100_000}}) == ["[]"]


def test_the_answer_names_every_cause(client: TestClient) -> None:
    body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}], "restartPolicy": "X"}}
    answer = client.post("/api/v1/namespaces/a/pods", json=body)
    assert answer.status_code == 422
    assert answer.json()["message"] == (
        'Pod "p" is invalid: [spec.containers[0].image: Required value, spec.restartPolicy: Unsupported value: "X": '
        'supported values: "Always", "OnFailure", "Never"]'
    )


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"completions": 2147483647, "parallelism": 100_001}, "spec.parallelism"),
        ({"parallelism": 1}, "spec.completions"),
        ({"completions": 2147483647, "parallelism": 100_000}, None),
    ],
)
def test_an_indexed_job_is_bounded(client: TestClient, spec: dict[str, Any], field: str | None) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    body = {
        "metadata": {"name": "j"},
        "spec": {"completionMode": "Indexed", "template": {"spec": pod}, **spec},
    }
    answer = client.post("/apis/batch/v1/namespaces/a/jobs", json=body)
    if field is None:
        assert answer.status_code == 201, answer.text
        return
    assert answer.status_code == 422
    assert [cause["field"] for cause in answer.json()["details"]["causes"]] == [field]
