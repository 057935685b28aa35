"""The real example driver as a process on our node: it registers, publishes, prepares, and what it wrote can be applied."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from drakkar.allocator import Allocated, Inventory, Ledger, Node, allocate
from drakkar.api.core import Container, Pod
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode, encode
from drakkar.client import Client
from drakkar.client.resources import DEVICECLASSES, NODES, RESOURCECLAIMS, RESOURCESLICES
from drakkar.kubelet.devices.cdi_files import CdiFiles
from drakkar.kubelet.devices.claims import DraState
from drakkar.kubelet.devices.plugins import PluginRegistry
from drakkar.kubelet.devices.usable_claim import PrepareError

from .control_plane import ControlPlane

pytestmark = pytest.mark.upstream

DRIVER = "gpu.example.com"
NODE = "n1"
LIMIT_S = 30
CLASS = {
    "metadata": {"name": DRIVER},
    "spec": {"selectors": [{"cel": {"expression": f"device.driver == '{DRIVER}'"}}]},
}
SHARING = {"kind": "GpuConfig", "apiVersion": "gpu.resource.example.com/v1alpha1"}


@pytest.fixture
def base() -> Iterator[Path]:
    # The driver gives the full paths of its sockets to the kernel, which takes short ones only.
    path = Path(tempfile.mkdtemp(prefix="dk"))
    yield path
    shutil.rmtree(path)


class Kubelet:
    """The part of a kubelet that drivers meet."""

    def __init__(self, base: Path, client: Client) -> None:
        self.plugins = base / "plugins"
        self.cdi = base / "cdi"
        for directory in (self.plugins, self.cdi, base / "plugins_registry", base / "state"):
            directory.mkdir()
        self.registry = PluginRegistry(base / "plugins_registry", poll_seconds=0.05)
        self.dra = DraState(base / "state", self.registry, self._claim)
        self._client = client

    async def _claim(self, namespace: str, name: str) -> dict[str, Any]:
        return await self._client.get(RESOURCECLAIMS, name, namespace)

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        following = asyncio.create_task(self.registry.run())
        try:
            yield
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following


@contextlib.asynccontextmanager
async def running(program: Path, base: Path, kubeconfig: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    flags = {
        "kubeconfig": kubeconfig,
        "node-name": NODE,
        "cdi-root": base / "cdi",
        "kubelet-plugins-directory-path": base / "plugins",
        "kubelet-registrar-directory-path": base / "plugins_registry",
        "num-devices": 4,
    }
    with open(base / "driver.log", "wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(program),
            *(f"--{name}={value}" for name, value in flags.items()),
            stdout=log,
            stderr=log,
            env={**os.environ, "NODE_NAME": NODE},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def published(client: Client) -> dict[str, Any]:
    """The driver's slice, as soon as it is there."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            items = (await client.list(RESOURCESLICES, field_selector=f"spec.driver={DRIVER}"))["items"]
            if items:
                slice_: dict[str, Any] = items[0]
                return slice_
            await asyncio.sleep(0.05)


def wanted(name: str, count: int, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    devices: dict[str, Any] = {
        "requests": [{"name": "gpus", "exactly": {"deviceClassName": DRIVER, "count": count}}]
    }
    if parameters is not None:
        devices["config"] = [{"opaque": {"driver": DRIVER, "parameters": parameters}}]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"devices": devices},
    }


def pod(claim: str) -> Pod:
    obj = {
        "metadata": {"name": f"pod-{claim}", "namespace": "default", "uid": f"pod-{claim}"},
        "spec": {"resourceClaims": [{"name": "gpu", "resourceClaimName": claim}]},
    }
    return decode(Pod, obj)


CONTAINER = decode(Container, {"name": "c", "resources": {"claims": [{"name": "gpu"}]}})


class Scene:
    """A node with the driver on it, and the cluster's devices as the scheduler sees them."""

    def __init__(self, client: Client, kubelet: Kubelet, driver: asyncio.subprocess.Process) -> None:
        self.client = client
        self.kubelet = kubelet
        self.driver = driver
        self.slice: dict[str, Any] = {}
        self._inventory, self._ledger = Inventory(), Ledger()

    async def learn(self) -> None:
        """Wait for the slice that the driver publishes, and take it in."""
        self.slice = await published(self.client)
        self._inventory.set_slice(decode(ResourceSlice, self.slice))
        self._inventory.set_class(decode(DeviceClass, await self.client.get(DEVICECLASSES, DRIVER)))

    async def allocated(self, body: dict[str, Any]) -> dict[str, Any]:
        """The claim as the scheduler leaves it: allocated, and reserved for its pod."""
        claim = await self.client.create(RESOURCECLAIMS, body, "default")
        outcome = allocate(self._inventory, self._ledger, [decode(ResourceClaim, claim)], Node(NODE))
        assert isinstance(outcome, Allocated), outcome
        self._ledger.set_claim(claim["metadata"]["uid"], outcome.results[0])
        name = f"pod-{claim['metadata']['name']}"
        claim["status"] = {
            "allocation": encode(outcome.results[0]),
            "reservedFor": [{"resource": "pods", "name": name, "uid": name}],
        }
        return await self.client.update(RESOURCECLAIMS, claim, subresource="status")

    async def prepare(self, name: str) -> list[str]:
        """Prepare a claim for its pod; the CDI ids for the pod's container."""
        await asyncio.wait_for(self.kubelet.dra.prepare_pod(pod(name)), LIMIT_S)
        return self.kubelet.dra.cdi_ids_for_container(pod(name), CONTAINER)

    def specs_of(self, claim: dict[str, Any]) -> list[str]:
        """The CDI spec files written for a claim."""
        return [path.name for path in self.kubelet.cdi.iterdir() if claim["metadata"]["uid"] in path.name]


@contextlib.asynccontextmanager
async def scene(program: Path, base: Path) -> AsyncIterator[Scene]:
    control = ControlPlane(base)
    async with control.up(), control.client() as client:
        await client.create(NODES, {"metadata": {"name": NODE}})
        await client.create(DEVICECLASSES, CLASS)
        kubelet = Kubelet(base, client)
        async with kubelet.up(), running(program, base, control.kubeconfig) as driver:
            try:
                made = Scene(client, kubelet, driver)
                there = asyncio.Event()
                kubelet.registry.on_change(there.set)
                if not kubelet.registry.drivers():
                    await asyncio.wait_for(there.wait(), LIMIT_S)
                await made.learn()
                yield made
            except BaseException:
                print((base / "driver.log").read_text()[-8000:])
                raise


def devices_of(claim: dict[str, Any]) -> list[str]:
    """The devices a claim has; the driver publishes its devices in no particular order."""
    return [result["device"] for result in claim["status"]["allocation"]["devices"]["results"]]


def cdi_ids(claim: dict[str, Any]) -> list[str]:
    kind, uid = f"k8s.{DRIVER}/gpu", claim["metadata"]["uid"]
    return [f"{kind}=common", *(f"{kind}={uid}-{device}" for device in devices_of(claim))]


async def test_it_registers_publishes_prepares_and_unprepares(example_driver: Path, base: Path) -> None:
    async with scene(example_driver, base) as here:
        assert here.kubelet.registry.get(DRIVER).version == "v1.DRAPlugin"
        assert here.slice["spec"]["nodeName"] == NODE and len(here.slice["spec"]["devices"]) == 4
        (owner,) = here.slice["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"]) == ("Node", NODE)

        one = await here.allocated(wanted("one", 1))
        two = await here.allocated(wanted("two", 2))
        assert await here.prepare("one") == cdi_ids(one)
        assert await here.prepare("two") == cdi_ids(two)
        assert here.specs_of(one) and here.specs_of(two)

        await here.allocated(wanted("bad", 1, {**SHARING, "sharing": {"strategy": "Magic"}}))
        with pytest.raises(PrepareError, match=r"NodePrepareResources failed for ResourceClaim bad: .*Magic"):
            await here.prepare("bad")

        await asyncio.wait_for(here.kubelet.dra.unprepare_pod(pod("one").metadata.uid), LIMIT_S)
        assert not here.specs_of(one) and here.specs_of(two)

        here.driver.terminate()
        await asyncio.wait_for(here.driver.wait(), LIMIT_S)
        await here.kubelet.registry.scan()
        assert not here.kubelet.registry.drivers()


async def test_what_it_wrote_can_be_applied(example_driver: Path, base: Path) -> None:
    async with scene(example_driver, base) as here:
        sharing = {"strategy": "TimeSlicing", "timeSlicingConfig": {"interval": "Long"}}
        one = await here.allocated(wanted("one", 1, {**SHARING, "sharing": sharing}))
        (device,) = devices_of(one)
        prefix = f"GPU_DEVICE_{device.removeprefix('gpu-')}"
        assert (await CdiFiles([here.kubelet.cdi]).container_edits(await here.prepare("one"))).env == {
            "KUBERNETES_NODE_NAME": NODE,
            "DRA_RESOURCE_DRIVER_NAME": DRIVER,
            prefix: device,
            f"{prefix}_RESOURCE_CLAIM": one["metadata"]["uid"],
            f"{prefix}_SHARING_STRATEGY": "TimeSlicing",
            f"{prefix}_TIMESLICE_INTERVAL": "Long",
        }
