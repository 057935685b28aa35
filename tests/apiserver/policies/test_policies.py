"""Admission policies at work on a server: whom they concern, what they refuse, and that they hold nobody up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.policies import params, policies
from drakkar.client import InvalidError
from drakkar.client.resources import CONFIGMAPS, SECRETS
from drakkar.testing import MemoryApi

Object = dict[str, Any]
GROUP = "/apis/admissionregistration.k8s.io/v1"
CONFIGS = "/api/v1/namespaces/a/configmaps"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
NO = {"expression": "false", "message": "no"}
# Some hundred thousand units: as much as a tenth of what one expression may cost.
HEAVY = "lists.range(400).all(x, lists.range(100).all(y, x + y >= 0))"
Put = Callable[..., None]


@pytest.fixture
def put(client: TestClient) -> Put:
    """Make a policy with a binding of its name."""

    def made(name: str, binding: Object | None = None, **spec: Any) -> None:
        given = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [NO], **spec}
        written(client, "validatingadmissionpolicies", name, given)
        bound = {"policyName": name, "validationActions": ["Deny"], **(binding or {})}
        written(client, "validatingadmissionpolicybindings", name, bound)

    return made


def written(client: TestClient, plural: str, name: str, spec: Object) -> None:
    answer = client.post(f"{GROUP}/{plural}", json={"metadata": {"name": name}, "spec": spec})
    assert answer.status_code == 201, answer.json()


def test_a_refusal_names_policy_binding_and_message(client: TestClient, put: Put) -> None:
    put("p", validations=[{**NO, "reason": "Forbidden"}])
    answer = client.post(CONFIGS, json={"metadata": {"name": "x"}})
    said = "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no"
    assert answer.status_code == 403
    assert answer.json()["reason"] == "Forbidden"
    assert answer.json()["message"] == f'configmaps "x" is forbidden: {said}'
    assert answer.json()["details"]["causes"] == [{"message": said}]
    assert client.get(f"{CONFIGS}/x").status_code == 404


def test_nothing_is_refused_without_a_binding_and_after_the_policy_is_gone(
    client: TestClient, put: Put
) -> None:
    put("p")
    assert client.post(CONFIGS, json={"metadata": {"name": "x"}}).status_code == 422
    assert client.delete(f"{GROUP}/validatingadmissionpolicybindings/p").status_code == 200
    assert client.post(CONFIGS, json={"metadata": {"name": "x"}}).status_code == 201
    put_again = {"policyName": "p", "validationActions": ["Deny"]}
    written(client, "validatingadmissionpolicybindings", "again", put_again)
    assert client.post(CONFIGS, json={"metadata": {"name": "y"}}).status_code == 422
    assert client.delete(f"{GROUP}/validatingadmissionpolicies/p").status_code == 200
    assert client.post(CONFIGS, json={"metadata": {"name": "y"}}).status_code == 201


def test_a_changed_policy_holds_at_once(client: TestClient, put: Put) -> None:
    put("p")
    change = {"spec": {"validations": [{"expression": "object.metadata.name != 'bad'"}]}}
    headers = {"Content-Type": "application/merge-patch+json"}
    assert (
        client.patch(f"{GROUP}/validatingadmissionpolicies/p", json=change, headers=headers).status_code
        == 200
    )
    assert client.post(CONFIGS, json={"metadata": {"name": "good"}}).status_code == 201
    assert client.post(CONFIGS, json={"metadata": {"name": "bad"}}).status_code == 422


def test_who_is_warned_is_warned_in_a_header(client: TestClient, put: Put) -> None:
    put("p", {"validationActions": ["Warn"]})
    answer = client.post(CONFIGS, json={"metadata": {"name": "x"}})
    assert answer.status_code == 201
    said = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': no"
    assert answer.headers["warning"] == f'299 - "{said}"'


def test_policies_do_not_concern_policies(client: TestClient, put: Put) -> None:
    every = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}
    put("p", matchConstraints={"resourceRules": [every]})
    assert client.post(CONFIGS, json={"metadata": {"name": "x"}}).status_code == 422
    assert client.delete(f"{GROUP}/validatingadmissionpolicybindings/p").status_code == 200


def test_a_deletion_has_an_old_object_only(client: TestClient, put: Put) -> None:
    assert client.post(CONFIGS, json={"metadata": {"name": "x"}, "data": {"keep": "yes"}}).status_code == 201
    expression = "request.operation != 'DELETE' || (object == null && oldObject.data.keep == 'no')"
    put("p", validations=[{"expression": expression}])
    assert client.delete(f"{CONFIGS}/x").status_code == 422
    assert client.delete(CONFIGS).json()["message"].startswith('configmaps "Unknown" is forbidden')
    change = {"data": {"keep": "no"}}
    headers = {"Content-Type": "application/merge-patch+json"}
    assert client.patch(f"{CONFIGS}/x", json=change, headers=headers).status_code == 200
    assert client.delete(f"{CONFIGS}/x").status_code == 200


def test_parameters_are_read_as_they_are_now(client: TestClient, put: Put) -> None:
    assert (
        client.post(CONFIGS, json={"metadata": {"name": "param"}, "data": {"most": "2"}}).status_code == 201
    )
    put(
        "p",
        {"paramRef": {"name": "param", "parameterNotFoundAction": "Deny"}},
        matchConstraints={"resourceRules": [{**RULE, "resources": ["secrets"]}]},
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        validations=[{"expression": "size(object.data) <= int(params.data.most)"}],
    )
    secrets, large = "/api/v1/namespaces/a/secrets", {"data": {"a": "", "b": "", "c": ""}}
    assert client.post(secrets, json={"metadata": {"name": "s"}, **large}).status_code == 422
    headers = {"Content-Type": "application/merge-patch+json"}
    assert client.patch(f"{CONFIGS}/param", json={"data": {"most": "3"}}, headers=headers).status_code == 200
    assert client.post(secrets, json={"metadata": {"name": "s"}, **large}).status_code == 201
    assert client.delete(f"{CONFIGS}/param").status_code == 200
    refused = client.post(secrets, json={"metadata": {"name": "t"}}).json()
    assert "no params found for policy binding with `Deny` parameterNotFoundAction" in refused["message"]


def test_a_policy_about_others_has_no_say(client: TestClient, put: Put) -> None:
    put("p", matchConstraints={"resourceRules": [{**RULE, "resources": ["pods"]}]})
    assert client.post(CONFIGS, json={"metadata": {"name": "x"}}).status_code == 201


def test_a_policy_is_compiled_once_until_it_changes(
    client: TestClient, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    class Counted(policies.Policy):
        def __init__(self, policy: Object) -> None:
            compiled.append(policy["metadata"]["name"])
            super().__init__(policy)

    monkeypatch.setattr(policies, "Policy", Counted)
    put("p", validations=[{"expression": "true"}])
    for name in ("x", "y", "z"):
        assert client.post(CONFIGS, json={"metadata": {"name": name}}).status_code == 201
    headers = {"Content-Type": "application/merge-patch+json"}
    path = f"{GROUP}/validatingadmissionpolicies/p"
    status = {"status": {"observedGeneration": 1}}
    assert client.patch(f"{path}/status", json=status, headers=headers).status_code == 200
    assert client.post(CONFIGS, json={"metadata": {"name": "v"}}).status_code == 201
    assert compiled == ["p"]
    assert client.patch(path, json={"spec": {"failurePolicy": "Ignore"}}, headers=headers).status_code == 200
    assert client.post(CONFIGS, json={"metadata": {"name": "w"}}).status_code == 201
    assert compiled == ["p", "p"]


def test_what_costs_much_is_bounded(client: TestClient, put: Put) -> None:
    deep = f"lists.range(100000).all(z, {HEAVY})"
    put("p", validations=[{"expression": deep}])
    answer = client.post(CONFIGS, json={"metadata": {"name": "x"}})
    assert answer.status_code == 422
    assert "operation cancelled: actual cost limit exceeded" in answer.json()["message"]


@pytest.fixture
async def api() -> Any:
    api = MemoryApi()
    yield api
    await api.aclose()


async def test_a_heavy_policy_does_not_hold_up_others(api: MemoryApi) -> None:
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "validations": [{"expression": HEAVY}],
        "failurePolicy": "Fail",
    }
    api.put("validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"policyName": "p", "validationActions": ["Deny"]}
    api.put("validatingadmissionpolicybindings", {"metadata": {"name": "p"}, "spec": bound})
    held = 0.0

    async def beat() -> None:
        nonlocal held
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            held = max(held, time.monotonic() - before)

    beating = asyncio.create_task(beat())
    start = time.monotonic()
    await api.create(CONFIGMAPS, {"metadata": {"name": "x", "namespace": "default"}})
    took = time.monotonic() - start
    beating.cancel()
    # Threads take turns, so that the loop is held for a few of them only.
    assert held < took / 2


@pytest.mark.parametrize(
    "spec",
    [
        {"validations": [{}]},
        {"validations": 5},
        {
            "matchConstraints": {
                "resourceRules": [RULE],
                "objectSelector": {"matchExpressions": [{"key": "a"}]},
            }
        },
        {"paramKind": {"kind": "Nothing"}},
    ],
)
async def test_a_damaged_policy_costs_only_what_it_is_about(api: MemoryApi, spec: Object) -> None:
    whole = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [NO], **spec}
    api.put("validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": whole})
    bound = {"policyName": "p", "validationActions": ["Deny"]}
    api.put("validatingadmissionpolicybindings", {"metadata": {"name": "p"}, "spec": bound})
    with pytest.raises(InvalidError, match="failed to configure policy"):
        await api.create(CONFIGMAPS, {"metadata": {"name": "x", "namespace": "default"}})
    await api.create(SECRETS, {"metadata": {"name": "x", "namespace": "default"}})


async def test_parameters_are_looked_through_beside_the_loop_where_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = MemoryApi()
    asked: list[bool] = []
    found = params._found

    def looked(*arguments: Any) -> Any:
        result = found(*arguments)
        asked.append(beside.is_aside())
        return result

    absent = [{"key": f"k{number}", "operator": "DoesNotExist"} for number in range(60)]
    selector = {"matchExpressions": [*absent, {"key": "a", "operator": "Exists"}]}
    reference = {"selector": selector, "parameterNotFoundAction": "Allow"}
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    rule = {**RULE, "resources": ["secrets"]}
    policy = {"matchConstraints": {"resourceRules": [rule]}, "validations": [NO], "paramKind": kind}
    bound = {"policyName": "p", "validationActions": ["Deny"], "paramRef": reference}
    for plural, spec in (
        ("validatingadmissionpolicies", policy),
        ("validatingadmissionpolicybindings", bound),
    ):
        await api.request("POST", f"{GROUP}/{plural}", json={"metadata": {"name": "p"}, "spec": spec})
    monkeypatch.setattr(params, "_found", looked)
    try:
        await api.create(SECRETS, {"metadata": {"name": "few"}}, "default")
        assert asked == [False]
        asked.clear()
        for number in range(1_000):
            await api.store.create(
                ("/configmaps", "default", str(number)), {"metadata": {"name": str(number)}}
            )
        await api.create(SECRETS, {"metadata": {"name": "many"}}, "default")
        assert asked == [True]
    finally:
        await api.aclose()
