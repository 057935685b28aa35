"""Autoscalers are written by one version and read by the other, on both servers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from autoscaler_bodies import BEHAVIOR, METRICS, STATUS, autoscaler, old_autoscaler

from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_PATH = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
_MERGE = "application/merge-patch+json"
_DOMAIN = "autoscaling.alpha.kubernetes.io"
_BAD = ("x", "null", "[]", "[1]", "[null]", '{"a": 1}', '[{"type": 1}]', '"x"', "[" * 5000)
# Nothing is something of no type to the original, and no metric to ours.
LISTED = {"metrics [null]"}
_OLD_METRIC = {"type": "Pods", "pods": {"metricName": "m", "targetAverageValue": "4"}}
_OF_THE_MOMENT = ("uid", "resourceVersion", "creationTimestamp", "managedFields")


def _told(obj: Object) -> Object:
    """An object without what is the moment's, and with what stands in annotations as what it means."""
    if obj["kind"] == "Status":
        return {"code": obj["code"], "causes": (obj.get("details") or {}).get("causes")}
    meta = {key: value for key, value in obj["metadata"].items() if key not in _OF_THE_MOMENT}
    read = {}
    for name, text in (meta.get("annotations") or {}).items():
        try:
            read[name] = json.loads(text) if name.startswith(_DOMAIN) else text
        except (ValueError, RecursionError):
            read[name] = text
    # The original writes noughts and a null of what nothing was said of.
    noughts = {"currentReplicas": 0, "desiredReplicas": 0, "currentMetrics": None}
    status = {**noughts, **(obj.get("status") or {})}
    return {**obj, "metadata": {**meta, "annotations": read}, "status": status}


class _Both:
    def __init__(self, servers: tuple[Asked, Asked]) -> None:
        self.servers, self.found = servers, list[str]()

    async def ask(
        self, what: str, verb: str, path: str, obj: Any = None, media: str = "application/json"
    ) -> None:
        answers = await ask_both(self.servers, verb, path, obj, media)
        theirs, mine = (_told(one.body) for one in answers)
        if theirs != mine and what not in LISTED:
            self.found.append(f"{what}\n    theirs {theirs}\n    ours   {mine}")

    async def read(self, what: str, name: str) -> None:
        for version in ("v1", "v2"):
            await self.ask(f"{what}, read as {version}", "GET", f"{_PATH.format(version)}/{name}")


async def _compare(servers: tuple[Asked, Asked]) -> list[str]:
    two = _Both(servers)
    new, old = _PATH.format("v2"), _PATH.format("v1")
    await two.ask("small", "POST", new, autoscaler("small"))
    await two.read("small", "small")
    await two.ask("whole", "POST", new, autoscaler("whole", metrics=METRICS, behavior=BEHAVIOR))
    await two.ask("its status", "PATCH", f"{new}/whole/status", {"status": STATUS}, _MERGE)
    await two.read("whole", "whole")
    await two.ask("patched as v1", "PATCH", f"{old}/whole", {"spec": {"maxReplicas": 9}}, _MERGE)
    change = {"spec": {"targetCPUUtilizationPercentage": 33}}
    await two.ask("its target patched as v1", "PATCH", f"{old}/whole", change, _MERGE)
    change = {"metadata": {"annotations": {f"{_DOMAIN}/metrics": None}}}
    await two.ask("its metrics taken away", "PATCH", f"{old}/whole", change, _MERGE)
    await two.read("patched as v1", "whole")
    status = {"status": {"currentReplicas": 4, "currentCPUUtilizationPercentage": 5}}
    await two.ask("a status by v1", "PATCH", f"{old}/small/status", status, _MERGE)
    await two.read("a status by v1", "small")
    await two.ask("old", "POST", old, old_autoscaler("old", {"a": "b"}, targetCPUUtilizationPercentage=50))
    await two.read("old", "old")
    text = json.dumps([_OLD_METRIC])
    await two.ask("old with a metric", "POST", old, old_autoscaler("more", {f"{_DOMAIN}/metrics": text}))
    await two.read("old with a metric", "more")
    behavior = json.dumps({"scaledown": {"POLICIES": [{"type": "Pods", "value": 1, "periodseconds": 2}]}})
    await two.ask("old with behavior", "POST", old, old_autoscaler("way", {f"{_DOMAIN}/behavior": behavior}))
    await two.read("old with behavior", "way")
    for field in ("metrics", "behavior", "conditions", "current-metrics"):
        for at, text in enumerate(_BAD):
            path = f"{old}?dryRun=All"
            body = old_autoscaler(f"bad-{at}", {f"{_DOMAIN}/{field}": text})
            await two.ask(f"{field} {text[:9]}", "POST", path, body)
    return two.found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _compare(servers)


def test_both_versions_of_autoscalers(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
