"""Admission policies and their bindings, well and badly written, and requests that fall under them: what the original says of
each is what ours says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .policy_cases import BINDINGS, POLICIES, binding, policy
from .policy_scene import CONFIGS, Request, Scene
from .policy_scenes import SCENES
from .policy_wordings import same
from .policy_writers import RIGHTS, WRITERS
from .two_servers import Answer, Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_GROUP = "/apis/admissionregistration.k8s.io/v1"
_POLICIES, _BINDINGS = f"{_GROUP}/validatingadmissionpolicies", f"{_GROUP}/validatingadmissionpolicybindings"
_DRY = "?dryRun=All"
_AT_ONCE = 8
_PATIENCE_S = 30.0
_OLD_VERSIONS = ("--runtime-config=resource.k8s.io/v1beta1=true,resource.k8s.io/v1beta2=true",)
_OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion")


def _said(answer: Answer, whole: bool) -> Object:
    """What must be the same: code, reason, message, causes and warnings; of an object that is written, it `whole`."""
    said: Object = {"code": answer.code, "warnings": sorted(map(same, answer.warnings))}
    if answer.code >= 400:
        causes = [[same(part) for part in one] for one in answer.causes]
        details = {**(answer.body.get("details") or {}), "causes": []}
        return said | {
            "reason": answer.reason,
            "message": same(answer.body["message"]),
            "causes": causes,
            "details": {key: value if key != "name" else same(value) for key, value in details.items()},
        }
    if whole:
        meta = {key: value for key, value in answer.body["metadata"].items() if key not in _OWN}
        said["object"] = {**answer.body, "metadata": meta}
        (said["object"].get("details") or {}).pop("uid", "")
    return said


def _difference(what: str, answers: Iterable[Answer], whole: bool = False) -> str:
    theirs, mine = (_said(one, whole) for one in answers)
    return "" if theirs == mine else f"{what}\n    theirs {theirs}\n    ours   {mine}"


async def _compare_writing(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    cases = [(f"policy, {what}", _POLICIES, policy("p", **spec)) for what, spec in POLICIES.items()]
    cases += [(f"binding, {what}", _BINDINGS, binding("b", "p", **spec)) for what, spec in BINDINGS.items()]
    gate = asyncio.Semaphore(_AT_ONCE)
    async with both(directory, *programs) as servers:

        async def one(what: str, path: str, obj: Object) -> str:
            async with gate:
                return _difference(what, await ask_both(servers, "POST", path + _DRY, obj), True)

        found = list(await asyncio.gather(*(one(*case) for case in cases)))
    return len(cases), [said for said in found if said]


def test_policies_and_bindings_as_they_are_written(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_writing(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)


async def _at_work(servers: tuple[Asked, Asked]) -> None:
    """Wait until both servers act on the last policy that was made."""
    await make_on_both(
        servers, _POLICIES, policy("last", validations=[{"expression": "object.metadata.name != 'last'"}])
    )
    await make_on_both(servers, _BINDINGS, binding("last", "last"))
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    for server in servers:
        while (await server.ask("POST", CONFIGS + _DRY, {"metadata": {"name": "last"}})).code != 422:
            assert loop.time() < end
            await asyncio.sleep(0.2)


async def _furnished(servers: tuple[Asked, Asked]) -> list[str]:
    """Make all policies and bindings; what was answered differently, one text each, empty where nothing was."""
    param = {"metadata": {"name": "param", "labels": {"param": "yes"}}, "data": {"most": "5"}}
    await make_on_both(servers, CONFIGS, param)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, scene: Scene) -> list[str]:
        async with gate:
            said = [_difference(name, await ask_both(servers, "POST", _POLICIES, scene.policy), True)]
            for bound in scene.bindings:
                answers = await ask_both(servers, "POST", _BINDINGS, bound)
                said.append(_difference(f"binding of {name}", answers, True))
        return said

    found = await asyncio.gather(*(one(*each) for each in SCENES.items()))
    await _at_work(servers)
    return [said for each in found for said in each]


async def _compare_work(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    async with both(directory, *programs, _OLD_VERSIONS) as servers:
        found = await _furnished(servers)
        count = len(found)
        for name, scene in SCENES.items():
            for at, request in enumerate(scene.requests):
                count += 1
                what = f"{name}, {at}: {request.verb} {request.path}"
                found.append(_difference(what, await _asked(servers, request)))
        for path, obj in RIGHTS:
            await make_on_both(servers, path, obj)
        for at, request in enumerate(WRITERS):
            count += 1
            what = f"writers, {at}: {request.verb} {request.path}"
            found.append(_difference(what, await _asked(servers, request), True))
    return count, [said for said in found if said]


async def _asked(servers: tuple[Asked, Asked], request: Request) -> list[Answer]:
    return await ask_both(servers, request.verb, request.path, request.obj, request.media, more=request.more)


def test_requests_under_policies(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_work(tmp_path, (apiserver_137, etcd)))
    assert count >= 150
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)
