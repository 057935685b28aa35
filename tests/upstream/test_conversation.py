"""A long conversation about every kind in every version: status, headers and bodies are the original's, less what is listed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.kinds.kind import Kind

from .conversation_listed import LISTED
from .conversation_steps import Question, questions
from .differences import differences
from .object_kinds import STORED
from .two_servers import Answer, Asked, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_FLAGS = ("--runtime-config=resource.k8s.io/v1beta1=true,resource.k8s.io/v1beta2=true",)
_OLDER = [
    kind
    for kind in KINDS
    if kind.stored
    and (kind.api_version in ("resource.k8s.io/v1beta1", "resource.k8s.io/v1beta2", "autoscaling/v1"))
]
_AT_ONCE = 4
# What a server makes up itself, or that tells of a time.
_OWN = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "continue",
    "managedFields",
}
_HEADERS_OF_THE_MOMENT = {
    "audit-id",
    "content-length",
    "date",
    "transfer-encoding",
    "x-kubernetes-pf-flowschema-uid",
}
_PRIORITY_LEVEL = "x-kubernetes-pf-prioritylevel-uid"
_MOMENT = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|10\.96\.\d+\.\d+|(?<=kube-api-access-)\w{5}|\b\d+[smh]\b"
    r"|X509SHA256=[0-9a-f]{64}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|<invalid>|<unknown>"
)
_RECORD = re.compile(r"((?<=in record \()|(?<=ResourceVersion in object meta: ))\d+")


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _steady(one) for key, one in value.items() if key not in _OWN}
        return {key: one for key, one in kept.items() if one not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return _RECORD.sub("*", _MOMENT.sub("*", value)) if isinstance(value, str) else value


def _said(answer: Answer) -> Object:
    headers = {name: text for name, text in answer.headers if name not in _HEADERS_OF_THE_MOMENT}
    headers.pop(_PRIORITY_LEVEL, None)
    return {
        "code": answer.code,
        "headers": headers,
        "warnings": sorted(answer.warnings),
        "body": _steady(answer.body),
    }


def _lines(theirs: Object, mine: Object) -> list[str]:
    return [
        f"{one.path}: theirs {json.dumps(one.theirs)}, ours {json.dumps(one.mine)}"
        for one in differences(theirs, mine)
    ]


def _is_listed(kind: Kind, question: Question, line: str) -> bool:
    return any(one.holds(kind.resource, question.what, line) for one in LISTED)


async def _about(servers: Sequence[Asked], kind: Kind) -> tuple[int, list[str]]:
    count, found = 0, []
    for question in questions(kind):
        _, verb, path, body, media, accept = question
        answers = await asyncio.gather(*(one.ask(verb, path, body, media, accept) for one in servers))
        theirs, mine = map(_said, answers)
        count += 1
        lines = [one for one in _lines(theirs, mine) if not _is_listed(kind, question, one)]
        found += [f"{kind.api_version} {kind.plural}, {question.what}: {line}" for line in lines]
    return count, found


async def _conversation(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    places = asyncio.Semaphore(_AT_ONCE)
    async with both(directory, *programs, _FLAGS) as servers:

        async def about(versions: list[Kind]) -> list[tuple[int, list[str]]]:
            async with places:
                # Those of one resource are about the same objects.
                return [await _about(servers, one) for one in versions]

        resources: dict[tuple[str, str], list[Kind]] = {}
        for kind in (*STORED, *_OLDER):
            resources.setdefault((kind.group, kind.plural), []).append(kind)
        told = await asyncio.gather(*map(about, resources.values()))
    each = [one for some in told for one in some]
    return sum(count for count, _ in each), [line for _, lines in each for line in lines]


def test_about_every_kind(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_conversation(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences in {count} answers\n" + "\n".join(found)
    assert count >= 1_500
