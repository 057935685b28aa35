"""The kubelet's claims against a real example driver on unix sockets."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from drakkar.api.core import Container, Pod
from drakkar.api.gates import Gates
from drakkar.api.object import Uid
from drakkar.api.resource import decode
from drakkar.driver import Plugin
from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.claim_reading import read_claim
from drakkar.driver.errors import CorruptCheckpointError
from drakkar.driver.plugin.health import probe_sockets
from drakkar.kubelet.devices.cdi_files import CdiFiles
from drakkar.kubelet.devices.claim_checkpoint import FILE_NAME
from drakkar.kubelet.devices.claims import DraState
from drakkar.kubelet.devices.dra_plugin import NamedClaim
from drakkar.kubelet.devices.plugins import NotRegisteredError, PluginRegistry
from drakkar.kubelet.devices.usable_claim import PrepareError

DRIVER = "gpu.example.com"


@pytest.fixture
def base():
    # Socket paths must stay short; pytest's own directories may not be.
    path = Path(tempfile.mkdtemp(prefix="dk"))
    yield path
    shutil.rmtree(path)


def claim(uid="c1", pods=("p1",), device="gpu-1", **allocation):
    result = {"driver": DRIVER, "pool": "n", "device": device, "request": "r/sub"}
    return {
        "metadata": {"name": "claim", "namespace": "ns", "uid": uid},
        "status": {
            "allocation": {"devices": {"results": [result], **allocation}},
            "reservedFor": [{"resource": "pods", "name": pod, "uid": pod} for pod in pods],
        },
    }


def pod(uid="p1", claim="claim"):
    obj = {
        "metadata": {"name": uid, "namespace": "ns", "uid": uid},
        "spec": {"resourceClaims": [{"name": "g", "resourceClaimName": claim}]},
    }
    return decode(Pod, obj)


HAS_ALL = decode(Container, {"name": "c", "resources": {"claims": [{"name": "g"}]}})


class Node:
    def __init__(self, base):
        gpu = pytest.importorskip("drakkar.drivers.example.gpu_driver")
        devices = pytest.importorskip("drakkar.drivers.example.devices")
        self.base, self.claims = base, {"claim": claim()}
        self.cdi = base / "cdi"
        (base / "d").mkdir()
        self.driver = gpu.GpuDriver(devices.enumerate_gpus(2, "n"), self.cdi, base / "d", "n")
        self.plugin = Plugin(
            self.driver, DRIVER, registry_directory=base / "r", data_directory=base / "d", get_claim=self.get
        )
        self.registry = PluginRegistry(base / "r")
        self.state = DraState(base, self.registry, self.get)

    async def get(self, namespace, name):
        return self.claims[name]

    async def __aenter__(self):
        await self.plugin.start()
        await self.registry.scan()
        return self

    async def __aexit__(self, *exc):
        await self.registry.aclose()
        await self.plugin.stop()


async def test_prepare_share_unprepare(base):
    async with Node(base) as node:
        await asyncio.wait_for(node.plugin.registration.registered.wait(), 5)
        node.claims["claim"] = claim(pods=("p1", "p2"))
        await node.state.prepare_pod(pod())
        ids = node.state.cdi_ids_for_container(
            pod(), decode(Container, {"name": "c", "resources": {"claims": [{"name": "g", "request": "r"}]}})
        )
        assert ids == ["k8s.gpu.example.com/gpu=common", "k8s.gpu.example.com/gpu=c1-gpu-1"]
        assert (await CdiFiles([node.cdi]).container_edits(ids)).env == {
            "KUBERNETES_NODE_NAME": "n",
            "DRA_RESOURCE_DRIVER_NAME": DRIVER,
            "GPU_DEVICE_1_RESOURCE_CLAIM": "c1",
            "GPU_DEVICE_1": "gpu-1",
            "GPU_DEVICE_1_SHARING_STRATEGY": "TimeSlicing",
            "GPU_DEVICE_1_TIMESLICE_INTERVAL": "Default",
        }
        await node.state.prepare_pod(pod("p2"))
        await node.state.unprepare_pod("p1")
        assert len(list(node.cdi.glob("*c1*"))) == 1
        again = DraState(base, node.registry, node.get)
        await again.unprepare_pod("p2")
        assert not list(node.cdi.glob("*c1*")) and not again.claims


async def test_a_driver_is_called_once_with_all_of_the_pods_claims(base, monkeypatch):
    async with Node(base) as node:
        calls, prepare = [], node.driver.prepare

        async def counted(claims):
            calls.append(sorted(claim.uid for claim in claims))
            return await prepare(claims)

        monkeypatch.setattr(node.driver, "prepare", counted)
        other = claim("c2", device="gpu-0")
        other["metadata"]["name"] = "other"
        node.claims["other"] = other
        both = [{"name": "g", "resourceClaimName": "claim"}, {"name": "h", "resourceClaimName": "other"}]
        obj = {"metadata": {"name": "p1", "namespace": "ns", "uid": "p1"}, "spec": {"resourceClaims": both}}
        await node.state.prepare_pod(decode(Pod, obj))
        assert calls == [["c1", "c2"]]


async def test_refusals(base):
    async with Node(base) as node:
        node.claims["claim"] = claim(pods=())
        with pytest.raises(
            PrepareError, match=r"pod p1 \(p1\) is not allowed to use ResourceClaim claim \(c1\)"
        ):
            await node.state.prepare_pod(pod())
        node.claims["claim"] = claim(device="gpu-7")
        with pytest.raises(
            PrepareError, match=r"NodePrepareResources failed for ResourceClaim claim: .*gpu-7"
        ):
            await node.state.prepare_pod(pod())
        node.claims["claim"] = claim(uid="c2")
        with pytest.raises(PrepareError, match="old ResourceClaim with same name claim and different UID c1"):
            await node.state.prepare_pod(pod())


async def test_a_claim_that_is_allocated_anew_waits_until_its_earlier_devices_are_given_back(base):
    told = []
    async with Node(base) as node:
        node.state.on_given_back(lambda: told.append(True))
        await node.state.prepare_pod(pod())
        # p1 was force-deleted and ends slowly; the claim was freed, and has another device for p2 now.
        node.claims["claim"] = claim(device="gpu-0", pods=("p2",))
        for state in (node.state, DraState(base, node.registry, node.get)):
            with pytest.raises(
                PrepareError, match=r"was allocated anew and is still prepared .* for pods p1 "
            ):
                await state.prepare_pod(pod("p2"))
        state = node.state
        assert state.stale_pods(set()) == {"p1"} and not told
        await state.unprepare_pod("p1")
        # Whoever waits need not wait for their next try.
        assert told == [True]
        await state.prepare_pod(pod("p2"))
        assert state.cdi_ids_for_container(pod("p2"), HAS_ALL)[1] == "k8s.gpu.example.com/gpu=c1-gpu-0"


@pytest.mark.parametrize(
    "shared", [{}, {"adminAccess": True}, {"shareID": "a"}, {"consumedCapacity": {"memory": "1"}}]
)
async def test_a_device_that_a_pod_still_has_is_not_given_to_another_claim(base, shared):
    async with Node(base) as node:
        told = []
        await node.state.prepare_pod(pod())
        # p1 was force-deleted, its claim freed, and its device is another claim's now.
        other = claim(uid="c2", pods=("p2",))
        other["metadata"]["name"] = "other"
        other["status"]["allocation"]["devices"]["results"][0] |= shared
        node.claims["other"] = other
        state = DraState(base, node.registry, node.get)
        state.on_given_back(lambda: told.append(True))
        if shared:
            await state.prepare_pod(pod("p2", "other"))
            return
        with pytest.raises(
            PrepareError, match=r"device n/gpu-1 of ResourceClaim other is still prepared for .* ns/claim "
        ):
            await state.prepare_pod(pod("p2", "other"))
        assert ("ns", "other") not in state.claims
        await state.unprepare_pod("p1")
        assert told == [True]
        await state.prepare_pod(pod("p2", "other"))


async def test_a_claim_that_an_earlier_release_noted_is_known_by_its_devices(base):
    async with Node(base) as node:
        await node.state.prepare_pod(pod())
        noted = Checkpoint(base / FILE_NAME)
        noted.store(
            [{key: value for key, value in item.items() if key != "allocation"} for item in noted.load()]
        )
        state = DraState(base, node.registry, node.get)
        node.claims["claim"] = claim(device="gpu-0", pods=("p2",))
        with pytest.raises(PrepareError, match="was allocated anew"):
            await state.prepare_pod(pod("p2"))
        node.claims["claim"] = claim(pods=("p1", "p2"))
        await state.prepare_pod(pod("p2"))


async def test_a_driver_that_answers_devices_of_an_earlier_allocation_is_asked_to_forget_them(base):
    async with Node(base) as node:
        await node.driver.prepare([read_claim(DRIVER, claim(device="gpu-0"))])
        # Who answers has no SDK that would see to it.
        node.plugin._calls._prepare = lambda claims: as_it_is(node.driver, claims)
        with pytest.raises(PrepareError, match="prepared n/gpu-0 for ResourceClaim claim, whose allocation"):
            await node.state.prepare_pod(pod())
        with pytest.raises(IndexError):
            node.state.cdi_ids_for_container(pod(), HAS_ALL)[0]
        await node.state.prepare_pod(pod())
        assert node.state.cdi_ids_for_container(pod(), HAS_ALL)[1] == "k8s.gpu.example.com/gpu=c1-gpu-1"


async def test_a_pod_that_runs_holds_its_claims_also_when_the_file_was_lost(base):
    async with Node(base) as node:
        await node.state.prepare_pod(pod())
        (base / FILE_NAME).unlink()
        state = DraState(base, node.registry, node.get)
        await state.hold_pod(pod())
        # It is in the file again, and nobody is asked about what is noted.
        node.claims.clear()
        again = DraState(base, node.registry, node.get)
        await again.hold_pod(pod())
        await again.unprepare_pod("p1")
        assert not list(node.cdi.glob("*c1*")) and not again.claims
        node.claims["claim"] = claim(pods=())
        with pytest.raises(PrepareError, match="is not allowed to use"):
            await again.hold_pod(pod())


@pytest.mark.parametrize("undone", [False, True])
async def test_a_driver_that_is_deregistered_during_a_call_has_not_answered(base, undone, monkeypatch):
    async with Node(base) as node:
        begun = asyncio.Event()

        async def forever(claims):
            begun.set()
            await asyncio.Event().wait()

        if undone:
            await node.state.prepare_pod(pod())
        monkeypatch.setattr(node.driver, "unprepare" if undone else "prepare", forever)
        monkeypatch.setattr(node.plugin._calls, "finish", lambda seconds: asyncio.sleep(0))
        asked = node.state.unprepare_pod("p1") if undone else node.state.prepare_pod(pod())
        waits = asyncio.create_task(asked)
        await asyncio.wait_for(begun.wait(), 5)
        node.plugin.registrar_socket.unlink()
        await node.registry.scan()
        with pytest.raises(PrepareError, match=f"DRA driver {DRIVER} was deregistered during the call"):
            await asyncio.wait_for(waits, 5)
        with pytest.raises(NotRegisteredError):
            await node.state.prepare_pod(pod())


async def as_it_is(driver, claims):
    answers = await driver.prepare(list(claims.values()))
    return {ref.uid: answers[ref.uid] for ref in claims}


@pytest.mark.parametrize("operations", [["*"], ["NodePrepareResources", "NodeUnprepareResources"]])
async def test_operations_are_left_out_where_the_gate_lets_the_node(base, operations):
    async with Node(base) as node:
        left = claim()
        left["status"]["allocation"]["devices"]["results"][0]["skipNodeOperations"] = operations
        node.claims["claim"] = left
        with pytest.raises(PrepareError, match="claim: DRAOptionalNodeOperations feature gate is disabled"):
            await node.state.prepare_pod(pod())
        assert not node.state.claims
        await node.plugin.stop()
        await node.registry.scan()
        on = Gates.parse("DRAOptionalNodeOperations=true")
        state = DraState(base, node.registry, node.get, on)
        # Without the driver, whom nobody asks.
        await state.prepare_pod(pod())
        await state.unprepare_pod("p1")
        assert not state.claims and not list(node.cdi.glob("*c1*"))


async def test_failed_unprepare_blocks_the_claim_until_the_driver_is_back(base):
    async with Node(base) as node:
        await node.state.prepare_pod(pod())
        await node.plugin.stop()
        await node.registry.scan()
        with pytest.raises(NotRegisteredError, match=f"DRA driver {DRIVER} is not registered"):
            await node.state.unprepare_pod("p1")
        await node.plugin.start()
        await node.registry.scan()
        with pytest.raises(PrepareError, match="is being unprepared"):
            await node.state.prepare_pod(pod())
        await node.state.unprepare_pod("p1")
        await node.state.prepare_pod(pod())


async def test_replaced_claim_fails_the_call(base):
    async with Node(base) as node:
        plugin = node.registry.get(DRIVER)
        with pytest.raises(Exception, match="got replaced"):
            await plugin.prepare([NamedClaim("ns", "claim", Uid("other"))])
        assert await probe_sockets(str(node.plugin.registrar_socket), str(node.plugin.dra_socket))


def test_checkpoint_notices_damage(tmp_path):
    checkpoint = Checkpoint(tmp_path / "state")
    assert checkpoint.load() is None
    checkpoint.store({"a": 1})
    assert checkpoint.load() == {"a": 1}
    checkpoint.path.write_text(checkpoint.path.read_text().replace("1}", "2}"))
    with pytest.raises(CorruptCheckpointError):
        checkpoint.load()
