"""What there is to be had: both forms of discovery are the original's, but for what is listed here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# What ours has besides: older versions, which the original serves where it is told to.
BESIDES = {"resource.k8s.io/v1beta1", "resource.k8s.io/v1beta2"}
# Stored in an older version by the original.
STORED_OLDER = {
    "apiextensions.k8s.io/v1 customresourcedefinitions",
    "certificates.k8s.io/v1 clustertrustbundles",
    "certificates.k8s.io/v1 podcertificaterequests",
    "resource.k8s.io/v1 devicetaintrules",
    "storagemigration.k8s.io/v1 storageversionmigrations",
}


def _other_hash(version: str, name: str, key: str) -> bool:
    return key == "storageVersionHash" and f"{version} {name}" in STORED_OLDER


def _with_hashes(resources: list[Object], version: str, name: str) -> list[Object]:
    return [
        {key: value for key, value in one.items() if not _other_hash(version, one[name], key)}
        for one in resources
    ]


def _aggregated_version(group: str, version: Object) -> Object:
    here = f"{group}/{version['version']}"
    return {**version, "resources": _with_hashes(version["resources"], here, "resource")}


def _aggregated(body: Object) -> list[Object]:
    """The groups in their order, and in each the versions and resources in theirs."""
    found = []
    for item in body["items"]:
        name = item["metadata"].get("name", "")
        versions = [
            _aggregated_version(name, version)
            for version in item["versions"]
            if f"{name}/{version['version']}" not in BESIDES
        ]
        found.append({**item, "versions": versions})
    return found


def _group(group: Object) -> Object:
    versions = [one for one in group["versions"] if one["groupVersion"] not in BESIDES]
    return {**group, "versions": versions}


def _plain(body: Object) -> Object:
    version = body["groupVersion"]
    name = version if "/" in version else f"/{version}"
    return {**body, "resources": _with_hashes(body["resources"], name, "name")}


def _served(body: Object) -> set[str]:
    """Everything by its name in an aggregated document."""
    return {
        f"{item['metadata'].get('name', '')}/{version['version']} {name}"
        for item in body["items"]
        for version in item["versions"]
        for one in version["resources"]
        for name in (
            one["resource"],
            *(f"{one['resource']}/{sub['subresource']}" for sub in one.get("subresources") or ()),
        )
    }


async def _differences(servers: tuple[Asked, Asked]) -> list[str]:
    found, named = [], []
    for path in ("/api", "/apis"):
        theirs, mine = (one.body for one in await ask_both(servers, "GET", path, accept=_AGGREGATED))
        missing = _served(theirs) - _served(mine)
        assert not missing, missing
        pairs = zip(_aggregated(theirs), _aggregated(mine), strict=True)
        found += [f"{path}\n    theirs {one}\n    ours   {other}" for one, other in pairs if one != other]
    theirs, mine = (one.body for one in await ask_both(servers, "GET", "/apis"))
    assert [_group(one) for one in theirs["groups"]] == [_group(one) for one in mine["groups"]]
    for group in theirs["groups"]:
        named.append((f"/apis/{group['name']}", _group))
        named += [(f"/apis/{one['groupVersion']}", _plain) for one in group["versions"]]
    for path, shown in [*named, ("/api/v1", _plain)]:
        answers = [shown(one.body) for one in await ask_both(servers, "GET", path)]
        if answers[0] != answers[1]:
            found.append(f"{path}\n    theirs {answers[0]}\n    ours   {answers[1]}")
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _differences(servers)


def test_discovery(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, "\n".join(found)
