"""ResourceQuotas themselves, what is refused by them, and what is counted to them: both servers alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from .quota_cases import SCENES, Scene, Step, rules
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HOME = "/api/v1/namespaces"
# The original sees what is stored a moment later.
_SEEN_S = 1.5
_PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"
_CLASSES = "/apis/resource.k8s.io/v1/deviceclasses"
_FURNITURE: tuple[tuple[str, Object], ...] = (
    (_PRIORITIES, {"metadata": {"name": "quota-high"}, "value": 2}),
    (_PRIORITIES, {"metadata": {"name": "quota-low"}, "value": 1}),
    (_CLASSES, {"metadata": {"name": "quota-gpu"}, "spec": {}}),
    (
        _CLASSES,
        {"metadata": {"name": "quota-nic"}, "spec": {"extendedResourceName": "example.com/quota-nic"}},
    ),
    (
        "/apis/node.k8s.io/v1/runtimeclasses",
        {
            "metadata": {"name": "quota-test"},
            "handler": "x",
            "overhead": {"podFixed": {"cpu": "100m", "memory": "10Mi", "ephemeral-storage": "1Mi"}},
        },
    ),
)
# What one of them only says of claims for volumes: that nobody binds them here, that bytes are whole.
_OWN = ("known-gaps.md", "fractional byte value")
LISTED = {
    "finer than a thousandth": "the original stores amounts of pods rounded up to thousandths",
}


def _said(answer: Answer) -> Object:
    warnings = [one for one in answer.warnings if not any(own in one for own in _OWN)]
    if answer.code < 400:
        return {"code": answer.code, "warnings": warnings}
    said = {"code": answer.code, "reason": answer.reason, "causes": answer.causes}
    return said if answer.causes else {**said, "message": answer.body["message"]}


async def _rules(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    for spec in rules():
        obj = {"metadata": {"name": "x"}, "spec": spec}
        answers = await ask_both(servers, "POST", f"{_HOME}/default/resourcequotas?dryRun=All", obj)
        theirs, mine = map(_said, answers)
        if theirs != mine:
            found.append(f"{spec}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _changes(servers: tuple[Asked, Asked]) -> list[str]:
    """A quota that is changed: its scopes stay, and its status has rules."""
    path = f"{_HOME}/default/resourcequotas"
    spec = {"hard": {"pods": "1"}, "scopes": ["Terminating", "BestEffort"]}
    await ask_both(servers, "POST", path, {"metadata": {"name": "changed"}, "spec": spec})
    found = []
    for below, change in (
        ("", {"spec": {"scopes": ["BestEffort", "Terminating"]}}),
        ("", {"spec": {"scopes": ["Terminating"]}}),
        ("", {"spec": {"scopes": None}}),
        ("", {"spec": {"hard": {"pods": "-1"}}}),
        ("", {"spec": {"hard": {"requests.cpu": "1"}}}),
        ("", {"spec": {"hard": {"pods": "7"}}}),
        ("/status", {"status": {"hard": {"pods": "7"}, "used": {"pods": "1"}}}),
        ("/status", {"status": {"hard": {"a b": "7"}}}),
        ("/status", {"status": {"used": {"pods": "-1", "secrets": "1.5"}}}),
        ("/status", {"status": {"used": {"services": "1"}}}),
    ):
        media = "application/merge-patch+json"
        answers = await ask_both(servers, "PATCH", f"{path}/changed{below}", change, media)
        theirs, mine = ({**_said(one), "status": one.body.get("status")} for one in answers)
        if theirs["code"] >= 400:
            theirs, mine = map(_said, answers)
        if theirs != mine:
            found.append(f"{change}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _furnish(servers: tuple[Asked, Asked], home: str, scene: Scene) -> None:
    made = [await ask_both(servers, "POST", _HOME, {"metadata": {"name": home}})]
    made.append(
        await ask_both(servers, "POST", f"{_HOME}/{home}/serviceaccounts", {"metadata": {"name": "default"}})
    )
    for name, spec in scene.quotas.items():
        path = f"{_HOME}/{home}/resourcequotas"
        made.append(await ask_both(servers, "POST", path, {"metadata": {"name": name}, "spec": spec}))
    for name, spec in scene.quotas.items():
        used = scene.used.get(name, dict.fromkeys(spec["hard"], "0"))
        status = {"status": {"hard": spec["hard"], "used": used} if used else {}}
        path = f"{_HOME}/{home}/resourcequotas/{name}/status"
        made.append(await ask_both(servers, "PATCH", path, status, "application/merge-patch+json"))
    assert all(one.code < 300 for pair in made for one in pair), [
        p for p in made if p[0].code >= 300 or p[1].code >= 300
    ]


async def _used(servers: tuple[Asked, Asked], home: str) -> list[Object]:
    answers = await ask_both(servers, "GET", f"{_HOME}/{home}/resourcequotas")
    return [
        {one["metadata"]["name"]: (one.get("status") or {}).get("used") for one in answer.body["items"]}
        for answer in answers
    ]


async def _play(servers: tuple[Asked, Asked], what: str, home: str, scene: Scene) -> list[str]:
    found = []
    for at, step in enumerate(scene.steps):
        for dry in ("?dryRun=All", "") if step.verb != "DELETE" else ("",):
            theirs, mine = await _step(servers, home, step, dry)
            if theirs != mine and what not in LISTED:
                here = f"{what}, {at}{dry}: {step.verb} {step.path} {step.body}"
                found.append(f"{here}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _step(servers: tuple[Asked, Asked], home: str, step: Step, dry: str) -> Sequence[Object]:
    body = json.loads(json.dumps(step.body).replace('"NS"', f'"{home}"'))  # An event names its namespace.
    media = "application/merge-patch+json" if step.verb == "PATCH" else "application/json"
    path = step.path.replace("/NS/", f"/{home}/") + dry
    answers = await ask_both(servers, step.verb, path, body, media)
    used = await _used(servers, home)
    return [{**_said(answer), "used": one} for answer, one in zip(answers, used, strict=True)]


async def _at_once(servers: tuple[Asked, Asked], home: str) -> None:
    """Of many that come at the same time only so many are let in."""
    path = f"{_HOME}/{home}/configmaps"
    names = [{"metadata": {"name": f"c-{at}"}} for at in range(20)]
    answers = await asyncio.gather(*(ask_both(servers, "POST", path, one) for one in names))
    for side in (0, 1):
        codes = sorted(pair[side].code for pair in answers)
        assert codes == [201] * 5 + [403] * 15, (side, codes)
    assert await _used(servers, home) == [{"five": {"configmaps": "5"}}] * 2


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        for path, obj in _FURNITURE:
            made = await ask_both(servers, "POST", path, obj)
            assert [one.code for one in made] == [201, 201], made
        homes = {what: f"ns-{at}" for at, what in enumerate(SCENES)}
        for what, scene in SCENES.items():
            await _furnish(servers, homes[what], scene)
        await _furnish(servers, "at-once", Scene({"five": {"hard": {"configmaps": "5"}}}, []))
        await asyncio.sleep(_SEEN_S)
        found = [*await _rules(servers), *await _changes(servers)]
        played = (_play(servers, what, homes[what], scene) for what, scene in SCENES.items())
        for one in await asyncio.gather(*played):
            found += one
        await _at_once(servers, "at-once")
        return found


def test_quotas(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)}\n" + "\n".join(found)
