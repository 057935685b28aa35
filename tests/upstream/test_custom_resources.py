"""Custom kinds: definitions, and objects of them, put to the original and to ours. The same answers, but for what is listed."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from .custom_conversation import CONVERSATION, LISTED, SCHEMA_PATHS, Step
from .custom_definitions import BAD, PLANETS, WIDGETS
from .custom_objects import SPECS, WHOLE, widget
from .differences import differences
from .two_servers import Answer, Asked, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
THINGS = "/apis/stable.example.com/v1/namespaces/default/widgets"
_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_DRY = "?dryRun=All"
_AGAIN_S = 0.05
_TRIES = 200
# What either server makes up itself, or that tells of a time.
_OWN = {
    "uid",
    "creationTimestamp",
    "resourceVersion",
    "lastTransitionTime",
    "time",
    "deletionTimestamp",
    "selfLink",
}
_HASH = "storageVersionHash"
# The original calls the type of a rule's object by a number of the moment, ours by its path.
_SELF_TYPE = re.compile(r"selfType[\w.@]*")
_SUFFIX = re.compile("some-[a-z0-9]{5}")
_AGE = re.compile(r"^[0-9]+s$")
_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WHOLE = re.compile(
    r'("f:(?:names|acceptedNames|conditions)": \{)"\.": \{\}, (?="f:|"k:\{\\"type\\": ?\\"(?:Est|Nam))'
)
# A part of a definition in Go's form, where ours says null.
_GO_VALUE = re.compile(r'\[?\{"(Name|ID)":.*\}\]?(?=: (must|only))')


def _fields(value: Any) -> str:
    """Owned fields as a text. Parts of a definition that are structs in Go are owned in their parts only, where with us they
    are also owned as a whole."""
    return _WHOLE.sub(r"\1", json.dumps(value, sort_keys=True))


def _plain(value: Any) -> Any:
    """An answer without what each server makes up; what is empty is as if it were not there."""
    if isinstance(value, dict):
        if value.get("acceptedNames"):
            # Several controllers of the original write conditions, in any order.
            value = {
                **value,
                "conditions": sorted(value.get("conditions") or (), key=lambda one: str(one["type"])),
            }
        if "managedFields" in value:
            # Those of one time are in the order of their managers, and the two servers' seconds begin differently.
            entries = sorted(
                value["managedFields"], key=lambda one: json.dumps([one["manager"], _plain(one)])
            )
            value = {**value, "managedFields": entries}
        made = {
            key: _fields(one) if key == "fieldsV1" else _plain(one)
            for key, one in value.items()
            if key not in _OWN and key != _HASH
        }
        return {key: one for key, one in made.items() if one not in (None, [], {}, "")}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return _AGE.sub("age", _ID.sub("id", _SUFFIX.sub("some-*", value)))
    return value


def said(answer: Answer) -> Object:
    """What must be the same."""
    if answer.code < 400:
        body = _reasoned(_plain(copy.deepcopy(answer.body)))
        return {"code": answer.code, "body": body, "warnings": sorted(answer.warnings)}
    found: Object = {"code": answer.code, "reason": answer.reason}
    if answer.causes:
        found["causes"] = [
            [
                _SELF_TYPE.sub("selfType", _GO_VALUE.sub("null", _ID.sub("id", _SUFFIX.sub("some-*", part))))
                for part in one
            ]
            for one in sorted(set(answer.causes))
        ]
    else:
        found["message"] = _ID.sub("id", answer.body.get("message", ""))
    return found


def _reasoned(body: Object) -> Object:
    """An answer without what is told in another way everywhere."""
    if body.get("kind") == "APIGroupDiscoveryList":
        mine = [one for one in body["items"] if one["metadata"]["name"] == "stable.example.com"]
        return {**body, "items": mine}
    if body.get("kind") == "APIResourceList":
        return {**body, "resources": sorted(body.get("resources") or (), key=lambda one: one["name"])}
    return body


def difference(what: str, answers: Sequence[Answer]) -> str:
    """What the two say differently; nothing where that is listed."""
    theirs, mine = map(said, answers)
    if theirs == mine:
        return ""
    for title, accepted in LISTED.items():
        if re.fullmatch(title, what) and accepted.same(theirs, mine):
            return ""
    return "\n".join([what, *_apart(theirs, mine)])


def _apart(theirs: Any, mine: Any) -> list[str]:
    lines = []
    for path, one, other in differences(theirs, mine):
        lines += [f"    {path}", f"      theirs {json.dumps(one)}", f"      ours   {json.dumps(other)}"]
    return lines


def _is_established(answer: Answer) -> bool:
    conditions = (answer.body.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


async def _asked(server: Asked, *question: Any) -> Answer:
    """The answer, once the server has made room for objects of a new kind."""
    answer = await server.ask(*question)
    for _ in range(_TRIES):
        if answer.code != 429 or "initializing" not in answer.body.get("message", ""):
            break
        await asyncio.sleep(_AGAIN_S)
        answer = await server.ask(*question)
    return answer


class Pair:
    """Both servers, asked the same; what they say differently is kept."""

    def __init__(self, servers: Sequence[Asked]) -> None:
        self._servers = servers
        self.differences: list[str] = []
        self.asked = 0

    async def ask(
        self,
        what: str,
        verb: str,
        path: str,
        obj: Any = None,
        media: str = "application/json",
        accept: str = "",
    ) -> list[Answer]:
        """One question to both."""
        answers = list(
            await asyncio.gather(*(_asked(one, verb, path, obj, media, accept) for one in self._servers))
        )
        self.asked += 1
        found = difference(what, answers)
        if found:
            self.differences.append(found)
        return answers

    async def _until(self, what: str, path: str, holds: Callable[[Answer], bool]) -> None:
        for whose, one in zip(("theirs", "ours"), self._servers, strict=True):
            for _ in range(_TRIES):
                answer = await one.ask("GET", path)
                if holds(answer):
                    break
                await asyncio.sleep(_AGAIN_S)
            else:
                self.differences.append(f"{what}, {whose}: {json.dumps(answer.body)}")

    async def established(self, name: str, pause: float = 2.5) -> None:
        """Wait until both serve a definition's kind."""
        await self._until("not established", f"{DEFINITIONS}/{name}", _is_established)
        # The original publishes what it serves a moment later, and answers no POST in the first two seconds.
        await asyncio.sleep(pause)

    async def gone(self, path: str) -> None:
        """Wait until neither has an object any more."""
        await self._until("not gone", path, lambda answer: answer.code == 404)

    async def settle(self) -> None:
        """Wait for what the original does in the background."""
        await asyncio.sleep(1.5)

    def check(self, least: int) -> None:
        """Fail with all differences there are."""
        listed = "\n".join(self.differences)
        assert not self.differences, f"{len(self.differences)} differences of {self.asked}\n{listed}"
        assert self.asked >= least, self.asked


async def _bad_definitions(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for what, obj in BAD.items():
            await pair.ask(what, "POST", DEFINITIONS + _DRY, obj)
        pair.check(len(BAD))


def test_definitions(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_bad_definitions(tmp_path, (apiserver_137, etcd)))


async def _objects(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        await pair.ask("the definition", "POST", DEFINITIONS, WIDGETS)
        await pair.established("widgets.stable.example.com")
        await pair.ask("its APIService", "GET", f"{_SERVICES}/v1.stable.example.com")
        for what, spec in SPECS.items():
            await pair.ask(what, "POST", THINGS + _DRY, widget(**spec))
        for what, obj in WHOLE.items():
            await pair.ask(what, "POST", THINGS + _DRY, obj)
            await pair.ask(f"{what}, strictly", "POST", f"{THINGS}{_DRY}&fieldValidation=Strict", obj)
        pair.check(1 + len(SPECS) + 2 * len(WHOLE))


def test_objects(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_objects(tmp_path, (apiserver_137, etcd)))


async def _conversation(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for obj in (WIDGETS, PLANETS):
            await pair.ask("a definition", "POST", DEFINITIONS, obj)
            await pair.established(obj["metadata"]["name"])
        for at, step in enumerate(CONVERSATION):
            await _take(pair, at, step)
        pair.check(100)


async def _take(pair: Pair, at: int, step: Step) -> None:
    if step.verb == "wait":
        await pair.settle()
    elif step.verb == "gone":
        await pair.gone(step.path)
    elif step.verb == "established":
        await pair.established(step.path)
    else:
        await pair.ask(f"{at} {step.what}", step.verb, step.path, step.body, step.media, step.accept)


def test_conversation(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_conversation(tmp_path, (apiserver_137, etcd)))


async def _documents(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for obj in (WIDGETS, PLANETS):
            await pair.ask("a definition", "POST", DEFINITIONS, obj)
            await pair.established(obj["metadata"]["name"])
        for path in SCHEMA_PATHS:
            theirs, mine = [await one.ask("GET", path) for one in servers]
            assert theirs.code == mine.code == 200
            named = {
                name: one for name, one in theirs.body["components"]["schemas"].items() if "example" in name
            }
            ours = mine.body["components"]["schemas"]
            assert named.keys() == {name for name in ours if "example" in name}
            for name, one in named.items():
                given, found = _properties(one), _properties(ours[name])
                assert given == found, "\n".join([name, *_apart(given, found)])
            operations = {
                (place, method, operation["x-kubernetes-action"])
                for place, methods in mine.body["paths"].items()
                for method, operation in methods.items()
            }
            for place, methods in theirs.body["paths"].items():
                for method, operation in methods.items():
                    if isinstance(operation, dict) and "x-kubernetes-action" in operation:
                        wanted = (place, method, operation["x-kubernetes-action"])
                        assert wanted in operations or "watch" in place, wanted


def _properties(node: Any) -> Any:
    """What kubectl explain reads of a schema, the words of what all objects have left out."""
    if isinstance(node, dict):
        made = {key: _properties(one) for key, one in node.items() if key not in ("default", "description")}
        return {key: one for key, one in made.items() if one not in ("", None)}
    return [_properties(one) for one in node] if isinstance(node, list) else node


def test_documents(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_documents(tmp_path, (apiserver_137, etcd)))
