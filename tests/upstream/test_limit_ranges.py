"""LimitRanges themselves, and what pods and claims get from them or are refused for: both servers alike."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .limit_range_cases import SCENES, limit_range, rules
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HOME = "/api/v1/namespaces"
# The original's maps have no order.
_LISTED = re.compile(r"(?<=is forbidden: )\[(.*)\]$")
_BETWEEN = re.compile(", (?=minimum |maximum |[a-z/.-]+ max limit)")
# Quantities are told in other words, and who makes a claim is told that nobody binds it here.
_NO_QUANTITY = re.compile("(?<=quantities must match the regular expression ).*")
_IDLE = "no PersistentVolumeClaim is bound here"
# The original sees what is stored a moment later.
_SEEN_S = 1.0


def _said(answer: Answer) -> Object:
    if answer.code >= 400:
        message = _LISTED.sub(lambda found: str(sorted(_BETWEEN.split(found[1]))), answer.body["message"])
        return {
            "code": answer.code,
            "reason": answer.reason,
            "causes": answer.causes,
            "message": "" if answer.causes else _NO_QUANTITY.sub("", message),
        }
    obj = answer.body
    found: Object = {"code": answer.code, "warnings": [one for one in answer.warnings if _IDLE not in one]}
    if obj["kind"] == "Pod":
        spec = obj["spec"]
        found["resources"] = [
            one.get("resources") or {}
            for field in ("containers", "initContainers")
            for one in spec.get(field) or ()
        ]
        found["annotations"] = obj["metadata"].get("annotations")
        found["own"] = spec.get("resources")
        found["class"] = obj["status"].get("qosClass")
    else:
        found["spec"] = {k: v for k, v in obj["spec"].items() if v}
    return found


async def _compare(servers: tuple[Asked, Asked], what: str, path: str, obj: Object) -> list[str]:
    theirs, mine = map(_said, await ask_both(servers, "POST", f"{path}?dryRun=All", obj))
    return [] if theirs == mine else [f"{what}\n    theirs {theirs}\n    ours   {mine}"]


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        found = []
        for obj in rules():
            found += await _compare(servers, str(obj["spec"]), f"{_HOME}/default/limitranges", obj)
        homes = {what: f"ns-{at}" for at, what in enumerate(SCENES)}
        for what, scene in SCENES.items():
            await _furnish(servers, homes[what], scene.limits)
        await asyncio.sleep(_SEEN_S)
        for what, scene in SCENES.items():
            for plural, obj in scene.asked:
                path = f"{_HOME}/{homes[what]}/{plural}"
                found += await _compare(servers, f"{what}: {obj['spec']}", path, obj)
        return found


async def _furnish(servers: tuple[Asked, Asked], home: str, limits: list[Object]) -> None:
    made = [await ask_both(servers, "POST", _HOME, {"metadata": {"name": home}})]
    account = {"metadata": {"name": "default"}}
    made.append(await ask_both(servers, "POST", f"{_HOME}/{home}/serviceaccounts", account))
    if limits:
        made.append(await ask_both(servers, "POST", f"{_HOME}/{home}/limitranges", limit_range(*limits)))
    assert all(one.code == 201 for pair in made for one in pair), made


def test_limit_ranges(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)}\n" + "\n".join(found)
