"""Jobs: never too many at once, counted exactly, ended properly."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from drakkar.client.resources import JOBS, PODS, RESOURCECLAIMTEMPLATES
from drakkar.controllers.workloads import job as job_module
from drakkar.controllers.workloads.job_indexes import format_indexes, parse_indexes
from drakkar.testing import MemoryApi

from ..manifests import NS, claim_template, job

Object = dict[str, Any]
TRACKING = "batch.kubernetes.io/job-tracking"


def running(client: MemoryApi) -> list[Object]:
    return [
        pod
        for pod in client.all("pods")
        if pod["status"]["phase"] in ("Pending", "Running") and not pod["metadata"].get("deletionTimestamp")
    ]


def finish(client: MemoryApi, pod: Object, phase: str = "Succeeded") -> None:
    client.set_status("pods", pod["metadata"]["name"], NS, phase=phase)


def conditions(client: MemoryApi) -> dict[str, str]:
    found = client.find("jobs", "j", NS) or {}
    listed = (found.get("status") or {}).get("conditions") or []
    return {condition["type"]: condition["reason"] for condition in listed if condition["status"] == "True"}


def status(client: MemoryApi) -> Object:
    found = client.find("jobs", "j", NS)
    assert found is not None
    return found.get("status") or {}


async def test_four_completions_two_at_once(cluster: MemoryApi) -> None:
    most = 0
    counters: list[int] = []

    def watch() -> None:
        nonlocal most
        most = max(most, len(running(cluster)))
        held = (cluster.find("jobs", "j", NS) or {}).get("status") or {}
        waiting = held.get("uncountedTerminatedPods") or {}
        counters.append(held.get("succeeded", 0) + len(waiting.get("succeeded", [])))

    cluster.on_write.append(watch)
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.create(JOBS, job())
    for done in range(4):
        want = min(2, 4 - done)
        pods = await cluster.until(
            lambda want=want: (found := running(cluster)) and len(found) == want and found
        )
        assert pods[0]["metadata"]["finalizers"] == [TRACKING]
        await cluster.until(lambda want=want: len(cluster.all("resourceclaims")) >= want)
        finish(cluster, pods[0])
    await cluster.until(lambda: "Complete" in conditions(cluster))
    assert most == 2
    assert counters == sorted(counters) and counters[-1] == 4
    assert conditions(cluster) == {
        "SuccessCriteriaMet": "CompletionsReached",
        "Complete": "CompletionsReached",
    }
    end = status(cluster)
    assert end["succeeded"] == 4 and "failed" not in end and end["uncountedTerminatedPods"] == {}
    assert end["completionTime"] >= end["startTime"] and "active" not in end
    assert len(cluster.all("pods")) == 4
    assert not any(pod["metadata"].get("finalizers") for pod in cluster.all("pods"))
    # What finished pods used is free again.
    await cluster.until(lambda: not cluster.all("resourceclaims"))


async def test_too_many_failures(cluster: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "_FIRST_BACKOFF", 0.0)
    await cluster.create(JOBS, job(backoffLimit=1))
    for _ in range(2):
        pods = await cluster.until(lambda: len(found := running(cluster)) == 2 and found)
        finish(cluster, pods[0], "Failed")
    await cluster.until(lambda: "Failed" in conditions(cluster))
    assert conditions(cluster) == {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}
    assert status(cluster)["failed"] == 2
    assert not running(cluster)
    assert "completionTime" not in status(cluster)


async def test_a_pause_follows_a_failure(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job(parallelism=1))
    (pod,) = await cluster.until(lambda: running(cluster))
    finish(cluster, pod, "Failed")
    await cluster.until(lambda: status(cluster).get("failed") == 1)
    assert len(cluster.all("pods")) == 1


async def test_suspended_and_resumed(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job())
    await cluster.until(lambda: len(running(cluster)) == 2)
    await cluster.patch(JOBS, "j", {"spec": {"suspend": True}}, NS)
    await cluster.until(lambda: "Suspended" in conditions(cluster) and not cluster.all("pods"))
    assert "startTime" not in status(cluster) and "failed" not in status(cluster)
    await cluster.patch(JOBS, "j", {"spec": {"suspend": False}}, NS)
    await cluster.until(lambda: len(running(cluster)) == 2 and "Suspended" not in conditions(cluster))


async def test_fewer_at_once_is_no_failure(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job())
    await cluster.until(lambda: len(running(cluster)) == 2)
    await cluster.patch(JOBS, "j", {"spec": {"parallelism": 1}}, NS)
    await cluster.until(lambda: len(running(cluster)) == 1 and status(cluster).get("active") == 1)
    assert "failed" not in status(cluster)


async def test_indexes_are_given_once_each(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job(completionMode="Indexed", completions=3, parallelism=3))
    pods = await cluster.until(lambda: len(found := running(cluster)) == 3 and found)
    names = sorted(pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in pods)
    assert names == ["0", "1", "2"]
    assert {pod["spec"]["hostname"] for pod in pods} == {"j-0", "j-1", "j-2"}
    for pod in pods:
        finish(cluster, pod)
    await cluster.until(lambda: "Complete" in conditions(cluster))
    assert status(cluster)["completedIndexes"] == "0-2"


async def test_deleting_a_job_lets_its_pods_go(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job())
    await cluster.until(lambda: len(running(cluster)) == 2)
    # Without a word on it a job of batch/v1 would leave its pods behind, as with the original.
    await cluster.delete(JOBS, "j", NS, propagation_policy="Background")
    await cluster.until(lambda: not cluster.all("pods"))


async def test_a_deleted_pod_is_replaced_and_counted(
    cluster: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "_FIRST_BACKOFF", 0.0)
    await cluster.create(JOBS, job(parallelism=1))
    (pod,) = await cluster.until(lambda: running(cluster))
    await cluster.delete(PODS, pod["metadata"]["name"], NS)
    await cluster.until(lambda: status(cluster).get("failed") == 1 and len(running(cluster)) == 1)


async def test_expired(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job(completions=1, ttlSecondsAfterFinished=0))
    (pod,) = await cluster.until(lambda: running(cluster))
    finish(cluster, pod)
    await cluster.until(lambda: not cluster.all("jobs") and not cluster.all("pods"))


@pytest.mark.parametrize("text", ["", "0", "0,1", "0-2", "1,3-5,7,8"])
def test_index_ranges(text: str) -> None:
    assert format_indexes(parse_indexes(text)) == text


async def test_what_an_indexed_job_costs_does_not_depend_on_its_completions(cluster: MemoryApi) -> None:
    tracemalloc.start()
    try:
        await cluster.create(JOBS, job(completionMode="Indexed", completions=2_000_000, parallelism=3))
        await cluster.until(lambda: len(running(cluster)) == 3)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000


def test_a_range_that_nobody_can_count_is_refused_and_costs_nothing() -> None:
    with pytest.raises(ValueError, match="over 1000000 indexes"):
        parse_indexes("0-2147483647")
    assert len(parse_indexes("0-999999")) == 1_000_000


async def test_a_job_of_another_controller_is_left_to_it(cluster: MemoryApi) -> None:
    await cluster.create(JOBS, job(managedBy="example.org/other", completions=1))
    other = job(completions=1, parallelism=1)
    other["metadata"]["name"] = "ours"
    await cluster.create(JOBS, other)
    pods = await cluster.until(lambda: cluster.all("pods"))
    assert {pod["metadata"]["ownerReferences"][0]["name"] for pod in pods} == {"ours"}
    assert not cluster.have("jobs", "j", NS).get("status")
