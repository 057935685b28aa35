"""Mutating policies at work on a server: what they make of objects, in which order, when once more, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.policies.mutating_policy import MutatingPolicy
from drakkar.client import ForbiddenError
from drakkar.client.resources import CONFIGMAPS, SECRETS
from drakkar.testing import MemoryApi

from ..callers import ALICE, Server

Object = dict[str, Any]
GROUP = "/apis/admissionregistration.k8s.io/v1"
CONFIGS = "/api/v1/namespaces/a/configmaps"
RULE = {
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["configmaps"],
}
Put = Callable[..., None]


def apply(expression: str) -> Object:
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def patch(*operations: str) -> Object:
    listed = ", ".join(f"JSONPatch{{{one}}}" for one in operations)
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": f"[{listed}]"}}


def written(client: TestClient, plural: str, name: str, spec: Object) -> None:
    answer = client.post(f"{GROUP}/{plural}", json={"metadata": {"name": name}, "spec": spec})
    assert answer.status_code == 201, answer.json()
    assert "Warning" not in answer.headers


@pytest.fixture
def put(client: TestClient) -> Put:
    """Make a policy with a binding of its name."""

    def made(name: str, *mutations: Object, binding: Object | None = None, **spec: Any) -> None:
        given = {
            "matchConstraints": {"resourceRules": [RULE]},
            "mutations": list(mutations),
            "reinvocationPolicy": "Never",
            **spec,
        }
        written(client, "mutatingadmissionpolicies", name, given)
        written(client, "mutatingadmissionpolicybindings", name, {"policyName": name, **(binding or {})})

    return made


def created(client: TestClient, path: str = CONFIGS, **obj: Any) -> Object:
    answer = client.post(path, json={"metadata": {"name": "x"}, **obj})
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def refused(client: TestClient, path: str = CONFIGS, **obj: Any) -> Object:
    answer = client.post(path, json={"metadata": {"name": "x"}, **obj})
    assert answer.status_code >= 400, answer.json()
    return dict(answer.json())


def test_a_configuration_is_merged_and_a_patch_is_done(client: TestClient, put: Put) -> None:
    put(
        "p",
        apply("Object{data: {'a': '1', 'b': string(object.data.size())}}"),
        patch("op: 'add', path: '/metadata/labels', value: {'n': string(object.data.size())}"),
    )
    made = created(client, data={"own": "0"})
    assert made["data"] == {"own": "0", "a": "1", "b": "1"}
    # The second mutation sees what came of the first.
    assert made["metadata"]["labels"] == {"n": "3"}
    assert client.get(f"{CONFIGS}/x").json()["data"] == made["data"]


def test_policies_come_in_the_order_of_their_names_with_all_bindings(client: TestClient, put: Put) -> None:
    for name in ("b", "a"):
        put(name, apply(f"Object{{data: {{'said': (has(object.data) ? object.data.said : '') + '{name}'}}}}"))
    written(client, "mutatingadmissionpolicybindings", "again", {"policyName": "b"})
    assert created(client)["data"] == {"said": "abb"}


def test_what_wants_it_is_asked_again_after_others(client: TestClient, put: Put) -> None:
    for name, again in (("a", "IfNeeded"), ("b", "Never")):
        count = f"has(object.data) && '{name}' in object.data ? int(object.data.{name}) + 1 : 1"
        put(name, apply(f"Object{{data: {{'{name}': string({count})}}}}"), reinvocationPolicy=again)
    assert created(client)["data"] == {"a": "2", "b": "1"}


def test_conditions_variables_and_parameters_are_read(client: TestClient, put: Put) -> None:
    client.post(CONFIGS, json={"metadata": {"name": "param"}, "data": {"label": "v"}})
    put(
        "p",
        apply("Object{data: {'v': variables.v}}"),
        binding={"paramRef": {"name": "param", "namespace": "a", "parameterNotFoundAction": "Deny"}},
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "v", "expression": "params.data.label + object.metadata.name"}],
        matchConditions=[{"name": "c", "expression": "object.metadata.name != 'y'"}],
    )
    assert created(client)["data"] == {"v": "vx"}
    assert "data" not in created(client, metadata={"name": "y"})
    client.delete(f"{CONFIGS}/param")
    said = refused(client, metadata={"name": "z"})
    assert said["code"] == 403
    assert said["message"] == (
        "policy 'p' with binding 'p' denied request: failed to configure binding:"
        " no params found for policy binding with `Deny` parameterNotFoundAction"
    )


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("Object{nothing: 1}", ".nothing: field not declared in schema"),
        ("Object{data: {'a': 1}}", ".data.a: expected string, got &value.valueUnstructured{Value:1}"),
        ("Object{metadata: Object.data{}}", 'unexpected type name "Object.data", expected "Object.metadata"'),
        ("Object{data: {'a': object.nothing}}", "resulted in error: no such key: nothing"),
    ],
)
def test_what_is_no_change_refuses_or_is_ignored(
    client: TestClient, put: Put, expression: str, why: str
) -> None:
    put("p", apply(expression), patch("op: 'add', path: '/data', value: {'b': '1'}"))
    said = refused(client)
    assert (said["code"], said["reason"]) == (403, "Invalid")
    assert said["message"].startswith("policy 'p' with binding 'p' denied request: ")
    assert why in said["message"]
    assert [one["message"] for one in said["details"]["causes"]] == [said["message"]]
    client.delete(f"{GROUP}/mutatingadmissionpolicies/p")
    put_again = {"matchConstraints": {"resourceRules": [RULE]}, "reinvocationPolicy": "Never"}
    both = [apply(expression), patch("op: 'add', path: '/data', value: {'b': '1'}")]
    written(
        client,
        "mutatingadmissionpolicies",
        "p",
        {**put_again, "mutations": both, "failurePolicy": "Ignore"},
    )
    # What worked of an ignored policy stays done.
    assert created(client)["data"] == {"b": "1"}


def test_atomic_parts_cannot_be_applied(client: TestClient, put: Put) -> None:
    rule = {**RULE, "apiGroups": ["apps"], "resources": ["deployments"]}
    selector = "Object.spec{selector: Object.spec.selector{matchLabels: {'a': 'b'}}}"
    put("p", apply(f"Object{{spec: {selector}}}"), matchConstraints={"resourceRules": [rule]})
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    said = refused(client, "/apis/apps/v1/namespaces/a/deployments", spec=spec)
    assert said["message"].endswith(
        "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector"
    )


def test_a_failed_test_leaves_all_as_it_was(client: TestClient, put: Put) -> None:
    add = "op: 'add', path: '/data', value: {'b': '1'}"
    put("p", patch(add, "op: 'test', path: '/data/b', value: '2'"))
    assert "data" not in created(client)
    put("q", patch(add, "op: 'remove', path: '/data/none'"))
    assert "denied request: JSON Patch: " in refused(client, metadata={"name": "y"})["message"]


def test_unknown_fields_of_a_patch_are_the_servers_fault(client: TestClient, put: Put) -> None:
    put("p", patch("op: 'add', path: '/nothing', value: 1"), failurePolicy="Ignore")
    said = refused(client)
    assert said["code"] == 500
    assert 'strict decoding error: unknown field "nothing"' in said["message"]


def test_what_is_changed_gets_its_defaults_and_is_held_to_the_rules(client: TestClient, put: Put) -> None:
    rule = {**RULE, "resources": ["pods"]}
    more = "Object.spec.containers{name: 'more', image: 'i:1'}"
    put(
        "p",
        apply(f"Object{{spec: Object.spec{{containers: [{more}]}}}}"),
        apply(
            "Object{metadata: Object.metadata{labels: {'policy': object.spec.containers[1].imagePullPolicy}}}"
        ),
        matchConstraints={"resourceRules": [rule]},
    )
    spec = {"containers": [{"name": "own", "image": "i"}]}
    made = created(client, "/api/v1/namespaces/a/pods", spec=spec)
    assert [one["name"] for one in made["spec"]["containers"]] == ["own", "more"]
    assert made["metadata"]["labels"] == {"policy": "IfNotPresent"}
    put(
        "q",
        apply("Object{metadata: Object.metadata{labels: {'a': '*'}}}"),
        matchConstraints={"resourceRules": [rule]},
    )
    said = refused(client, "/api/v1/namespaces/a/pods", spec=spec, metadata={"name": "y"})
    assert (said["code"], said["details"]["causes"][0]["field"]) == (422, "metadata.labels")


def test_a_scale_is_changed(client: TestClient, put: Put) -> None:
    rule = {**RULE, "apiGroups": ["apps"], "resources": ["deployments/scale"]}
    put(
        "p",
        patch("op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 1"),
        matchConstraints={"resourceRules": [rule]},
    )
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    path = "/apis/apps/v1/namespaces/a/deployments"
    created(client, path, spec=spec)
    answer = client.patch(
        f"{path}/x/scale",
        json={"spec": {"replicas": 4}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.json()["spec"]["replicas"] == 5
    assert client.get(f"{path}/x").json()["spec"]["replicas"] == 5


def test_custom_objects_are_merged_by_their_schema(client: TestClient, put: Put) -> None:
    text = {"type": "string"}
    item = {"type": "object", "required": ["name"], "properties": {"name": text, "note": text}}
    spec = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": item,
            },
            "plain": {"type": "array", "items": text},
            "mode": {"type": "string", "default": "fast"},
        },
    }
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    definition = {
        "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert client.post(path, json=definition).status_code == 201
    rule = {**RULE, "apiGroups": ["example.com"], "resources": ["things"]}
    one = "Object.spec.items{name: 'a', note: object.spec.mode}"
    put(
        "p",
        apply(f"Object{{spec: Object.spec{{items: [{one}]}}}}"),
        matchConstraints={"resourceRules": [rule]},
    )
    things, kind = (
        "/apis/example.com/v1/namespaces/a/things",
        {"apiVersion": "example.com/v1", "kind": "Thing"},
    )
    given = [{"name": "b", "note": "x"}, {"name": "a"}]
    made = created(client, things, **kind, spec={"items": given})
    assert made["spec"] == {
        "items": [{"name": "b", "note": "x"}, {"name": "a", "note": "fast"}],
        "mode": "fast",
    }
    put(
        "q",
        apply("Object{spec: Object.spec{plain: ['a']}}"),
        matchConstraints={"resourceRules": [rule]},
    )
    said = refused(client, things, **kind, metadata={"name": "y"}, spec={})
    assert said["message"].endswith("may not mutate atomic arrays, maps or structs: .spec.plain")


def test_expressions_must_compile_to_be_written(client: TestClient) -> None:
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "mutations": [apply("{'a': 1}"), patch("op: 1"), apply("Object{a: variables.none}")],
        "reinvocationPolicy": "Never",
    }
    answer = client.post(f"{GROUP}/mutatingadmissionpolicies", json={"metadata": {"name": "p"}, "spec": spec})
    causes = answer.json()["details"]["causes"]
    assert [one["field"] for one in causes] == [
        "spec.mutations[0].applyConfiguration.expression",
        "spec.mutations[1].jsonPatch.expression",
        "spec.mutations[2].applyConfiguration.expression",
    ]
    assert "must evaluate to Object but got map(string, int)" in causes[0]["message"]


def test_a_dry_run_is_changed_and_not_stored(client: TestClient, put: Put) -> None:
    put("p", apply("Object{data: {'dry': string(request.dryRun)}}"))
    assert created(client, f"{CONFIGS}?dryRun=All")["data"] == {"dry": "true"}
    assert client.get(f"{CONFIGS}/x").status_code == 404


def test_policies_are_not_about_policies(client: TestClient, put: Put) -> None:
    every = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
    label = "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"
    put("p", apply(label), matchConstraints={"resourceRules": [every]})
    put("q", apply(label))
    assert "labels" not in client.get(f"{GROUP}/mutatingadmissionpolicies/q").json()["metadata"]
    assert created(client)["metadata"]["labels"] == {"a": "b"}
    assert client.delete(f"{CONFIGS}/x").status_code == 200


def test_validating_policies_see_what_mutating_ones_made(client: TestClient, put: Put) -> None:
    put("p", apply("Object{data: {'a': 'b'}}"))
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "validations": [{"expression": "object.data.a != 'b'", "message": "seen"}],
    }
    written(client, "validatingadmissionpolicies", "v", spec)
    bound = {"policyName": "v", "validationActions": ["Deny"]}
    written(client, "validatingadmissionpolicybindings", "v", bound)
    assert refused(client)["message"].endswith("denied request: seen")


def test_what_costs_or_holds_too_much_is_refused(client: TestClient, put: Put) -> None:
    heavy = "lists.range(400).all(x, lists.range(400).all(y, lists.range(400).all(z, x + y + z >= 0)))"
    put("p", apply(f"{heavy} ? Object{{}} : Object{{data: {{'a': 'b'}}}}"))
    assert "actual cost limit exceeded" in refused(client)["message"]
    client.delete(f"{GROUP}/mutatingadmissionpolicies/p")
    # Each change adds half a million letters, and none of them is large of itself.
    put("q", *[patch(f"op: 'copy', from: '/data/a', path: '/data/{letter}'") for letter in "bcdefghi"])
    said = refused(client, data={"a": "b" * 500_000})
    assert said["code"] == 403
    assert "more than 3145728 letters" in said["message"]


def test_a_heavy_policy_is_asked_beside_the_loop(
    client: TestClient, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    before = MutatingPolicy.value

    def noted(*arguments: Any) -> Any:
        asked.append(beside.is_aside())
        return before(*arguments)

    monkeypatch.setattr(MutatingPolicy, "value", noted)
    put("a", apply("Object{data: {'a': 'b'}}"))
    created(client)
    assert asked and not any(asked)
    asked.clear()
    heavy = "lists.range(400).all(x, lists.range(100).all(y, x + y >= 0))"
    put("b", apply(f"{heavy} ? Object{{data: {{'c': 'd'}}}} : Object{{}}"))
    assert created(client, metadata={"name": "y"})["data"] == {"a": "b", "c": "d"}
    # It was tried on the loop, and done again from the start beside it.
    assert asked[:2] == [False, False]
    assert all(asked[2:])
    assert len(asked) == 4


def test_a_policy_is_asked_again_after_a_change_by_another(client: TestClient, put: Put) -> None:
    told = "has(object.data) && 'b' in object.data ? 'after' : 'before'"
    put("a", apply(f"Object{{data: {{'told': '{{}}' + ({told})}}}}"), reinvocationPolicy="IfNeeded")
    put("b", apply("Object{data: {'b': ''}}"))
    assert created(client)["data"]["told"] == "{}after"


@pytest.mark.parametrize("spec", [{"mutations": [{}]}, {"mutations": 5}, {"variables": [{}]}])
async def test_a_damaged_policy_costs_only_what_it_is_about(spec: Object) -> None:
    api = MemoryApi()
    try:
        whole = {"matchConstraints": {"resourceRules": [RULE]}, "failurePolicy": "Fail", **spec}
        api.put("mutatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": whole})
        api.put("mutatingadmissionpolicybindings", {"metadata": {"name": "p"}, "spec": {"policyName": "p"}})
        with pytest.raises(ForbiddenError, match="the policy cannot be read"):
            await api.create(CONFIGMAPS, {"metadata": {"name": "x", "namespace": "default"}})
        await api.create(SECRETS, {"metadata": {"name": "x", "namespace": "default"}})
    finally:
        await api.aclose()


async def test_who_writes_a_policy_must_be_able_to_read_its_parameters(server: Server) -> None:
    server.grant(
        "alice", [{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["*"], "verbs": ["*"]}]
    )
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "mutations": [apply("Object{}")],
        "reinvocationPolicy": "Never",
    }
    plain = {"metadata": {"name": "plain"}, "spec": spec}
    path = f"{GROUP}/mutatingadmissionpolicies"
    assert server.asks(ALICE, "POST", path, plain).status_code == 201
    kind = {"apiVersion": "v1", "kind": "Secret"}
    refusal = server.asks(
        ALICE, "POST", path, {"metadata": {"name": "p"}, "spec": {**spec, "paramKind": kind}}
    )
    assert refusal.status_code == 422
    assert (
        'must have "get" permission on all objects of the referenced paramKind' in refusal.json()["message"]
    )
    server.make(path, {"metadata": {"name": "p"}, "spec": {**spec, "paramKind": kind}})
    reference = {"name": "x", "namespace": "a", "parameterNotFoundAction": "Deny"}
    binding = {"metadata": {"name": "b"}, "spec": {"policyName": "p", "paramRef": reference}}
    refusal = server.asks(ALICE, "POST", f"{GROUP}/mutatingadmissionpolicybindings", binding)
    assert refusal.status_code == 422
    assert "permission on the object referenced by paramRef" in refusal.json()["message"]


async def test_who_is_no_administrator_writes_webhooks(server: Server) -> None:
    server.grant(
        "alice", [{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["*"], "verbs": ["*"]}]
    )
    answer = server.asks(
        ALICE, "POST", f"{GROUP}/mutatingwebhookconfigurations", {"metadata": {"name": "w"}, "webhooks": []}
    )
    assert answer.status_code == 201, answer.json()
