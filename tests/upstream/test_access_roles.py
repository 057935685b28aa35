"""The roles and bindings of a new server, and what keeps drivers to their nodes, beside kube-apiserver's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drakkar.cluster import kubeconfig, roles
from drakkar.cluster.certificates import Identity

from . import access_worlds
from .access_objects import DRA
from .access_worlds import Pki, World

pytestmark = pytest.mark.upstream
Object = dict[str, Any]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
USERS = {
    "admin": Identity("kubernetes-admin", ("system:masters",)),
    "driver": Identity("drakkar:driver:n1", ("drakkar:drivers",)),
    "driver-of-none": Identity("somebody", ("drakkar:drivers",)),
}


class Both(NamedTuple):
    pki: Pki
    original: World
    ours: World


@pytest.fixture(scope="module")
def both(apiserver_137: Path, etcd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home = tmp_path_factory.mktemp("roles")
    pki = Pki(home / "pki", USERS)
    with (
        access_worlds.original(home, pki, apiserver_137, etcd) as theirs,
        access_worlds.ours(home, pki) as mine,
    ):
        yield Both(pki, theirs, mine)


def _named(world: World, plural: str) -> dict[str, Object]:
    """The objects of a kind without what only their server says, in an order of their own."""
    found = {}
    for obj in world.client("admin").get(f"{RBAC}/{plural}").json()["items"]:
        meta = obj["metadata"]
        kept = {key: meta.get(key) for key in ("name", "namespace", "labels", "annotations")}
        beside = ("apiVersion", "kind", "metadata")
        told = {key: value for key, value in obj.items() if key not in beside and value}
        found[f"{meta.get('namespace', '')}/{meta['name']}"] = {**told, "metadata": kept}
    return found


@pytest.mark.parametrize("plural", ["clusterroles", "clusterrolebindings", "roles", "rolebindings"])
def test_a_new_server_has_the_roles_of_the_original_and_those_of_our_parts(both: Both, plural: str) -> None:
    theirs, mine = _named(both.original, plural), _named(both.ours, plural)
    assert len(theirs) >= 7
    assert {key: one for key, one in mine.items() if not key.startswith("/drakkar:")} == theirs


def _slice(name: str, node: str) -> Object:
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "gpu.example.com", "pool": pool, "nodeName": node, "devices": []}
    return {"metadata": {"name": name}, "spec": spec}


def _await_policy(world: World) -> None:
    """An admission policy is in force a moment after it is made."""
    end = time.monotonic() + 30
    while True:
        done = world.client("driver").post(f"{DRA}/resourceslices?dryRun=All", json=_slice("early", "n2"))
        if done.status_code != 201:
            return
        assert time.monotonic() < end, "the policy is not in force"
        time.sleep(0.1)


@pytest.mark.parametrize("which", ["original", "ours"])
def test_a_driver_writes_the_slices_of_its_node_alone(both: Both, which: str, tmp_path: Path) -> None:
    world: World = getattr(both, which)
    if which == "original":
        access = tmp_path / "kubeconfig"
        kubeconfig.merge(access, "test", world.url, both.pki.ca, both.pki.users["admin"])
        asyncio.run(roles.grant(access))
        asyncio.run(roles.grant(access))
        _await_policy(world)
    path, driver, admin = f"{DRA}/resourceslices", world.client("driver"), world.client("admin")
    for name, node in (("s1", "n1"), ("s2", "n2")):
        assert admin.post(path, json=_slice(name, node)).status_code == 201
    assert driver.post(path, json=_slice("s3", "n1")).status_code == 201
    refused = (403, 422)
    assert driver.post(path, json=_slice("s4", "n2")).status_code in refused
    label = {"content": '{"metadata":{"labels":{"x":"y"}}}'}
    merge = {"Content-Type": "application/merge-patch+json"}
    assert driver.patch(f"{path}/s1", headers=merge, **label).status_code == 200
    assert driver.patch(f"{path}/s2", headers=merge, **label).status_code in refused
    assert driver.delete(f"{path}/s2").status_code in refused
    assert driver.delete(path).status_code in refused
    assert {one["metadata"]["name"] for one in admin.get(path).json()["items"]} >= {"s2"}
    assert driver.delete(f"{path}?fieldSelector=spec.nodeName=n1").status_code == 200
    assert world.client("driver-of-none").post(path, json=_slice("s5", "n1")).status_code in refused
