"""Policies and webhooks about one version of custom objects that a webhook converts, asked about writes in the other: the
original refuses and changes the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conversion_scenes import answered
from webhook_program import WebhookProgram, patch, response

from .test_conversion import _defined
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_SIDES = ("theirs", "ours")
_PATIENCE_S = 60.0
_GROUP = "convert.example.com"
_EVIL = "has(object.spec.address) && object.spec.address == 'evil:1'"


def _converts(review: Object) -> tuple[int, Any]:
    # The original's policies see, and fail over, what is left of fields that the version does not have.
    def declared(obj: Object) -> Object:
        kept = ("address",) if obj["apiVersion"].endswith("/v1") else ("host", "port", "mode")
        return {**obj, "spec": {k: v for k, v in obj["spec"].items() if k in kept}}

    return answered(review, declared)


def _guards(review: Object) -> tuple[int, Any]:
    asked = review["request"]
    shown = asked["object"] or asked["oldObject"]
    bad = shown["apiVersion"] != f"{_GROUP}/v1" or shown["spec"]["address"] == "bad:1"
    return 200, response(review, allowed=not bad)


def _moves(review: Object) -> tuple[int, Any]:
    address = review["request"]["object"]["spec"]["address"]
    moved = {"op": "replace", "path": "/spec/address", "value": f"moved-{address}"}
    return 200, response(review, **patch(moved))


def _rule(*operations: str) -> Object:
    rule = {"apiGroups": [_GROUP], "apiVersions": ["v1"], "resources": ["things"]}
    return {**rule, "operations": list(operations)}


def _hook(config: Object, *operations: str, **selector: str) -> Object:
    return {
        "name": "hook.example.com",
        "clientConfig": config,
        "rules": [_rule(*operations)],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "objectSelector": {"matchLabels": selector},
    }


def _policy(plural: str, operations: Sequence[str], spec: Object, **binding: Any) -> list[tuple[str, Object]]:
    matching = {"resourceRules": [_rule(*operations)], "matchPolicy": "Equivalent"}
    selected = {"objectSelector": {"matchLabels": {"by": plural}}}
    bound = {"policyName": plural, **binding}
    given = {"matchConstraints": {**matching, **selected}, **spec}
    return [
        (f"{plural}admissionpolicies", {"metadata": {"name": plural}, "spec": given}),
        (f"{plural}admissionpolicybindings", {"metadata": {"name": plural}, "spec": bound}),
    ]


def _made(config: Any) -> list[tuple[str, Object]]:
    """What is set up on one side; `config` gives the way to its webhook of a name."""
    kept = {"expression": "object != null || oldObject.spec.address != 'kept:1'"}
    evil = {"expression": f"object == null || !({_EVIL})"}
    moved = "Object{spec: Object.spec{address: 'policy-' + object.spec.address}}"
    saw = "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'saw': object.spec.address}}]"
    mutations = [
        {"patchType": "JSONPatch", "jsonPatch": {"expression": saw}},
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": moved}},
    ]
    writes, all_of_them = ("CREATE", "UPDATE"), ("CREATE", "UPDATE", "DELETE")
    guard, mover = (
        _hook(config("guard"), *all_of_them, by="guard"),
        _hook(config("mover"), *writes, by="mover"),
    )
    return [
        *_policy("validating", all_of_them, {"validations": [evil, kept]}, validationActions=["Deny"]),
        *_policy("mutating", writes, {"mutations": mutations, "reinvocationPolicy": "Never"}),
        ("validatingwebhookconfigurations", {"metadata": {"name": "guard"}, "webhooks": [guard]}),
        ("mutatingwebhookconfigurations", {"metadata": {"name": "mover"}, "webhooks": [mover]}),
    ]


def _thing(version: str, by: str, name: str, host: str) -> Object:
    spec = {"address": f"{host}:1"} if version == "v1" else {"host": host, "port": "1"}
    meta = {"name": name, "labels": {"by": by}}
    return {"apiVersion": f"{_GROUP}/{version}", "kind": "Thing", "metadata": meta, "spec": spec}


def _path(version: str, below: str = "") -> str:
    return f"/apis/{_GROUP}/{version}/namespaces/default/things{below}"


def _requests() -> list[tuple[str, str, Object | None]]:
    found: list[tuple[str, str, Object | None]] = []
    for version in ("v2", "v1"):
        for by, hosts in (
            ("validating", ("good", "evil", "kept")),
            ("guard", ("good", "bad")),
            ("mutating", ("a",)),
            ("mover", ("a",)),
        ):
            for host in hosts:
                name = f"{by}-{host}-{version}"
                found.append(("POST", _path(version), _thing(version, by, name, host)))
                found.append(("GET", _path("v1", f"/{name}"), None))
                for after in ("evil", "bad"):
                    found.append(("PUT", _path(version, f"/{name}"), _thing(version, by, name, after)))
                found.append(("GET", _path("v2", f"/{name}"), None))
                found.append(("DELETE", _path(version, f"/{name}"), None))
                found.append(("GET", _path("v1", f"/{name}"), None))
    return found


def _told(answer: Answer) -> Object:
    body = answer.body
    meta = body.get("metadata") or {}
    kept = {field: meta.get(field) for field in ("name", "labels", "annotations", "generation")}
    return {
        "code": answer.code,
        "said": body.get("message") or "",
        "of": (body.get("apiVersion"), body.get("kind")),
        "meta": kept,
        "spec": body.get("spec"),
    }


async def _in_effect(servers: Sequence[Asked]) -> None:
    """Everything that was set up is asked on both sides."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    for by, host in (("validating", "evil"), ("guard", "bad"), ("mutating", "a"), ("mover", "a")):
        while True:
            trial = _thing("v1", by, f"trial-{by}", host)
            answers = await ask_both(servers, "POST", _path("v1", "?dryRun=All"), trial)
            # The original first looks for the schema of what is to be changed, which takes it a while.
            made = [(one.body.get("spec") or {}).get("address") for one in answers]
            if (all(made) if host == "a" else not any(made)) and f"{host}:1" not in made:
                break
            assert loop.time() < end, answers
            await asyncio.sleep(0.2)


async def _compare(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    behaviours = {"convert": _converts, "guard": _guards, "mover": _moves}
    with WebhookProgram(
        directory, {f"{side}-{name}": one for side in _SIDES for name, one in behaviours.items()}
    ).running() as program:
        async with both(directory, *programs) as servers:
            await _defined(servers, program, "convert")
            for server, side in zip(servers, _SIDES, strict=True):
                for path, obj in _made(lambda name, side=side: program.config(f"{side}-{name}")):
                    made = await server.ask("POST", f"{_ADMISSION}/{path}", obj)
                    assert made.code == 201, made.body
            await _in_effect(servers)
            found = []
            for verb, path, body in _requests():
                theirs, mine = map(_told, await ask_both(servers, verb, path, body))
                if theirs != mine:
                    found.append(f"{verb} {path} {body}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_writes_in_the_other_version(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    assert len(_requests()) >= 90
    found = asyncio.run(_compare(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
