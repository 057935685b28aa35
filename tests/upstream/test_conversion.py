"""Custom objects of two versions that a webhook converts, well and badly: what is written and read in either version of the
original is what ours stores and shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conversion_scenes import BEHAVIOURS, HOST, SPLIT, conversion
from webhook_program import WebhookProgram

from .test_webhooks import _said
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SIDES = ("theirs", "ours")
_PATIENCE_S = 30.0
_MERGE, _APPLY = "application/merge-patch+json", "application/apply-patch+yaml"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# What is no review, or no object of this kind, is told in words of Go's.
_WORDED = {"text", "vast", "nothing"}
# Before the webhook's failure the original says which of etcd's records it is about.
_RECORD = re.compile(
    r"^((failed to read one or more|Internal error occurred: StorageError).*)?object not decodable revision=\d+: "
)
_AGE = re.compile(r"^\d+s$")


class _Request(NamedTuple):
    """`version` is that of the path; what follows it in `below`."""

    verb: str
    version: str
    below: str = ""
    body: Object | None = None
    media: str = "application/json"
    accept: str = ""


def _spec(version: str, host: str, port: str = "1") -> Object:
    return {"address": f"{host}:{port}"} if version == "v1" else {"host": host, "port": port}


def _thing(name: str, version: str, host: str, **more: Any) -> Object:
    return {"kind": "Thing", "metadata": {"name": name, **more}, "spec": _spec(version, host)}


_STORY = (
    _Request("POST", "v1", body=_thing("one", "v1", "a", labels={"l": "1"})),
    _Request("GET", "v2", "/one"),
    _Request("GET", "v2", "/one", accept=_TABLE),
    _Request("GET", "v2"),
    _Request("GET", "v2", "?limit=1"),
    _Request("GET", "v2", "?labelSelector=l%3D1"),
    _Request("GET", "v2", "?fieldSelector=spec.host%3Da"),
    _Request("GET", "v2", "?fieldSelector=spec.host%3Db"),
    _Request("GET", "v2", "?watch=true&timeoutSeconds=1"),
    _Request("PATCH", "v2", "/one", {"spec": {"port": "2"}}, _MERGE),
    _Request("PATCH", "v2", "/one", {"spec": {"port": "2"}}, _MERGE),
    _Request("GET", "v1", "/one"),
    _Request("PATCH", "v1", "/one?fieldManager=m", _thing("one", "v1", "c"), _APPLY),
    _Request("PATCH", "v1", "/one?fieldManager=m&force=true", _thing("one", "v1", "c"), _APPLY),
    _Request("PATCH", "v2", "/one?fieldManager=n&force=true", _thing("one", "v2", "d"), _APPLY),
    _Request("GET", "v1", "/one"),
    _Request("POST", "v2", body=_thing("two", "v2", "e")),
    _Request("POST", "v2", "?dryRun=All", body=_thing("dry", "v2", "e")),
    _Request("GET", "v1", "/two"),
    _Request("GET", "v2"),
    _Request("PUT", "v2", "/two", _thing("two", "v2", "f")),
    _Request("PATCH", "v2", "/two/status", {"status": {"x": "y"}}, _MERGE),
    _Request("DELETE", "v2", "/two"),
    _Request("DELETE", "v1", "/one"),
    _Request("GET", "v1"),
    _Request("GET", "v2"),
)


def _definition(group: str, config: Object) -> Object:
    def version(name: str, spec: Object) -> Object:
        properties = {"spec": spec, "status": {"type": "object", "properties": {"x": {"type": "string"}}}}
        return {
            "name": name,
            "served": True,
            "storage": name == "v1",
            "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
            "subresources": {"status": {}},
        }

    versions = [
        version("v1", HOST),
        {**version("v2", SPLIT), "selectableFields": [{"jsonPath": ".spec.host"}]},
    ]
    return {
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": versions,
            "conversion": conversion(config),
        },
    }


async def _defined(servers: Sequence[Asked], program: WebhookProgram, name: str) -> str:
    group = f"{name}.example.com"
    loop = asyncio.get_running_loop()
    for server, side in zip(servers, _SIDES, strict=True):
        made = await server.ask("POST", _DEFINITIONS, _definition(group, program.config(f"{side}-{name}")))
        assert made.code == 201, made.body
        for version in ("v1", "v2"):
            end = loop.time() + _PATIENCE_S
            path = f"/apis/{group}/{version}/namespaces/default/things"
            while (await server.ask("GET", path)).code == 404:
                assert loop.time() < end
                await asyncio.sleep(0.1)
    return group


def _told(answer: Answer) -> Object:
    """What an answer says of the conversion."""
    said: Object = _said(answer)
    body = said["body"]
    if body.get("type") == "ERROR":
        # The original's cache is never ready where nothing can be converted, and says that and not why.
        return {"code": said["code"], "body": "ERROR"}
    for row in body.get("rows") or []:
        row["cells"] = [_AGE.sub("*", one) for one in row["cells"]]
    message, record = _RECORD.subn("", body.get("message") or "")
    if record:
        said["body"] = {k: v for k, v in body.items() if k not in ("reason", "details")} | {
            "message": message
        }
    return said


def _difference(what: str, answers: list[Answer], worded: bool) -> str:
    theirs, mine = map(_told, answers)
    if theirs["code"] == 429:
        # So it says too, where its cache is not ready; there is nothing of the kind here.
        return ""
    if worded:
        theirs, mine = ({"code": one["code"]} for one in (theirs, mine))
    return "" if theirs == mine else f"{what}\n    theirs {theirs}\n    ours   {mine}"


def _asked(program: WebhookProgram, name: str, group: str) -> set[str]:
    """Which objects went into which version; how often the same is asked is a server's own affair."""
    found = set()
    for asked_of, review in program.asked:
        asked = review["request"]
        if asked_of == name and asked["desiredAPIVersion"].startswith(f"{group}/"):
            wanted = f"{review['apiVersion']} {sorted(set(asked) - {'uid'})} {asked['desiredAPIVersion']}"
            found |= {f"{wanted} {obj['metadata']['name']}" for obj in asked["objects"]}
    return found


async def _story(servers: Sequence[Asked], program: WebhookProgram, name: str) -> list[str]:
    group = await _defined(servers, program, name)
    found = []
    for at, request in enumerate(_STORY):
        path = f"/apis/{group}/{request.version}/namespaces/default/things{request.below}"
        body = request.body
        if body is not None and "kind" in body:
            body = {**body, "apiVersion": f"{group}/{request.version}"}
        answers = await ask_both(servers, request.verb, path, body, request.media, request.accept)
        found.append(_difference(f"{name}, {at}: {request.verb} {path}", answers, name in _WORDED))
    theirs, mine = (_asked(program, f"{side}-{name}", group) for side in _SIDES)
    # The original converts for its caches too, whenever something changes.
    if not mine <= theirs:
        found.append(f"{name} asks\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _compare(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    behaviours = {f"{side}-{name}": one for side in _SIDES for name, one in BEHAVIOURS.items()}
    with WebhookProgram(directory, behaviours).running() as program:
        async with both(directory, *programs) as servers:
            # The original waits in each of them, for definitions and for caches that are never ready.
            found = await asyncio.gather(*(_story(servers, program, name) for name in BEHAVIOURS))
    return [said for story in found for said in story if said]


def test_stories_of_two_versions(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    assert len(BEHAVIOURS) * len(_STORY) >= 300
    found = asyncio.run(_compare(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
