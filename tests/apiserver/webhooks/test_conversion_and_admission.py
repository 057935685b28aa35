"""Policies and webhooks of admission that name one version of custom objects are shown them in that version, whichever the
client speaks: what they forbid or change is not to be got round through another version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conversion_scenes import BEHAVIOURS, conversion
from webhook_program import WebhookProgram, patch, response

from drakkar.client import ApiError
from drakkar.testing import MemoryApi

from ..custom.samples import DEFINITIONS, GROUP, define, thing, version

Object = dict[str, Any]
ONE, TWO = (f"/apis/{GROUP}/{name}/namespaces/default/things" for name in ("v1", "v2"))
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
RULE: Object = {
    "operations": ["CREATE", "UPDATE"],
    "apiGroups": [GROUP],
    "apiVersions": ["v1"],
    "resources": ["things"],
}


def _seen(review: Object) -> Object:
    asked = review["request"]
    obj = asked["object"] or asked["oldObject"]
    return dict(obj)


def _refuses(review: Object) -> tuple[int, Any]:
    seen = _seen(review)
    evil = seen["apiVersion"] != f"{GROUP}/v1" or seen["spec"].get("address") == "evil:1"
    return 200, response(review, allowed=not evil)


def _moves(review: Object) -> tuple[int, Any]:
    address = _seen(review)["spec"]["address"]
    moved = {"op": "replace", "path": "/spec/address", "value": f"moved-{address}"}
    return 200, response(review, **patch(moved))


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[WebhookProgram]:
    behaviours = {**BEHAVIOURS, "guard": _refuses, "slow-guard": _refuses, "mover": _moves}
    with WebhookProgram(tmp_path, behaviours).running() as running:
        yield running


async def _define(api: MemoryApi, program: WebhookProgram, name: str = "convert") -> None:
    versions = version("v1", spec=ANY), version("v2", storage=False, spec=ANY)
    await define(api, *versions, conversion=conversion(program.config(name)))


async def _policy(api: MemoryApi, plural: str, spec: Object, **binding: Any) -> None:
    constraints = {"resourceRules": [RULE], "matchPolicy": "Equivalent"}
    spec = {"matchConstraints": constraints, **spec}
    for path, given in (
        (f"{plural}policies", spec),
        (f"{plural}policybindings", {"policyName": "p", **binding}),
    ):
        await api.request("POST", f"{ADMISSION}/{path}", json={"metadata": {"name": "p"}, "spec": given})


async def _guarded(api: MemoryApi) -> None:
    evil = {"expression": "object == null || object.spec.address != 'evil:1'"}
    kept = {"expression": "oldObject == null || object != null || oldObject.spec.address != 'kept:1'"}
    rule = {**RULE, "operations": [*RULE["operations"], "DELETE"]}
    constraints = {"resourceRules": [rule], "matchPolicy": "Equivalent"}
    spec = {"matchConstraints": constraints, "validations": [evil, kept]}
    await _policy(api, "validatingadmission", spec, validationActions=["Deny"])


async def _webhook(api: MemoryApi, program: WebhookProgram, sort: str, name: str, **parts: Any) -> None:
    hook = {
        "name": "a.example.com",
        "clientConfig": program.config(name),
        "rules": [RULE],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        **parts,
    }
    path = f"{ADMISSION}/{sort}webhookconfigurations"
    await api.request("POST", path, json={"metadata": {"name": "hook"}, "webhooks": [hook]})


def two(name: str, host: str) -> Object:
    return thing(name, "v2", spec={"host": host, "port": "1"})


async def _refused(api: MemoryApi, method: str, path: str, **more: Any) -> str:
    with pytest.raises(ApiError) as caught:
        await api.request(method, path, **more)
    return str(caught.value)


async def test_a_policy_about_one_version_holds_in_the_other(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program)
    await _guarded(api)
    assert "failed expression" in await _refused(api, "POST", TWO, json=two("evil", "evil"))
    made = await api.request("POST", TWO, json=two("good", "good"))
    made["spec"]["host"] = "evil"
    assert "failed expression" in await _refused(api, "PUT", f"{TWO}/good", json=made)
    await api.request("POST", TWO, json=two("kept", "kept"))
    # What goes is shown in the policy's version as well, be it one or all of them.
    assert "failed expression" in await _refused(api, "DELETE", f"{TWO}/kept")
    assert "failed expression" in await _refused(api, "DELETE", TWO)
    assert [obj["spec"]["address"] for obj in (await api.request("GET", ONE))["items"]] == ["kept:1"]


@pytest.mark.parametrize("failure", ["Fail", "Ignore"])
async def test_a_policy_that_cannot_be_shown_the_object_fails_as_it_says(
    api: MemoryApi, program: WebhookProgram, failure: str
) -> None:
    await _define(api, program, "broken")
    # The other way round: what is stored needs no webhook, what the policy is about does.
    constraints = {"resourceRules": [{**RULE, "apiVersions": ["v2"]}], "matchPolicy": "Equivalent"}
    spec = {
        "matchConstraints": constraints,
        "validations": [{"expression": "true"}],
        "failurePolicy": failure,
    }
    await _policy(api, "validatingadmission", spec, validationActions=["Deny"])
    if failure == "Ignore":
        await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
        return
    said = await _refused(api, "POST", ONE, json=thing(spec={"address": "a:1"}))
    assert "failed to configure policy: conversion webhook for" in said


async def test_a_mutating_policy_changes_what_is_of_its_version(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program)
    moved = "Object{spec: Object.spec{address: 'moved-' + object.spec.address}}"
    labelled = (
        "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'saw': string(object.spec.address)}}]"
    )
    mutations = [
        {"patchType": "JSONPatch", "jsonPatch": {"expression": labelled}},
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": moved}},
    ]
    await _policy(api, "mutatingadmission", {"mutations": mutations, "reinvocationPolicy": "Never"})
    made = await api.request("POST", TWO, json=two("one", "a"))
    assert made["apiVersion"] == f"{GROUP}/v2"
    assert made["spec"] == {"host": "moved-a", "port": "1"}
    assert made["metadata"]["annotations"] == {"saw": "a:1"}
    (stored,) = api.store.list(f"{GROUP}/things")
    assert (stored["apiVersion"], stored["spec"]) == (f"{GROUP}/v1", {"address": "moved-a:1"})


async def test_webhooks_about_one_version_hold_in_the_other(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program)
    await _webhook(api, program, "validating", "guard")
    assert "denied the request" in await _refused(api, "POST", TWO, json=two("evil", "evil"))
    await api.request("POST", TWO, json=two("good", "good"))
    await _webhook(api, program, "mutating", "mover")
    made = await api.request("POST", TWO, json=two("one", "a"))
    assert (made["apiVersion"], made["spec"]) == (f"{GROUP}/v2", {"host": "moved-a", "port": "1"})


async def test_conditions_of_webhooks_look_at_their_version(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program)
    conditions = [{"name": "evil", "expression": "object.spec.address.startsWith('evil')"}]
    await _webhook(api, program, "validating", "guard", matchConditions=conditions)
    assert "denied the request" in await _refused(api, "POST", TWO, json=two("evil", "evil"))
    await api.request("POST", TWO, json=two("good", "good"))
    assert [name for name, _ in program.asked].count("guard") == 1


async def test_parameters_come_in_the_version_that_the_policy_names(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program)
    await api.request("POST", ONE, json=thing("param", spec={"address": "allowed:1"}))
    rule = {**RULE, "apiGroups": [""], "resources": ["configmaps"]}
    spec = {
        "paramKind": {"apiVersion": f"{GROUP}/v2", "kind": "Thing"},
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.data.host == params.spec.host"}],
    }
    reference = {"name": "param", "namespace": "default", "parameterNotFoundAction": "Deny"}
    await _policy(api, "validatingadmission", spec, validationActions=["Deny"], paramRef=reference)
    path = "/api/v1/namespaces/default/configmaps"
    await api.request("POST", path, json={"metadata": {"name": "a"}, "data": {"host": "allowed"}})
    assert "failed expression" in await _refused(
        api, "POST", path, json={"metadata": {"name": "b"}, "data": {"host": "other"}}
    )


async def test_large_objects_are_written_in_every_version(api: MemoryApi, program: WebhookProgram) -> None:
    # Work on them is done beside the event loop, from where the webhook is asked as well.
    await _define(api, program)
    more = "x" * 40_000
    made = await api.request("POST", TWO, json=thing("one", "v2", spec={"host": "a", "port": "1", "a": more}))
    assert made["spec"] == {"host": "a", "port": "1", "a": more}
    made["spec"]["host"] = "b"
    put, read = await asyncio.gather(
        api.request("PUT", f"{TWO}/one", json=made), api.request("GET", f"{ONE}/one")
    )
    assert put["spec"]["host"] == "b" and read["spec"]["address"] in ("a:1", "b:1")


@pytest.mark.parametrize("gone", [True, False])
async def test_nothing_is_made_of_a_kind_that_goes_meanwhile(
    api: MemoryApi, program: WebhookProgram, gone: bool
) -> None:
    await _define(api, program)
    if not gone:
        # It holds its definition.
        held = thing("held", spec={"address": "a:1"})
        held["metadata"]["finalizers"] = ["a.example.com/b"]
        await api.request("POST", ONE, json=held)
    await _webhook(api, program, "validating", "slow-guard")
    waiting = asyncio.create_task(api.request("POST", ONE, json=thing(spec={"address": "a:1"})))
    assert await asyncio.to_thread(program.called.wait, 20)
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    await api.until(lambda: not gone or not api.store.list("apiextensions.k8s.io/customresourcedefinitions"))
    program.release()
    with pytest.raises(ApiError, match="could not find the requested resource" if gone else "is terminating"):
        await waiting
    left = [obj["metadata"]["name"] for obj in api.store.list(f"{GROUP}/things")]
    assert left == ([] if gone else ["held"])
