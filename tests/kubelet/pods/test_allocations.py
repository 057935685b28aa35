"""What pods are given of their node, where they ask for more than before and where it has no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, Object, pod
from kubelet.pods.test_pods import running, state

from drakkar.api.core import Pod, Resources
from drakkar.api.resource import decode
from drakkar.client.resources import NODES, PODS
from drakkar.kubelet.pods.allocations import Allocations


def asking(name: str, cpu: str, status: Object | None = None, **container: Any) -> Object:
    made = pod(name)
    one = made["spec"]["containers"][0]
    one.update({"resources": {"requests": {"cpu": cpu}}, **container})
    if status is not None:
        made["status"] = {"containerStatuses": [{"name": one["name"], **status}]}
    return made


def given(allocations: Allocations, made: Object) -> tuple[Any, str]:
    found, lacking = allocations.allocate(decode(Pod, made))
    return found.spec.containers[0].resources.requests["cpu"], lacking


def test_more_is_given_while_there_is_room() -> None:
    node = Allocations({"cpu": "3"})
    assert given(node, asking("p", "1")) == given(node, asking("p", "1")) == ("1", "")
    assert given(node, asking("q", "1")) == ("1", "")
    said = "Node didn't have enough resource: cpu, requested: 2500, used: 1000, capacity: 3000"
    assert given(node, asking("p", "2500m")) == ("1", said)
    assert given(node, asking("q", "500m")) == ("500m", "")
    assert given(node, asking("p", "2500m")) == ("2500m", "")
    assert given(node, asking("q", "1"))[0] == "500m"
    node.release(decode(Pod, asking("p", "1")).metadata.uid)
    assert given(node, asking("q", "1")) == ("1", "")


def test_who_ran_before_keeps_what_it_had() -> None:
    node = Allocations({"cpu": "2"})
    told = {"allocatedResources": {"cpu": "1"}, "resources": {"requests": {"cpu": "1"}}}
    assert given(node, asking("p", "3", told))[0] == "1"
    # Of one that comes the scheduler has said that there is room.
    assert given(node, asking("q", "3")) == ("3", "")


def test_claims_stay_and_amounts_that_are_none_count_nothing() -> None:
    node = Allocations({"cpu": "2"})
    claims = [{"name": "x"}]
    made = asking("p", "1")
    made["spec"]["containers"][0]["resources"]["claims"] = claims
    node.allocate(decode(Pod, made))
    made["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "9"}
    found, _ = node.allocate(decode(Pod, made))
    own: Resources = found.spec.containers[0].resources
    assert (own.requests, [one.name for one in own.claims]) == ({"cpu": "1"}, ["x"])
    assert given(node, asking("q", "no amount")) == ("no amount", "")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    made = await FakeNode.started(tmp_path, KubeletApi())
    yield made
    await made.aclose()


def has(cpu: str) -> Any:
    def found(made: Object) -> bool:
        statuses = made["status"].get("containerStatuses")
        return bool(statuses) and state(made)["allocatedResources"] == {"cpu": cpu} and state(made)["ready"]

    return found


def pending(made: Object) -> Any:
    return next((one for one in made["status"]["conditions"] if one["type"] == "PodResizePending"), None)


async def resize(node: FakeNode, name: str, cpu: str) -> None:
    body = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}
    await node.client.patch(PODS, name, body, "ns", "strategic", "resize")


async def test_a_pod_is_told_what_it_has_and_what_it_waits_for(node: FakeNode) -> None:
    node.client.put(NODES, {"metadata": {"name": "node"}, "status": {"allocatable": {"cpu": "2"}}})
    async with running(node):
        for name in ("p", "q"):
            node.client.put(PODS, asking(name, "1"))
        before = await node.client.pod("p", has("1"))
        await node.client.pod("q", has("1"))
        assert state(before)["resources"] == {"requests": {"cpu": "1"}}
        await resize(node, "p", "1500m")
        waits = await node.client.pod("p", pending)
        assert pending(waits)["reason"] == "Deferred" and has("1")(waits)
        assert "requested: 1500, used: 1000, capacity: 2000" in pending(waits)["message"]
        await resize(node, "q", "500m")
        after = await node.client.pod("p", has("1500m"))
        assert pending(after) is None
        assert state(after)["containerID"] == state(before)["containerID"]
        assert after["status"]["observedGeneration"] == after["metadata"]["generation"]


async def test_a_container_is_started_anew_where_it_says_so(node: FakeNode) -> None:
    node.client.put(NODES, {"metadata": {"name": "node"}, "status": {"allocatable": {"cpu": "2"}}})
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    async with running(node):
        node.client.put(PODS, asking("p", "1", resizePolicy=policy))
        before = await node.client.pod("p", has("1"))
        await resize(node, "p", "1500m")
        after = await node.client.pod("p", lambda made: has("1500m")(made) and state(made)["restartCount"])
        assert state(after)["containerID"] != state(before)["containerID"]
