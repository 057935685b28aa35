"""One scene told twice on one server: to kube-controller-manager, and to controllers of ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from drakkar.client import Client, EventRecorder
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import NAMESPACES, SERVICEACCOUNTS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.machinery.controller import Controller, run_controllers
from drakkar.controllers.machinery.mirror import Mirrors

from .beside import beside

T = TypeVar("T")
Object = dict[str, Any]
# Makes a scene of this name, and says what came of it.
Tell = Callable[[Client, str], Awaitable[T]]
Make = Callable[[Client, Mirrors, EventRecorder], Sequence[Controller]]
_PATIENCE_S = 60.0


@contextlib.contextmanager
def controller_manager(cluster: OwnCluster, program: Path, controllers: str, *flags: str) -> Iterator[None]:
    """Some controllers of the original, for a cluster that is up without any."""
    access = [
        f"--{name}={cluster.state / 'kubeconfig'}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    fixed = ["--secure-port=0", "--leader-elect=false", f"--controllers={controllers}"]
    with beside(cluster, [str(program), *access, *fixed, *flags]):
        yield


def both_told(
    cluster: OwnCluster, program: Path, controllers: str, tell: Tell[T], make: Make, *flags: str
) -> tuple[T, T]:
    """What came of the scene `theirs` by the original's controllers, and of the scene `ours` by those that are made."""
    cluster.up("--without=driver,scheduler,kubelet,controllers")
    kubeconfig = cluster.state / "kubeconfig"
    with controller_manager(cluster, program, controllers, *flags):
        theirs = asyncio.run(_told(kubeconfig, tell, "theirs", lambda *_: ()))
    return theirs, asyncio.run(_told(kubeconfig, tell, "ours", make))


async def _told(kubeconfig: Path, tell: Tell[T], name: str, make: Make) -> T:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        mirrors = Mirrors(client)
        controllers = make(client, mirrors, EventRecorder(client, "test"))

        running = asyncio.create_task(run_controllers(mirrors, controllers))
        try:
            return await tell(client, name)
        finally:
            running.cancel()
            await asyncio.wait({running})


async def make_namespace(client: Client, name: str) -> None:
    """One that takes pods, as nobody is there who would make their account."""
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, name)


async def settled(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], Any], seconds: float, pause: float = 0.2
) -> T:
    """What is seen once it holds and has not changed for so many seconds."""
    end, before, since = time.monotonic() + _PATIENCE_S, None, 0.0
    while True:
        found = await look()
        if found != before or not holds(found):
            before, since = found, time.monotonic()
        elif time.monotonic() - since >= seconds:
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(pause)


def timeless(conditions: Sequence[Object]) -> list[Object]:
    """Conditions without the times that each side has of its own."""
    times = ("lastTransitionTime", "lastHeartbeatTime")
    return [{name: value for name, value in one.items() if name not in times} for one in conditions]


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """What is not the same on both sides, by its name."""
    return [
        f"{name}\n    theirs {theirs.get(name)}\n    ours   {ours.get(name)}"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]
