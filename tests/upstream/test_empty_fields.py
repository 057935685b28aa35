"""What is empty and what is left out: the original keeps some of it, drops some, and so do we, field by field."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.schema import schemas

from .differences import Difference, differences
from .object_kinds import STORED, legal, path_of
from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_AT_ONCE = 4
_OWN = ("uid", "resourceVersion", "creationTimestamp")
_MOMENT = re.compile(
    r"10\.96\.\d+\.\d+|(?<=kube-api-access-)\w{5}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|X509SHA256=[0-9a-f]{64}|^(kubernetes-)?admin$"
)
# By the path, what is known to differ, and why.
_PROTECTED = "nobody here would take the finalizer away: no part of ours looks after volumes"
_NULL = "of a list that Go writes as null somebody is the owner, and here it is not there"
LISTED: tuple[tuple[str, str], ...] = (
    (r"/persistentvolume(claim)?s .*\.metadata\.finalizers", _PROTECTED),
    (r"storage\.k8s\.io/volumeattributesclasses .*\.metadata\.finalizers", _PROTECTED),
    (r"apps/controllerrevisions .*\.f:data", _NULL),
    (r"discovery\.k8s\.io/endpointslices .*\.f:endpoints", _NULL),
    (r"storage\.k8s\.io/csinodes .*\.metadata\.managedFields", _NULL),
)
_EMPTY = {"string": "", "boolean": False, "integer": 0}
# What decides of how an object is looked at altogether.
_SPARED = {"apiVersion", "kind", "name", "namespace", "generateName"}


def _resolved(node: Any) -> Any:
    reference = (node or {}).get("$ref")
    return schemas.definitions()[str(reference).rsplit("/", 1)[-1]] if reference else node or {}


def with_empty_fields(node: Any, value: Any) -> Any:
    """The value with every text, number and flag that it does not have, empty, as deep as it goes."""
    node = _resolved(node)
    if isinstance(value, list):
        return [with_empty_fields(node.get("items"), one) for one in value]
    if not isinstance(value, dict) or "properties" not in node:
        return value
    made = {name: with_empty_fields(node["properties"].get(name), one) for name, one in value.items()}
    for name, field in node["properties"].items():
        kinds = field.get("type")
        kind = kinds[0] if isinstance(kinds, list) else kinds
        if name not in made and name not in _SPARED and kind in _EMPTY and field.get("format") != "byte":
            made[name] = _EMPTY[kind]
    return made


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "TIME" if key == "time" else _steady(one) for key, one in value.items() if key not in _OWN
        }
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return _MOMENT.sub("*", value) if isinstance(value, str) else value


class _Kinds:
    def __init__(self, servers: Sequence[Asked]) -> None:
        self._servers = servers
        self.asked = self.taken = 0
        self.found: list[tuple[str, Difference]] = []

    async def ask(self, kind: Kind) -> None:
        name = schemas.definition_name(kind.group, kind.version, kind.kind)
        plain = legal(kind, "plain")
        await self._post(kind, f"{kind.resource} as it is", plain)
        if name is None:
            return
        whole = schemas.definitions()[name]
        await self._post(
            kind, f"{kind.resource} with all that is empty", with_empty_fields(whole, legal(kind, "whole"))
        )
        for field in sorted(plain):
            if isinstance(plain[field], dict):
                made = copy.deepcopy(legal(kind, f"with-{field.lower()}"))
                made[field] = with_empty_fields(whole["properties"].get(field), made[field])
                await self._post(kind, f"{kind.resource} with an empty {field}", made)

    async def _post(self, kind: Kind, what: str, obj: Object) -> None:
        theirs, mine = await ask_both(self._servers, "POST", path_of(kind), obj)
        self.asked += 1
        self.taken += theirs.code == 201
        said = [_steady({"code": one.code, **one.body}) for one in (theirs, mine)]
        self.found += [(what, one) for one in differences(*said) if not _is_listed(f"{what}{one.path}")]


def _is_listed(where: str) -> bool:
    return any(re.fullmatch(pattern, where) for pattern, _ in LISTED)


async def _compare(directory: Path, apiserver: Path, etcd: Path) -> _Kinds:
    async with both(directory, apiserver, etcd) as servers:
        kinds, waiting = _Kinds(servers), asyncio.Semaphore(_AT_ONCE)

        async def one(kind: Kind) -> None:
            async with waiting:
                await kinds.ask(kind)

        await asyncio.gather(*map(one, STORED))
        return kinds


def test_what_is_empty_is_kept_or_dropped_as_by_the_original(
    tmp_path: Path, apiserver_137: Path, etcd: Path
) -> None:
    kinds = asyncio.run(_compare(tmp_path, apiserver_137, etcd))
    assert kinds.asked > 150 and kinds.taken > 60
    told = [f"{what}{one.path}: theirs {one.theirs!r}, ours {one.mine!r}" for what, one in kinds.found]
    assert not told, f"{len(told)} differ:\n" + "\n".join(told)
