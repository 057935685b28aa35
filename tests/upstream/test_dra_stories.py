"""Scheduler and controllers, ours and the originals, each in the other's place: stories of pods and claims end alike."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from drakkar.client import Client
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.cluster.lab.own_cluster import OwnCluster

from .beside import beside
from .dra_stories.telling import STORIES, Told, told
from .real_server import real_server

pytestmark = pytest.mark.upstream


@contextlib.contextmanager
def _part(program: Path, cluster: OwnCluster, part: str, *flags: str) -> Iterator[None]:
    """An original as the user of ours in its place, with the roles of its own."""
    access = [
        f"--{name}={cluster.state / 'kubeconfigs' / part}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    fixed = ["--secure-port=0", "--leader-elect=false"]
    with beside(cluster, [str(program), *access, *fixed, *flags]):
        yield


@contextlib.contextmanager
def _manager(program: Path, cluster: OwnCluster) -> Iterator[None]:
    pki = cluster.state / "pki"
    flags = (
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'service-accounts.key'}",
        f"--flex-volume-plugin-dir={cluster.home / 'volumes'}",
    )
    with _part(program, cluster, "controllers", *flags):
        yield


def _told(cluster: OwnCluster, names: Collection[str]) -> Told:
    async def tell() -> Told:
        access = kubeconfigs.load(cluster.state / "kubeconfig")
        async with Client(access.server, access.ssl_context) as client:
            return await told(client, {name: STORIES[name] for name in names})

    return asyncio.run(tell())


class Originals:
    """Where they are."""

    def __init__(self, apiserver: Path, etcd: Path, manager: Path, scheduler: Path) -> None:
        self.apiserver, self.etcd, self.manager, self.scheduler = apiserver, etcd, manager, scheduler


@pytest.fixture(scope="module")
def originals(
    apiserver_137: Path, etcd: Path, controller_manager_137: Path, scheduler_137: Path
) -> Originals:
    return Originals(apiserver_137, etcd, controller_manager_137, scheduler_137)


def _with(
    originals: Originals, cluster: OwnCluster, ours: frozenset[str], names: Collection[str] = STORIES
) -> Told:
    """Stories with some parts of ours, and the originals of the others."""
    absent = ["driver", "kubelet", *({"apiserver", "controllers", "scheduler"} - ours)]
    with contextlib.ExitStack() as stack:
        if "apiserver" not in ours:
            stack.enter_context(real_server(cluster, originals.apiserver, originals.etcd))
        cluster.up(f"--without={','.join(absent)}")
        if "controllers" not in ours:
            stack.enter_context(_manager(originals.manager, cluster))
        if "scheduler" not in ours:
            stack.enter_context(_part(originals.scheduler, cluster, "scheduler"))
        found = _told(cluster, names)
        cluster.down()
    return found


@pytest.fixture(scope="module")
def theirs(originals: Originals, tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("theirs")
    return _with(originals, OwnCluster(home / "s", home), frozenset())


@pytest.mark.parametrize(
    "ours",
    [("scheduler",), ("controllers",), ("apiserver",), ("apiserver", "controllers", "scheduler")],
    ids="-".join,
)
def test_stories_end_alike(
    originals: Originals,
    cluster: OwnCluster,
    theirs: Told,
    ours: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert len(STORIES) >= 80
    different = _different(theirs, _with(originals, cluster, frozenset(ours)))
    if different:
        # What hangs on a moment is seen once and not again.
        sides = []
        for side, parts in (("theirs", frozenset[str]()), ("ours", frozenset(ours))):
            home = tmp_path_factory.mktemp(side)
            sides.append(_with(originals, OwnCluster(home / "s", home), parts, different))
        different = _different(*sides)
    assert not different, "\n".join(line for lines in different.values() for line in lines)


def _different(theirs: Told, ours: Told) -> dict[str, list[str]]:
    """By story what is not the same, or what was waited for in vain."""
    found: dict[str, list[str]] = {}
    for story in sorted(theirs.ends):
        lines = [f"{story}: {side.lost[story]}" for side in (theirs, ours) if story in side.lost]
        for what in sorted({*theirs.ends[story], *ours.ends[story]}):
            there, here = (side.ends[story].get(what) for side in (theirs, ours))
            if there != here:
                lines.append(f"{story}: {what}\n    theirs {there}\n    ours   {here}")
        if lines:
            found[story] = lines
    return found
