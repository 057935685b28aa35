from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kubelet.fake_api import KubeletApi, eventually, pod

from drakkar.api.core import Pod
from drakkar.api.gates import Gates
from drakkar.api.meta import ObjectMeta
from drakkar.api.resource import decode
from drakkar.client import EventRecorder
from drakkar.client.resources import EVENTS, LEASES, NODES, PODS, RESOURCECLAIMS, RESOURCESLICES
from drakkar.kubelet.runtime.simulated.runtime import SimulatedRuntime
from drakkar.kubelet.simulated.nodes import SIMULATED, SimulatedConfig
from drakkar.kubelet.simulated.pods import SECONDS_ANNOTATION, SimulatedPods, SimulatedSecondsError, lifetime
from drakkar.kubelet.simulated.run import run_simulated

Object = dict[str, Any]
NODE = "drakkar-sim-1"


class Running:
    """A run of simulated nodes against a server in memory, ended with the block."""

    def __init__(self, api: KubeletApi, count: int = 1, devices: int = 2, gates: str = "") -> None:
        self._stop = asyncio.Event()

        def made(node: str) -> list[Object]:
            return [{"name": f"gpu-{index}"} for index in range(devices)]

        config = SimulatedConfig(count, "gpu.example.com", made, gates=Gates.parse(gates))
        self._run = run_simulated(api, config, self._stop)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run)

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.wait_for(self._task, 5)


def on_node(name: str = "p", **spec: Any) -> Object:
    made = pod(name, **spec)
    made["spec"]["nodeName"] = NODE
    return made


def phase(wanted: str) -> Any:
    return lambda found: found["status"]["phase"] == wanted


def test_how_long_a_pod_takes() -> None:
    def takes(policy: str = "", said: str | None = None) -> float | None:
        made = pod(restartPolicy=policy)
        made["metadata"]["annotations"] = {} if said is None else {SECONDS_ANNOTATION: said}
        return lifetime(decode(Pod, made))

    assert takes() is None
    assert takes("Never") == takes("OnFailure") == 1.0
    assert takes("Never", "2.5") == 2.5
    for wrong in ("soon", "-1", "nan", "inf"):
        with pytest.raises(SimulatedSecondsError, match="not a number of seconds"):
            takes("Never", wrong)


async def test_nodes_are_ready_and_say_what_they_are_and_have_slices_and_leases() -> None:
    api = KubeletApi()
    async with Running(api, count=3, devices=200):
        await eventually(lambda: len(api.all(RESOURCESLICES)) == 6 and api.all(LEASES))
    assert sorted(node["metadata"]["name"] for node in api.all(NODES)) == [
        f"drakkar-sim-{number}" for number in (1, 2, 3)
    ]
    node = await api.get(NODES, NODE)
    assert {"type": "Ready", "status": "True"}.items() <= node["status"]["conditions"][-1].items()
    assert node["metadata"]["labels"][SIMULATED] == "true"
    assert "without a driver" in node["metadata"]["annotations"][SIMULATED]
    slices = [item for item in api.all(RESOURCESLICES) if item["spec"]["nodeName"] == NODE]
    assert sorted(len(item["spec"]["devices"]) for item in slices) == [72, 128]
    assert {item["spec"]["pool"]["resourceSliceCount"] for item in slices} == {2}
    assert slices[0]["metadata"]["ownerReferences"][0]["uid"] == node["metadata"]["uid"]
    assert api.all(LEASES)[0]["spec"]["leaseDurationSeconds"] == 40


async def test_a_second_run_writes_nothing_new_and_removes_nodes_that_are_too_many() -> None:
    api = KubeletApi()
    async with Running(api, count=3):
        await eventually(lambda: len(api.all(RESOURCESLICES)) == 3)
    api.asked.clear()
    async with Running(api, count=2):
        await eventually(lambda: len(api.all(NODES)) == 2 and api.find(NODES, "drakkar-sim-3") is None)
    written = [(asked.verb, asked.resource) for asked in api.asked if asked.verb not in ("get", "list")]
    assert [write for write in written if write[1] != "leases"] == [("delete", "nodes")]


async def test_what_nodes_declare_follows_their_gates() -> None:
    api = KubeletApi()

    def declares(wanted: list[str]) -> Any:
        nodes = api.all(NODES)
        declared = nodes[0]["status"].get("declaredFeatures") or [] if nodes else []
        return bool(declared) and [one for one in declared if not one.startswith("InPlacePod")] == wanted

    for gates in ("AllAlpha=true", ""):
        async with Running(api, gates=gates):
            await eventually(lambda: declares(["DRAOptionalNodeOperations"] if gates else []))  # noqa: B023


async def test_a_pod_that_cannot_be_read_costs_only_itself() -> None:
    api = KubeletApi()
    async with Running(api):
        api.put(PODS, on_node("bad", containers="none"))
        api.put(PODS, on_node("good"))
        await api.pod("good", phase("Running"))
        assert api.have(PODS, "bad", "ns")["status"]["phase"] == "Pending"


async def test_what_somebody_deletes_comes_back() -> None:
    api = KubeletApi()
    async with Running(api):
        await eventually(lambda: api.all(RESOURCESLICES))
        api.remove(RESOURCESLICES, api.all(RESOURCESLICES)[0]["metadata"]["name"])
        await eventually(lambda: api.all(RESOURCESLICES))
        api.remove(NODES, NODE)
        await eventually(lambda: api.all(NODES))


async def test_a_node_that_is_said_to_be_unknown_says_that_it_is_well() -> None:
    api = KubeletApi()

    def ready() -> list[str]:
        conditions = api.have(NODES, NODE)["status"]["conditions"]
        return [one["status"] for one in conditions if one["type"] == "Ready"]

    async with Running(api):
        await eventually(lambda: api.all(NODES))
        api.set_status(NODES, NODE, conditions=[{"type": "Ready", "status": "Unknown"}])
        await eventually(lambda: ready() == ["True"])


async def test_a_pod_runs_at_once_and_goes_when_it_is_deleted() -> None:
    api = KubeletApi()
    async with Running(api):
        api.put(PODS, on_node())
        found = await api.pod("p", phase("Running"))
        status = found["status"]["containerStatuses"][0]
        assert status["ready"] and status["containerID"] == "simulated://uid-p.c.0"
        conditions = {item["type"]: item["status"] for item in found["status"]["conditions"]}
        assert conditions["Ready"] == conditions["Initialized"] == "True"
        await api.delete(PODS, "p", "ns")
        await api.pod_gone("p")


async def test_pods_of_other_nodes_are_left_alone() -> None:
    api = KubeletApi()
    async with Running(api):
        other = pod("other")
        api.put(PODS, other)
        api.put(PODS, on_node("mine"))
        await api.pod("mine", phase("Running"))
        assert api.have(PODS, "other", "ns")["status"] == other["status"]


async def test_a_pod_that_runs_to_completion_succeeds_after_its_time_and_init_containers_before() -> None:
    api = KubeletApi()
    made = on_node(restartPolicy="Never", initContainers=[{"name": "first", "image": "x"}])
    made["metadata"]["annotations"] = {SECONDS_ANNOTATION: "0.05"}
    async with Running(api):
        api.put(PODS, made)
        await api.pod("p", phase("Running"))
        found = await api.pod("p", phase("Succeeded"))
    ended = found["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (0, "Completed")
    assert "terminated" in found["status"]["initContainerStatuses"][0]["state"]


async def test_a_wrong_annotation_is_told_and_the_default_holds() -> None:
    api = KubeletApi()
    made = on_node(restartPolicy="Never")
    made["metadata"]["annotations"] = {SECONDS_ANNOTATION: "soon"}
    async with Running(api):
        api.put(PODS, made)
        await api.pod("p", phase("Succeeded"))
        await eventually(lambda: api.all(EVENTS))
    told = api.all(EVENTS)[0]
    assert told["reason"] == "InvalidSimulatedSeconds" and "'soon'" in told["message"]


async def test_a_restart_goes_on_where_the_pods_were() -> None:
    api = KubeletApi()
    job = on_node("job", restartPolicy="Never")
    job["metadata"]["annotations"] = {SECONDS_ANNOTATION: "3600"}
    async with Running(api):
        api.put(PODS, job)
        before = await api.pod("job", phase("Running"))
    job = api.have(PODS, "job", "ns")
    job["metadata"]["annotations"][SECONDS_ANNOTATION] = "0"
    api.put(PODS, job)
    async with Running(api):
        after = await api.pod("job", phase("Succeeded"))
    started = before["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    assert after["status"]["containerStatuses"][0]["state"]["terminated"]["startedAt"] == started


async def test_a_deleted_pod_whose_end_is_counted_says_how_it_ended_first() -> None:
    api = KubeletApi()
    job = on_node(restartPolicy="Never")
    job["metadata"] |= {
        "finalizers": ["batch.kubernetes.io/job-tracking"],
        "annotations": {SECONDS_ANNOTATION: "3600"},
    }
    phases: list[str] = []
    api.follow(PODS, lambda change: phases.append((change.new or change.old or {})["status"]["phase"]))
    async with Running(api):
        await api.create(PODS, job)
        await api.pod("p", phase("Running"))
        await api.delete(PODS, "p", "ns")
        await api.pod("p", phase("Failed"))
        await api.patch(PODS, "p", {"metadata": {"finalizers": []}}, "ns")
        await api.pod_gone("p")
    assert phases[-1] == "Failed"


async def test_a_pod_waits_for_its_claim_to_be_allocated_to_it() -> None:
    api = KubeletApi()
    claim: Object = {"metadata": {"name": "claim", "namespace": "ns"}}
    api.put(RESOURCECLAIMS, claim)
    async with Running(api):
        api.put(PODS, on_node(resourceClaims=[{"name": "gpu", "resourceClaimName": "claim"}]))
        await eventually(lambda: api.all(EVENTS))
        assert api.have(PODS, "p", "ns")["status"]["phase"] == "Pending"
        claim["status"] = {
            "allocation": {"devices": {}},
            "reservedFor": [{"resource": "pods", "name": "p", "uid": "uid-p"}],
        }
        api.put(RESOURCECLAIMS, claim)
        await api.pod("p", phase("Running"))
    told = api.all(EVENTS)[0]
    assert told["reason"] == "FailedPrepareDynamicResources" and "not allowed to use" in told["message"]


async def test_a_server_that_is_an_older_copy_of_itself_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    api = KubeletApi()
    made = SimulatedPods(
        api, SimulatedRuntime(), lambda node: True, EventRecorder(api, "kubelet"), Gates.default(), {}
    )
    made._written["uid-p"] = 1000
    made.informer.note("1000")
    removed: list[str] = []

    async def note_removal(client: object, meta: ObjectMeta) -> None:
        removed.append(meta.name)

    monkeypatch.setattr("drakkar.kubelet.simulated.pods.remove", note_removal)
    going = on_node()
    going["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 1}
    api.put(PODS, going)
    await made.informer._take_list()
    await made.reconcile(await made.queue.get())
    assert removed == ["p"]


async def test_other_resources_are_given_while_there_is_room() -> None:
    api = KubeletApi()

    def asking(name: str, cpu: str) -> Object:
        made = on_node(name)
        made["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
        return made

    def has(cpu: str) -> Any:
        return lambda found: (
            (found["status"].get("containerStatuses") or [{}])[0].get("allocatedResources") == {"cpu": cpu}
        )

    def waits(found: Object) -> bool:
        return any(one["type"] == "PodResizePending" for one in found["status"]["conditions"])

    async def resize(name: str, cpu: str) -> None:
        body = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}
        await api.patch(PODS, name, body, "ns", "strategic", "resize")

    async with Running(api):
        await api.until(lambda: api.find(NODES, NODE), 10)
        # A node has 64.
        for name in ("p", "q"):
            api.put(PODS, asking(name, "30"))
            await api.pod(name, has("30"))
        await resize("p", "40")
        assert has("30")(await api.pod("p", waits))
        await resize("q", "20")
        assert not waits(await api.pod("p", has("40")))
