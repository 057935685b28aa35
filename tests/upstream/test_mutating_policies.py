"""Mutating policies and their bindings, well and badly written, and requests that fall under them: what the original makes
of each is what ours makes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .mutating_cases import BINDINGS, POLICIES
from .mutating_scene import MutatingScene, apply, bound, config, mutating
from .mutating_scenes import SCENES
from .mutating_wordings import DIFFERENT, same
from .policy_scene import CONFIGS, DRY, Request
from .two_servers import Answer, Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_GROUP = "/apis/admissionregistration.k8s.io/v1"
_POLICIES, _BINDINGS = f"{_GROUP}/mutatingadmissionpolicies", f"{_GROUP}/mutatingadmissionpolicybindings"
_AT_ONCE = 8
# Ours warns of kinds that nothing acts on here.
_IDLE = "docs/known-gaps.md"
_PATIENCE_S = 30.0
# What two servers never have in common, or only by chance.
_OWN = (
    *("uid", "creationTimestamp", "resourceVersion", "managedFields"),
    *("startTime", "lastTransitionTime", "observedGeneration"),
)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in _OWN}
        return {k: _steady(v) for k, v in kept.items() if v not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return same(value) if isinstance(value, str) else value


def _said(answer: Answer) -> Object:
    body = _steady(answer.body)
    if answer.code >= 400 and "details" in body:
        body["details"]["causes"] = [[same(part) for part in one] for one in answer.causes]
    return {
        "code": answer.code,
        "warnings": sorted(same(one) for one in answer.warnings if _IDLE not in one),
        "body": body,
    }


def _difference(what: str, answers: Iterable[Answer]) -> str:
    theirs, mine = map(_said, answers)
    return "" if theirs == mine else f"{what}\n    theirs {theirs}\n    ours   {mine}"


async def _compare_writing(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    plain = apply("Object{}")
    cases = [
        (f"policy, {what}", _POLICIES, mutating("p", **{"mutations": [plain], **spec}))
        for what, spec in POLICIES.items()
    ]
    cases += [
        (f"binding, {what}", _BINDINGS, {"metadata": {"name": "b"}, "spec": {"policyName": "p", **spec}})
        for what, spec in BINDINGS.items()
    ]
    gate = asyncio.Semaphore(_AT_ONCE)
    async with both(directory, *programs) as servers:

        async def one(what: str, path: str, obj: Object) -> str:
            async with gate:
                return _difference(what, await ask_both(servers, "POST", path + DRY, obj))

        found = list(await asyncio.gather(*(one(*case) for case in cases)))
    return len(cases), [said for said in found if said]


def test_policies_and_bindings_as_they_are_written(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_writing(tmp_path, (apiserver_137, etcd)))
    assert count >= 70
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)


async def _at_work(servers: tuple[Asked, Asked]) -> None:
    """Wait until both servers act on the last policy that was made."""
    await make_on_both(servers, _POLICIES, mutating("zz-last", apply("Object{data: {'last': 'yes'}}")))
    await make_on_both(servers, _BINDINGS, bound("zz-last", "zz-last"))
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    probe = config("zz-last")
    for server in servers:
        while "data" not in (await server.ask(probe.verb, probe.path, probe.obj)).body:
            assert loop.time() < end
            await asyncio.sleep(0.2)


async def _furnished(servers: tuple[Asked, Asked]) -> list[str]:
    """Make all policies and bindings; what was answered differently, one text each, empty where nothing was."""
    param = {"metadata": {"name": "param", "labels": {"param": "yes"}}, "data": {"most": "5"}}
    await make_on_both(servers, CONFIGS, param)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, scene: MutatingScene) -> list[str]:
        async with gate:
            made = [(_POLICIES, obj) for obj in scene.policies] + [(_BINDINGS, obj) for obj in scene.bindings]
            return [
                _difference(f"{name}: {obj['metadata']['name']}", await ask_both(servers, "POST", path, obj))
                for path, obj in made
            ]

    found = await asyncio.gather(*(one(*each) for each in SCENES.items()))
    await _at_work(servers)
    return [said for each in found for said in each]


async def _compare_work(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    async with both(directory, *programs) as servers:
        found = [said for said in await _furnished(servers) if said]
        count = 0
        for name, scene in SCENES.items():
            for at, request in enumerate(scene.requests):
                count += 1
                answers = await _asked(servers, request)
                listed = DIFFERENT.get(f"{name}, {at}") or DIFFERENT.get(name)
                if listed is not None:
                    found.append(listed.unlike(answers))
                    continue
                found.append(_difference(f"{name}, {at}: {request.verb} {request.path}", answers))
    return count, [said for said in found if said]


async def _asked(servers: tuple[Asked, Asked], request: Request) -> list[Answer]:
    return await ask_both(servers, request.verb, request.path, request.obj, request.media, more=request.more)


def test_requests_under_policies(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_work(tmp_path, (apiserver_137, etcd)))
    assert count >= 200
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)
