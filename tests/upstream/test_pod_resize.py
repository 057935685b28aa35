"""Other resources for pods that are there, asked of the original and of ours: the same answers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .differences import differences
from .resize_cases import ANNOTATIONS, CHANGES, NODES, PODS, STATUSES, STRATEGIC, TURNS
from .two_servers import Answer, Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HOME = "/api/v1/namespaces/default/pods"
_MERGE = "application/merge-patch+json"
# The original sees what is stored a moment later.
_SEEN_S = 1.5
_OWN = ("uid", "resourceVersion", "creationTimestamp")
# What the original's library says of what it cannot read, and by which it tells objects apart.
_NO_QUANTITY = re.compile("(?<=Invalid value: ).*(?=: quantities must match).*", re.DOTALL)
_UID = re.compile("[0-9a-f]{8}-[0-9a-f-]{27}")


def _said(answer: Answer) -> Object:
    body = answer.body
    if answer.code >= 400:
        message = _UID.sub("UID", _NO_QUANTITY.sub("", body.get("message", "")))
        # Where amounts of several kinds are wrong Go tells them in any order.
        causes = [[_NO_QUANTITY.sub("", part) for part in one] for one in answer.causes]
        said = {} if len(causes) > 1 else {"message": message}
        return {"code": answer.code, "reason": answer.reason, "causes": causes, **said}
    meta = {key: value for key, value in body["metadata"].items() if key not in _OWN}
    owners = [{k: v for k, v in one.items() if k != "time"} for one in meta.pop("managedFields", ())]
    meta["managedFields"] = sorted(
        owners, key=lambda one: str((one["manager"], one.get("subresource"), one["operation"]))
    )
    spec = {**body["spec"], "volumes": None, "containers": [_bare(one) for one in body["spec"]["containers"]]}
    return {"code": answer.code, "metadata": meta, "spec": spec, "warnings": answer.warnings}


def _bare(container: Object) -> Object:
    """Less the volume of the token, which has a name by chance."""
    return {key: value for key, value in container.items() if key != "volumeMounts"}


async def _furnish(servers: tuple[Asked, Asked]) -> None:
    for node in NODES:
        await make_on_both(servers, "/api/v1/nodes", node)
        told = await ask_both(
            servers, "PATCH", f"/api/v1/nodes/{node['metadata']['name']}/status", node, _MERGE
        )
        assert [one.code for one in told] == [200, 200], told
    for name, pod in {**PODS, "turned": PODS["burstable"]}.items():
        meta = {"name": name, "annotations": ANNOTATIONS.get(name)}
        spec = {**pod["spec"], "automountServiceAccountToken": False}
        if name == "mirror":
            spec["serviceAccountName"] = ""
        await make_on_both(servers, _HOME, {**pod, "metadata": meta, "spec": spec})
        if name in STATUSES:
            told = await ask_both(
                servers, "PATCH", f"{_HOME}/{name}/status", {"status": STATUSES[name]}, _MERGE
            )
            assert [one.code for one in told] == [200, 200], told
    await asyncio.sleep(_SEEN_S)


async def _compare(servers: tuple[Asked, Asked], what: str, *asked: Any) -> list[str]:
    theirs, mine = map(_said, await ask_both(servers, *asked))
    told = [f"    {path}: theirs {one}, ours {other}" for path, one, other in differences(theirs, mine)]
    return ["\n".join([what, *told])] if told else []


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        await _furnish(servers)
        found = []
        for name in PODS:
            for what, change in CHANGES.items():
                path = f"{_HOME}/{name}/resize?dryRun=All&fieldManager=x"
                found += await _compare(servers, f"{name}: {what}", "PATCH", path, change, STRATEGIC)
        for at, (verb, media, manager, sent) in enumerate(TURNS):
            if "apply" in media:
                sent = {**sent, "apiVersion": "v1", "kind": "Pod"}
            path = f"{_HOME}/turned/resize?fieldManager={manager}&force=true"
            if "apply" not in media:
                path = path.removesuffix("&force=true")
            found += await _compare(servers, f"turn {at}: {verb} {media}", verb, path, sent, media)
        return found


def test_pods_that_are_resized(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
