"""StatefulSets: pods with names and claims of their own, one after the other."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.api.shapes import read
from drakkar.client.resources import PERSISTENTVOLUMECLAIMS, PODS, STATEFULSETS
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.stateful_identity import parent_and_ordinal
from drakkar.controllers.workloads.stateful_update import outdated
from drakkar.testing import MemoryApi

from ..manifests import NS, ready

Object = dict[str, Any]
_LABELS = {"app": "web"}


def stateful_set(**spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": NS},
        "spec": {
            "replicas": 3,
            "serviceName": "names",
            "selector": {"matchLabels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": {"containers": [{"name": "c", "image": "first"}]},
            },
            **spec,
        },
    }


def claims(**retention: str) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": spec}],
        "persistentVolumeClaimRetentionPolicy": {
            "whenDeleted": "Retain",
            "whenScaled": "Retain",
            **retention,
        },
    }


def names(client: MemoryApi, which: str = "pods") -> list[str]:
    return sorted(obj["metadata"]["name"] for obj in client.all(which))


async def run(client: MemoryApi, *wanted: str) -> None:
    """Let these pods run, one after the other, as they come."""
    for name in wanted:
        await client.until(lambda name=name: client.find("pods", name, NS))
        client.set_status("pods", name, NS, **ready())


def status(client: MemoryApi) -> Object:
    return client.have("statefulsets", "web", NS).get("status") or {}


async def test_a_pod_waits_for_the_one_before_it(cluster: MemoryApi) -> None:
    await cluster.create(STATEFULSETS, stateful_set())
    await cluster.until(lambda: status(cluster).get("replicas") == 1)
    assert names(cluster) == ["web-0"]
    await run(cluster, "web-0", "web-1", "web-2")
    await cluster.until(lambda: status(cluster).get("availableReplicas") == 3)
    pod = cluster.have("pods", "web-2", NS)
    (revision,) = names(cluster, "controllerrevisions")
    assert pod["metadata"]["labels"] == {
        **_LABELS,
        "apps.kubernetes.io/pod-index": "2",
        "controller-revision-hash": revision,
        "statefulset.kubernetes.io/pod-name": "web-2",
    }
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("web-2", "names")


async def test_more_than_anybody_has_cost_no_more_than_the_first(cluster: MemoryApi) -> None:
    """A list of all their numbers would take the machine's memory."""
    await cluster.create(STATEFULSETS, stateful_set(replicas=2**31 - 1))
    await run(cluster, "web-0")
    await cluster.until(lambda: names(cluster) == ["web-0", "web-1"])


async def test_all_at_once(cluster: MemoryApi) -> None:
    await cluster.create(STATEFULSETS, stateful_set(podManagementPolicy="Parallel", ordinals={"start": 4}))
    await cluster.until(lambda: names(cluster) == ["web-4", "web-5", "web-6"])


async def test_the_last_goes_first(cluster: MemoryApi) -> None:
    await cluster.create(STATEFULSETS, stateful_set())
    await run(cluster, "web-0", "web-1", "web-2")
    seen: list[list[str]] = []
    cluster.on_write.append(lambda: seen.append(names(cluster)))
    await cluster.patch(STATEFULSETS, "web", {"spec": {"replicas": 0}}, NS)
    await cluster.until(lambda: not cluster.all("pods"))
    assert [one for at, one in enumerate(seen) if one not in seen[:at]] == [
        ["web-0", "web-1", "web-2"],
        ["web-0", "web-1"],
        ["web-0"],
        [],
    ]


async def test_an_update_ends_at_the_partition_and_goes_on_when_that_is_lowered(cluster: MemoryApi) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    await cluster.create(STATEFULSETS, stateful_set(updateStrategy=rolling))
    await run(cluster, "web-0", "web-1", "web-2")
    await cluster.until(lambda: status(cluster).get("readyReplicas") == 3)

    def images() -> list[str]:
        return [pod["spec"]["containers"][0]["image"] for pod in cluster.all("pods")]

    container = {"containers": [{"name": "c", "image": "second"}]}
    await cluster.patch(STATEFULSETS, "web", {"spec": {"template": {"spec": container}}}, NS)
    await cluster.until(lambda: images() == ["first", "first", "second"])
    await run(cluster, "web-2")
    counts = {"updatedReplicas": 1, "currentReplicas": 2, "availableReplicas": 3}
    await cluster.until(lambda: counts.items() <= status(cluster).items())
    assert status(cluster)["currentRevision"] != status(cluster)["updateRevision"]
    # One that is lost below the partition comes back as it was.
    await cluster.delete(PODS, "web-0", NS)
    await run(cluster, "web-0")
    assert images() == ["first", "first", "second"]
    rolling["rollingUpdate"] = {"partition": 0}
    await cluster.patch(STATEFULSETS, "web", {"spec": {"updateStrategy": rolling}}, NS)
    for at in (1, 0):
        await cluster.until(lambda at=at: images()[at : at + 1] == ["second"])
        await run(cluster, f"web-{at}")
    await cluster.until(lambda: status(cluster)["currentRevision"] == status(cluster)["updateRevision"])


async def test_a_claim_of_a_pod_that_went_is_waited_for(cluster: MemoryApi) -> None:
    """Else the new pod had the volume that is about to go."""
    await cluster.create(STATEFULSETS, stateful_set(replicas=1, **claims(whenScaled="Delete")))
    await run(cluster, "web-0")
    held = await cluster.until(lambda: cluster.find("persistentvolumeclaims", "data-web-0", NS))
    assert not held["metadata"].get("ownerReferences")
    # Something else holds it, so that it does not go with the pod.
    keep = {"metadata": {"finalizers": ["example.org/keep"]}}
    await cluster.patch(PERSISTENTVOLUMECLAIMS, "data-web-0", keep, NS)
    await cluster.patch(STATEFULSETS, "web", {"spec": {"replicas": 0}}, NS)
    await cluster.until(
        lambda: cluster.have("persistentvolumeclaims", "data-web-0", NS)["metadata"].get("deletionTimestamp")
    )
    await cluster.patch(STATEFULSETS, "web", {"spec": {"replicas": 1}}, NS)
    await cluster.until(lambda: status(cluster).get("observedGeneration") == 3)
    assert not cluster.all("pods")
    await cluster.patch(PERSISTENTVOLUMECLAIMS, "data-web-0", {"metadata": {"finalizers": None}}, NS)
    await cluster.until(lambda: names(cluster) == ["web-0"])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("web-0", ("web", 0)),
        ("web-db-12", ("web-db", 12)),
        ("web", ("", -1)),
        ("web-x", ("", -1)),
        ("web-2147483648", ("web", -1)),
        ("web-²", ("", -1)),
    ],
)
def test_names_and_numbers(name: str, found: tuple[str, int]) -> None:
    assert parent_and_ordinal(name) == found


_PODS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=8)


@given(_PODS, st.integers(1, 4), st.integers(0, 9), st.booleans())
def test_an_update_leaves_as_many_as_it_must(
    pods: list[tuple[bool, bool, bool]], most: int, partition: int, parallel: bool
) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": most, "partition": partition}}
    policy = "Parallel" if parallel else "OrderedReady"
    obj = stateful_set(replicas=len(pods), updateStrategy=rolling, podManagementPolicy=policy)
    made: Any = Seen(obj, read("apps", "StatefulSet", obj))
    given_pods: list[Any] = []
    for at, (is_new, serves, leaves) in enumerate(pods):
        labels = {"controller-revision-hash": "new" if is_new else "old"}
        pod: Object = {
            "metadata": {"name": f"web-{at}", "namespace": NS, "labels": labels},
            "spec": {"containers": []},
            "status": ready() if serves else {"phase": "Running"},
        }
        if leaves:
            pod["metadata"]["deletionTimestamp"] = "2020-01-01T00:00:00Z"
        given_pods.append(Seen(pod, read("", "Pod", pod)))
    going = outdated(made, given_pods, "new", datetime.datetime.now(datetime.UTC))
    numbers = [given_pods.index(pod) for pod in going]
    assert all(at >= partition and not pods[at][0] and not pods[at][2] for at in numbers)
    missing = sum(not serves or leaves for _, serves, leaves in pods)
    assert sum(pods[at][1] for at in numbers) <= max(0, most - missing)
    if parallel:
        idle = {
            at
            for at, (is_new, serves, leaves) in enumerate(pods)
            if at >= partition and not (is_new or serves or leaves)
        }
        assert idle <= set(numbers)
