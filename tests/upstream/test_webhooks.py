"""Webhook configurations, well and badly written, and requests that fall under them: what the original says and asks of each is
what ours says and asks."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from webhook_program import Behaviour, Review, WebhookProgram, webhook

from .policy_scene import CONFIGS, DRY
from .two_servers import Answer, Asked, ask_both, both
from .webhook_cases import HOOKS, hook
from .webhook_scenes import SCENES

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_GROUP = "/apis/admissionregistration.k8s.io/v1"
_KINDS = (f"{_GROUP}/validatingwebhookconfigurations", f"{_GROUP}/mutatingwebhookconfigurations")
_SIDES = ("theirs", "ours")
_PATIENCE_S = 30.0
_OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion")
# What differs between two runs of one server.
_VARIES = re.compile(
    r"(?:theirs|ours)-|(?<=\bg-)[a-z0-9]{5}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|127\.0\.0\.1:\d+"
)


# What we say otherwise, by the beginnings of what is asked.
_WORDED = {
    "other-version": "a review in a version that was not asked for: upstream tells of its own types",
    "patch-test": "the words of a JSON patch that fails",
    "patch-missing": "the words of a JSON patch that fails",
    "patch-other": "the words of a text that is no list",
}
# Upstream takes the one for the other: a service without a name lacks its namespace there.
_SWAPPED = ("a service without name", "a service without namespace")


def _same(text: str) -> str:
    return _VARIES.sub("*", text)


def _steady(value: Any) -> Any:
    """A value less what differs between two servers that do the same."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in (*_OWN, "lastTransitionTime", "startTime")}
        return {k: _steady(v) for k, v in kept.items() if v not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return _same(value) if isinstance(value, str) else value


def _said(answer: Answer) -> Object:
    return {"code": answer.code, "warnings": sorted(answer.warnings), "body": _steady(answer.body)}


def _difference(what: str, answers: list[Answer]) -> str:
    theirs, mine = map(_said, answers)
    return "" if theirs == mine else f"{what}\n    theirs {theirs}\n    ours   {mine}"


async def _compare_writing(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    found, count = [], 0
    async with both(directory, *programs) as servers:
        for path in _KINDS:
            for what, spec in HOOKS.items():
                obj = {"metadata": {"name": "x"}, "webhooks": [hook(spec)]}
                answers = await ask_both(servers, "POST", path + DRY, obj)
                count += 1
                if what in _SWAPPED:
                    assert [one.code for one in answers] == [422, 422]
                else:
                    found.append(_difference(f"{path}: {what}", answers))
            twice = {"metadata": {"name": "x"}, "webhooks": [hook({}), hook({})]}
            found.append(_difference("one name twice", await ask_both(servers, "POST", path + DRY, twice)))
            table = "application/json;as=Table;v=v1;g=meta.k8s.io"
            answers = await ask_both(servers, "GET", path, accept=table)
            names = [[one["name"] for one in answer.body["columnDefinitions"]] for answer in answers]
            assert names[0] == names[1], names
    return count, [said for said in found if said]


def test_configurations_as_they_are_written(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_writing(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)


def _behaviours() -> dict[str, Behaviour]:
    named = {name: scene.behaviour for name, scene in SCENES.items()}
    named["last"] = lambda review: (200, {"response": {}})
    return {f"{side}-{name}": behaviour for side in _SIDES for name, behaviour in named.items()}


async def _made(server: Asked, path: str, obj: Object) -> None:
    answer = await server.ask("POST", path, obj)
    assert answer.code == 201, answer.body


async def _furnish(server: Asked, side: str, program: WebhookProgram) -> None:
    for name, scene in SCENES.items():
        one = webhook(name, program.config(f"{side}-{name}"), **scene.parts)
        await _made(server, _KINDS[scene.mutating], {"metadata": {"name": name}, "webhooks": [one]})
    loop = asyncio.get_running_loop()
    for at, path in enumerate(_KINDS):
        name = f"last-{at}"
        one = {
            **webhook(name, program.config(f"{side}-last")),
            "objectSelector": {"matchLabels": {"last": name}},
        }
        await _made(server, path, {"metadata": {"name": name}, "webhooks": [one]})
        end = loop.time() + _PATIENCE_S
        probe = {"metadata": {"name": "probe", "labels": {"last": name}}}
        while (await server.ask("POST", CONFIGS + DRY, probe)).code == 201:
            assert loop.time() < end
            await asyncio.sleep(0.2)


def _asked(program: WebhookProgram, side: str) -> list[Any]:
    """What a server has asked since the last time, less what may differ."""
    return [_review(one) for name, one in program.asked if name.startswith(side)]


def _review(review: Review) -> Object:
    steady: Object = _steady(review)
    steady["request"]["userInfo"] = sorted(steady["request"]["userInfo"])
    return steady


async def _compare_work(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    found, count = [], 0
    with WebhookProgram(directory, _behaviours()).running() as program:
        async with both(directory, *programs) as servers:
            for server, side in zip(servers, _SIDES, strict=True):
                await _furnish(server, side, program)
            for name, scene in SCENES.items():
                for at, request in enumerate(scene.requests):
                    program.asked.clear()
                    what = f"{name}, {at}: {request.verb} {request.path}"
                    answers = await ask_both(servers, *request[:4])
                    if name in _WORDED:
                        assert answers[0][:2] == answers[1][:2]
                    else:
                        found.append(_difference(what, answers))
                    theirs, mine = (_asked(program, side) for side in _SIDES)
                    if theirs != mine:
                        found.append(f"{what} asks\n    theirs {theirs}\n    ours   {mine}")
                    count += 1
    return count, [said for said in found if said]


def test_requests_under_webhooks(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compare_work(tmp_path, (apiserver_137, etcd)))
    assert count >= 90
    assert not found, f"{len(found)} differences of {count}\n" + "\n".join(found)
