"""Pods on a node with real processes: start, end, restart, deletion, devices, and a kubelet that comes back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, Object, eventually, pod

from drakkar.client.resources import CONFIGMAPS, PODS
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.pods import Pods
from drakkar.kubelet.pods.worker import PodWorker
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState


@asynccontextmanager
async def running(node: FakeNode) -> AsyncIterator[Pods]:
    """The node's pods at work; whatever still runs at the end is killed."""
    pods = Pods(node.context)
    task = asyncio.create_task(pods.run())
    try:
        yield pods
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    made = await FakeNode.started(tmp_path, KubeletApi())
    yield made
    await made.aclose()


async def test_a_pod_that_cannot_be_read_costs_only_itself(
    node: FakeNode, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(node):
        node.client.put(PODS, pod("bad", containers=[{"name": 1}]))
        node.client.put(PODS, pod("good", "exit 0", restartPolicy="Never"))
        await node.client.pod("good", phase("Succeeded"))
    assert "Pod ns/bad cannot be read and is left out" in caplog.text


def phase(name: str) -> Callable[[Object], bool]:
    return lambda pod: bool(pod["status"].get("phase") == name)


def condition(pod: Object, kind: str) -> Any:
    return next(item["status"] for item in pod["status"]["conditions"] if item["type"] == kind)


def state(pod: Object, name: str = "c") -> Any:
    return next(item for item in pod["status"]["containerStatuses"] if item["name"] == name)


async def test_pod_runs_and_is_deleted(node: FakeNode) -> None:
    async with running(node):
        node.client.put(PODS, pod())
        seen = await node.client.pod(
            "p", lambda p: p["status"].get("containerStatuses") and state(p)["ready"]
        )
        assert seen["status"]["phase"] == "Running"
        assert seen["status"]["podIP"].startswith("127.") and seen["status"]["podIPs"]
        assert seen["status"]["hostIP"] == "127.0.0.1" and seen["status"]["startTime"]
        assert {condition(seen, kind) for kind in ("Ready", "ContainersReady", "Initialized")} == {"True"}
        assert state(seen)["state"]["running"]["startedAt"]
        assert node.dra.prepared == ["p"]
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=5)
        await node.client.pod_gone("p")
        assert node.dra.unprepared == ["uid-p"]
        assert node.runtime.containers() == []
        assert not list(node.config.pods_dir.iterdir())


async def test_pod_that_ends_gives_its_devices_back(node: FakeNode) -> None:
    async with running(node):
        node.client.put(PODS, pod("good", "exit 0", restartPolicy="Never"))
        node.client.put(PODS, pod("bad", "exit 3", restartPolicy="Never"))
        good = await node.client.pod("good", phase("Succeeded"))
        bad = await node.client.pod("bad", phase("Failed"))
        assert state(good)["state"]["terminated"]["reason"] == "Completed"
        assert state(bad)["state"]["terminated"]["exitCode"] == 3
        assert condition(bad, "Ready") == "False"
        await eventually(lambda: len(node.dra.unprepared) == 2)


async def test_restart_with_back_off(node: FakeNode, tmp_path: Path) -> None:
    async with running(node):
        node.client.put(PODS, pod(script=f"echo x >> {tmp_path}/runs; exit 1"))
        seen = await node.client.pod(
            "p",
            lambda p: (
                state(p)["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
                if p["status"].get("containerStatuses")
                else False
            ),
        )
        # The first restart comes at once, the next one after 10 s.
        assert state(seen)["restartCount"] == 1 and (tmp_path / "runs").read_text() == "x\nx\n"
        assert state(seen)["lastState"]["terminated"]["exitCode"] == 1
        assert seen["status"]["phase"] == "Running"
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=5)
        await node.client.pod_gone("p")


async def test_init_containers_run_one_after_the_other(node: FakeNode, tmp_path: Path) -> None:
    def init(name: str) -> Object:
        script = f"echo {name} >> {tmp_path}/order"
        return {"name": name, "image": "busybox", "command": ["/bin/sh", "-c", script]}

    async with running(node):
        made = pod(script=f"echo main >> {tmp_path}/order", restartPolicy="Never")
        made["spec"]["initContainers"] = [init("one"), init("two")]
        node.client.put(PODS, made)
        seen = await node.client.pod("p", phase("Succeeded"))
        assert (tmp_path / "order").read_text().split() == ["one", "two", "main"]
        assert [item["name"] for item in seen["status"]["initContainerStatuses"]] == ["one", "two"]


async def test_failed_init_container_fails_the_pod(node: FakeNode) -> None:
    async with running(node):
        made = pod(restartPolicy="Never")
        made["spec"]["initContainers"] = [
            {"name": "i", "image": "busybox", "command": ["/bin/sh", "-c", "exit 2"]}
        ]
        node.client.put(PODS, made)
        seen = await node.client.pod("p", phase("Failed"))
        assert state(seen)["state"] == {"waiting": {"reason": "PodInitializing"}}


async def test_sidecar_runs_beside_and_ends_after(node: FakeNode) -> None:
    async with running(node):
        made = pod(script="exit 0", restartPolicy="Never")
        made["spec"]["initContainers"] = [
            {"name": "s", "image": "busybox", "command": ["sleep", "100"], "restartPolicy": "Always"}
        ]
        node.client.put(PODS, made)
        await node.client.pod("p", phase("Succeeded"))
        await eventually(lambda: not any(s.running for s in node.runtime.containers()))


async def test_unknown_image_says_how_to_map_it(node: FakeNode) -> None:
    async with running(node):
        made = pod()
        made["spec"]["containers"][0] = {"name": "c", "image": "example.com/tool:1"}
        node.client.put(PODS, made)
        seen = await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
        waiting = state(seen)["state"]["waiting"]
        assert waiting["reason"] == "ErrImagePull" and "images.toml" in waiting["message"]
        assert seen["status"]["phase"] == "Pending"


async def test_devices_that_are_not_ready_hold_the_pod_up(node: FakeNode) -> None:
    node.dra.failure = PrepareError("no such driver")
    async with running(node):
        node.client.put(PODS, pod())
        seen = await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
        assert state(seen)["state"]["waiting"]["reason"] == "ContainerCreating"
        assert node.events.seen[0] == (
            "FailedPrepareDynamicResources",
            "Failed to prepare dynamic resources: no such driver",
        )
        node.dra.failure = None
        await node.client.pod("p", phase("Running"))


async def test_a_kubelet_that_ends_while_a_preparation_is_called_off_leaves_the_pod_to_the_next(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, called_off = asyncio.Event(), asyncio.Event()

    async def prepare_slowly(pod: Object) -> None:
        try:
            asked.set()
            await asyncio.Event().wait()
        finally:
            # A driver that does not end its work at once.
            called_off.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(node.dra, "prepare_pod", prepare_slowly)
    async with running(node), asyncio.timeout(10):
        node.client.put(PODS, pod())
        await asked.wait()
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=5)
        await called_off.wait()
    assert node.dra.unprepared == []


async def test_device_variables_reach_the_container(node: FakeNode, tmp_path: Path) -> None:
    node.dra.ids = ["example.com/gpu=a"]
    (node.config.cdi_dirs[1] / "x.json").write_text(
        '{"cdiVersion": "0.6.0", "kind": "example.com/gpu", '
        '"devices": [{"name": "a", "containerEdits": {"env": ["GPU=a"]}}]}'
    )
    async with running(node):
        made = pod(script="env", restartPolicy="Never")
        made["spec"]["containers"][0]["env"] = [
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "BOTH", "value": "$(NODE)-$(NONE)"},
            {"name": "CM", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}},
        ]
        node.client.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"k": "v"}})
        node.client.put(PODS, made)
        await node.client.pod("p", phase("Succeeded"))
        log = node.runtime.containers()[0].spec.log_path.read_text()
        env = dict(line.split(" ", 3)[3].split("=", 1) for line in log.splitlines())
        assert env["GPU"] == "a" and env["NODE"] == "node" and env["BOTH"] == "node-$(NONE)"
        assert env["CM"] == "v" and env["HOSTNAME"] == "p" and env["HOME"] == "/root"
        assert env["KUBERNETES_SERVICE_HOST"] == "127.0.0.1" and env["KUBERNETES_SERVICE_PORT"] == "6443"


async def test_missing_reference_is_waited_for(node: FakeNode) -> None:
    async with running(node):
        made = pod()
        made["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "later"}}]
        node.client.put(PODS, made)
        await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
        assert 'configmap "later" not found' in node.events.seen[0][1]
        node.client.put(CONFIGMAPS, {"metadata": {"name": "later", "namespace": "ns"}, "data": {}})
        await node.client.pod("p", phase("Running"))


async def test_readiness_and_liveness(node: FakeNode, tmp_path: Path) -> None:
    async with running(node):
        made = pod()
        made["spec"]["terminationGracePeriodSeconds"] = 1
        made["spec"]["containers"][0] |= {
            "readinessProbe": {
                "exec": {"command": ["test", "-e", f"{tmp_path}/ready"]},
                "periodSeconds": 1,
            },
            "livenessProbe": {
                "exec": {"command": ["test", "!", "-e", f"{tmp_path}/dead"]},
                "periodSeconds": 1,
                "failureThreshold": 2,
            },
        }
        node.client.put(PODS, made)
        seen = await node.client.pod("p", phase("Running"))
        assert not state(seen)["ready"]
        (tmp_path / "ready").touch()
        await node.client.pod("p", lambda p: state(p)["ready"])
        (tmp_path / "dead").touch()
        await node.client.pod("p", lambda p: state(p)["restartCount"] == 1)


async def test_kubelet_comes_back_and_takes_over(node: FakeNode, tmp_path: Path) -> None:
    async with running(node):
        node.client.put(PODS, pod("stays"))
        node.client.put(PODS, pod("goes"))
        await node.client.pod("stays", phase("Running"))
        await node.client.pod("goes", phase("Running"))
    pids = {s.spec.pod_uid: s.pid for s in node.runtime.containers()}
    node.runtime.close()
    node.closed = True
    node.client.remove(PODS, "goes", "ns")
    again = await FakeNode.started(tmp_path, node.client)
    async with running(again):
        await eventually(lambda: "uid-goes" in again.dra.unprepared)
        (left,) = again.runtime.containers()
        assert left.running and left.pid == pids["uid-stays"]
        await again.client.delete(PODS, "stays", "ns", grace_period_seconds=5)
        await again.client.pod_gone("stays")
    with pytest.raises(ProcessLookupError):
        os.kill(pids["uid-stays"], 0)


async def test_removed_pod_is_ended_without_the_server(node: FakeNode) -> None:
    async with running(node):
        node.client.put(PODS, pod())
        await node.client.pod("p", phase("Running"))
        node.client.remove(PODS, "p", "ns")
        await eventually(lambda: not node.runtime.containers())


async def test_a_pod_that_was_removed_by_force_has_no_more_than_a_second(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, graces = node.runtime.stop, list[float]()

    async def note(container_id: str, grace: float) -> ContainerState:
        graces.append(grace)
        return await stop(container_id, 0)

    monkeypatch.setattr(node.runtime, "stop", note)
    async with running(node):
        node.client.put(PODS, pod(terminationGracePeriodSeconds=1000))
        await node.client.pod("p", phase("Running"))
        node.client.remove(PODS, "p", "ns")
        await eventually(lambda: not node.runtime.containers())
    assert graces and max(graces) <= 1


async def test_a_pod_for_another_system_is_not_run(node: FakeNode) -> None:
    # The pod security standards forbid it less.
    async with running(node):
        node.client.put(PODS, pod(os={"name": "windows"}))
        seen = await node.client.pod("p", phase("Failed"))
    assert seen["status"]["reason"] == "PodOSNotSupported"
    assert seen["status"]["message"].startswith("Pod was rejected: Failed to admit pod as the OS field")
    assert not node.runtime.containers()
    assert "PodOSNotSupported" in [reason for reason, _ in node.events.seen]


async def test_a_pod_for_this_system_is_run(node: FakeNode) -> None:
    async with running(node):
        node.client.put(PODS, pod(os={"name": "linux"}))
        await node.client.pod("p", phase("Running"))


async def test_deadline_ends_a_pod(node: FakeNode) -> None:
    async with running(node):
        node.client.put(PODS, pod(activeDeadlineSeconds=1, terminationGracePeriodSeconds=1))
        seen = await node.client.pod("p", phase("Failed"))
        assert seen["status"]["reason"] == "DeadlineExceeded"


@pytest.mark.parametrize("deleted", [False, True])
async def test_pod_has_not_ended_before_its_devices_are_given_back(node: FakeNode, deleted: bool) -> None:
    node.dra.unprepare_failure = PrepareError("driver is gone")
    async with running(node) as pods:
        node.client.put(PODS, pod(script="sleep 100" if deleted else "exit 0", restartPolicy="Never"))
        await node.client.pod("p", phase("Running"))
        if deleted:
            await node.client.delete(PODS, "p", "ns", grace_period_seconds=5)
        seen = await node.client.pod("p", lambda p: "terminated" in state(p)["state"])
        assert seen["status"]["phase"] == "Running"
        assert ("FailedUnprepareDynamicResources", "driver is gone") in node.events.seen
        node.dra.unprepare_failure = None
        pods.wake_all()
        await (node.client.pod_gone("p") if deleted else node.client.pod("p", phase("Succeeded")))
        assert node.dra.unprepared == ["uid-p"]


@pytest.mark.parametrize("force", [False, True])
async def test_grace_may_be_shortened(node: FakeNode, force: bool) -> None:
    async with running(node):
        node.client.put(PODS, pod(script='trap "" TERM; echo; while :; do sleep 0.05; done'))
        await node.client.pod("p", phase("Running"))
        log = node.runtime.containers()[0].spec.log_path
        await eventually(log.read_text)
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=100)
        await eventually(lambda: ("Killing", "Stopping container c") in node.events.seen)
        if force:
            node.client.remove(PODS, "p", "ns")
        else:
            await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
        await eventually(lambda: not node.runtime.containers())


async def test_a_path_below_a_volume_that_names_nothing_keeps_the_container_from_starting(
    node: FakeNode, tmp_path: Path
) -> None:
    made = pod()
    made["spec"]["volumes"] = [{"name": "v", "emptyDir": {}}]
    mount = {"name": "v", "mountPath": "/v", "subPathExpr": "$(NOPE)/x"}
    made["spec"]["containers"][0]["volumeMounts"] = [mount]
    async with running(node):
        node.client.put(PODS, made)
        seen = await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
    waiting = state(seen)["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": "missing value for NOPE"}
    assert not node.runtime.containers()


async def test_a_volume_with_a_path_that_cannot_be_is_told(node: FakeNode) -> None:
    made = pod()
    made["spec"]["volumes"] = [{"name": "v", "hostPath": {"path": "/opt/\0x"}}]
    async with running(node):
        node.client.put(PODS, made)
        await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
    (told,) = {message for reason, message in node.events.seen if reason == "FailedMount"}
    assert 'MountVolume.SetUp failed for volume "v" : ' in told and "null" in told


async def test_a_container_that_fails_in_a_way_that_nobody_expects_costs_only_itself(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = node.runtime.start

    async def fail_for_one(spec: ContainerSpec) -> ContainerState:
        if spec.name == "odd":
            raise RuntimeError("a mistake")
        return await start(spec)

    monkeypatch.setattr(node.runtime, "start", fail_for_one)
    made = pod()
    made["spec"]["containers"].insert(0, made["spec"]["containers"][0] | {"name": "odd"})
    async with running(node):
        node.client.put(PODS, made)
        seen = await node.client.pod(
            "p", lambda p: "containerStatuses" in p["status"] and "running" in state(p)["state"]
        )
        assert state(seen, "odd")["state"]["waiting"]["reason"] == "CreateContainerError"


@pytest.mark.parametrize("field", ["env", "args", "workingDir"])
async def test_variables_that_double_keep_the_container_from_starting(node: FakeNode, field: str) -> None:
    made = pod()
    env = [{"name": "V0", "value": "x" * 64}]
    env += [
        {"name": f"V{i}", "value": f"$(V{i - 1})$(V{i - 1})"} for i in range(1, 60 if field == "env" else 12)
    ]
    given: Any = {"env": env, "args": ["$(V11)"] * 20, "workingDir": "/$(V11)"}
    made["spec"]["containers"][0] |= {"env": env, field: given[field]}
    async with running(node):
        node.client.put(PODS, made)
        seen = await node.client.pod("p", lambda p: "containerStatuses" in p["status"])
    waiting = state(seen)["state"]["waiting"]
    assert waiting["reason"] == "CreateContainerConfigError" and "more than" in waiting["message"]


def restored(api: KubeletApi, monkeypatch: pytest.MonkeyPatch, obj: Object) -> None:
    """From now on the server lists what it had at its first version."""
    old = {**obj, "metadata": {**obj["metadata"], "resourceVersion": "1"}}

    async def older(*arguments: object, **options: object) -> Object:
        return {"metadata": {"resourceVersion": "1"}, "items": [old]}

    monkeypatch.setattr(api, "list", older)


async def test_a_server_that_is_an_older_copy_of_itself_is_believed(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(node) as pods:
        node.client.put(PODS, pod())
        seen = await node.client.pod("p", phase("Running"))
        await eventually(lambda: pods.informer.store["ns", "p"]["status"].get("phase") == "Running")
        stored = {
            **seen["metadata"],
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 1,
        }
        restored(node.client, monkeypatch, {**seen, "metadata": stored})
        await pods.informer._take_list()
        await eventually(lambda: not node.runtime.containers() and "uid-p" in node.dra.unprepared)


@pytest.mark.parametrize("ended", [False, True])
async def test_a_status_that_the_server_has_forgotten_is_told_again(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    async with running(node) as pods:
        node.client.put(PODS, pod(script="exit 0" if ended else "sleep 100", restartPolicy="Never"))
        told = phase("Succeeded" if ended else "Running")
        seen = await node.client.pod("p", told)
        await eventually(lambda: told(pods.informer.store["ns", "p"]))
        written = asyncio.Event()
        patch = node.client.patch

        async def tell(*arguments: Any, **options: Any) -> Object:
            written.set()
            return await patch(*arguments, **options)

        monkeypatch.setattr(node.client, "patch", tell)
        restored(node.client, monkeypatch, {**seen, "status": {"phase": "Pending"}})
        await pods.informer._take_list()
        await asyncio.wait_for(written.wait(), 5)


@pytest.mark.parametrize(("containers", "apart"), [(100, None), (1100, 1.0)])
async def test_looks_at_a_pod_of_very_many_containers_keep_a_distance(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch, containers: int, apart: float | None
) -> None:
    made = pod()
    made["spec"]["containers"] = [{"name": f"c{number}", "image": "busybox"} for number in range(containers)]
    worker = PodWorker(node.context, KnownPod.of(made))
    looks: list[float] = []
    slept: list[float] = []

    async def look() -> None:
        looks.append(len(slept))
        if len(looks) == 3:
            raise SystemExit
        worker.wake()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(worker, "_sync", look)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(SystemExit):
        await worker.run()
    assert slept == ([] if apart is None else [apart] * 2)
