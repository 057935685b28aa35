"""What is stored of a small object of every kind: its defaults, and who owns which of its fields."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from .object_kinds import STORED, legal, path_of
from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
ABSENT = "<absent>"
_OF_THE_MOMENT = ("uid", "resourceVersion", "creationTimestamp")
_MOMENT = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|10\.96\.\d+\.\d+|(?<=kube-api-access-)\w{5}"
    r"|X509SHA256=[0-9a-f]{64}|(?<=\"username\": \")(?:kubernetes-)?admin"
)
# What of the original's is done by controllers and plugins that are not here.
ELSEWHERE = {
    "/nodes.spec.taints": "no taint by condition on a new node",
    "/persistentvolumeclaims.metadata.finalizers": "nobody here protects volumes that are in use",
    "/persistentvolumes.metadata.finalizers": "nobody here protects volumes that are in use",
    "/persistentvolumes.status.lastPhaseTransitionTime": "nor counts how long they have been in a phase",
    "apps/controllerrevisions.metadata.managedFields[0].fieldsV1.f:data": "nothing owns data of which nothing is said",
    "discovery.k8s.io/endpointslices.metadata.managedFields[0].fieldsV1.f:endpoints": "as of the revision",
    "storage.k8s.io/csinodes.metadata.managedFields": "as of the revision",
    "storage.k8s.io/volumeattributesclasses.metadata.finalizers": "as of the volumes",
}


def _stored(obj: Object) -> Object:
    """The object without what is the moment's."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _OF_THE_MOMENT}
    meta["managedFields"] = [
        {key: value for key, value in entry.items() if key not in ("time", "manager")}
        for entry in meta.get("managedFields") or ()
    ]
    stored: Object = json.loads(_MOMENT.sub("*", json.dumps({**obj, "metadata": meta})))
    return stored


def _nothing(value: Any) -> bool:
    """What Go writes of a field of which nothing is said: a null, an empty text, nought, or a struct of such fields."""
    if isinstance(value, dict):
        return all(map(_nothing, value.values()))
    return value is None or value == "" or (value == 0 and value is not False) or value is False


def _parts(theirs: Any, mine: Any, path: str = "") -> list[str]:
    """Where two values differ."""
    if isinstance(theirs, dict) and isinstance(mine, dict):
        found = []
        for key in sorted({*theirs, *mine}):
            here = f"{path}.{key}"
            if key not in mine and _nothing(theirs[key]) and "fieldsV1" not in path:
                continue
            found += _parts(theirs.get(key, ABSENT), mine.get(key, ABSENT), here)
        return found
    if isinstance(theirs, list) and isinstance(mine, list) and len(theirs) == len(mine):
        return [
            one
            for at, pair in enumerate(zip(theirs, mine, strict=True))
            for one in _parts(*pair, f"{path}[{at}]")
        ]
    return [] if theirs == mine else [f"{path}: theirs {theirs!r}, ours {mine!r}"]


async def _differences(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    for kind in STORED:
        made = await ask_both(servers, "POST", path_of(kind), legal(kind))
        assert [one.code for one in made] == [201, 201], (kind.plural, made)
        theirs, mine = (_stored(one.body) for one in made)
        found += [f"{kind.resource}{one}" for one in _parts(theirs, mine)]
    return [one for one in found if not one.startswith(tuple(ELSEWHERE))]


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _differences(servers)


def test_what_is_stored_of_every_kind(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, "\n".join(found)
