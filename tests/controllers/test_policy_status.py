"""What the status of an admission policy says of its expressions."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.client.resources import VALIDATINGADMISSIONPOLICIES
from drakkar.testing import MemoryApi

Object = dict[str, Any]
_DEPLOYMENTS = {
    "apiGroups": ["apps"],
    "apiVersions": ["v1"],
    "operations": ["*"],
    "resources": ["deployments"],
}


def _policy(name: str, *expressions: str, rule: Object | None = None, **spec: Any) -> Object:
    return {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule or _DEPLOYMENTS]},
            "validations": [{"expression": text} for text in expressions],
            **spec,
        },
    }


async def _status(cluster: MemoryApi, policy: Object) -> Object:
    await cluster.create(VALIDATINGADMISSIONPOLICIES, policy)

    def found() -> Object:
        stored = cluster.find("validatingadmissionpolicies", policy["metadata"]["name"]) or {}
        return stored.get("status") or {}

    await cluster.until(lambda: bool(found().get("observedGeneration")))
    return found()


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.replicas > 1",
        "object.metadata.labels['a'] == 'b' && object.kind == 'Deployment'",
        "object.spec.template.spec.containers.all(c, c.image.startsWith('x'))",
        "object.spec.strategy.rollingUpdate.maxSurge == '25%'",
        "oldObject == null || oldObject.spec.replicas <= object.spec.replicas",
        "request.name == object.metadata.name",
    ],
)
async def test_nothing_is_wrong(cluster: MemoryApi, expression: str) -> None:
    assert await _status(cluster, _policy("p", expression)) == {"observedGeneration": 1, "typeChecking": {}}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("object.spec.replica > 1", "undefined field 'replica'"),
        ("object.spec.replicas > '1'", "found no matching overload for '_>_' applied to '(int, string)'"),
        ("object.spec.template.spec.containers.all(c, c.img == 'x')", "undefined field 'img'"),
    ],
)
async def test_what_is_wrong_is_told_for_the_kind(cluster: MemoryApi, expression: str, said: str) -> None:
    status = await _status(cluster, _policy("p", "true", expression))
    (warning,) = status["typeChecking"]["expressionWarnings"]
    assert warning["fieldRef"] == "spec.validations[1].expression"
    assert warning["warning"].startswith("apps/v1, Kind=Deployment: ERROR: <input>:1:")
    assert said in warning["warning"]


async def test_parameters_and_variables_have_types_too(cluster: MemoryApi) -> None:
    policy = _policy(
        "p",
        "variables.count > params.data.most",
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "count", "expression": "object.spec.replicas"}],
    )
    (warning,) = (await _status(cluster, policy))["typeChecking"]["expressionWarnings"]
    assert "applied to '(int, string)'" in warning["warning"]


async def test_of_kinds_that_are_not_named_nothing_is_known(cluster: MemoryApi) -> None:
    for name, change in {"stars": {"apiGroups": ["*"]}, "unknown": {"apiGroups": ["x.example"]}}.items():
        policy = _policy(name, "object.what == 1", rule={**_DEPLOYMENTS, **change})
        assert (await _status(cluster, policy))["typeChecking"] == {}
