"""Claims: made from templates, reserved, freed, deleted."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from drakkar.api.object import ObjectKey, key_of
from drakkar.client import EventRecorder
from drakkar.client.resources import PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES
from drakkar.controllers.claims import resourceclaim
from drakkar.controllers.claims.resourceclaim import Key, ResourceClaimController
from drakkar.controllers.claims.template import generate_name
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.testing import MemoryApi
from drakkar.testing.fates import Asked

from ..manifests import NS, claim_template, pod

Object = dict[str, Any]
FINALIZER = "resource.kubernetes.io/delete-protection"


def own_claim(name: str = "shared", finalizers: tuple[str, ...] = (FINALIZER,)) -> Object:
    metadata = {"name": name, "namespace": NS, "finalizers": list(finalizers)}
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": metadata, "spec": {}}


def use(client: MemoryApi, claim: str, *pods: Object) -> None:
    """Allocate the claim and reserve it for the pods, as the scheduler does."""
    consumers = [
        {"resource": "pods", "name": user["metadata"]["name"], "uid": user["metadata"]["uid"]}
        for user in pods
    ]
    client.set_status("resourceclaims", claim, NS, allocation={"devices": {}}, reservedFor=consumers)


def status(client: MemoryApi, claim: str) -> Object:
    found = client.find("resourceclaims", claim, NS)
    assert found is not None
    return found.get("status") or {}


def direct(name: str, claim: str = "shared") -> Object:
    spec = {
        "containers": [{"name": "c", "image": "i"}],
        "resourceClaims": [{"name": "gpu", "resourceClaimName": claim}],
    }
    return pod(name, spec)


def applied(client: MemoryApi) -> list[Asked]:
    return [asked for asked in client.asked if "force" in asked.params]


async def test_a_claim_is_made_from_the_template(cluster: MemoryApi) -> None:
    template = await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    made = await cluster.create(PODS, pod())
    await cluster.until(lambda: applied(cluster))
    (claim,) = cluster.all("resourceclaims")
    metadata = claim["metadata"]
    assert re.fullmatch("p-gpu-[bcdfghjklmnpqrstvwxz2-9]{5}", metadata["name"])
    assert metadata["annotations"] == {"note": "n", "resource.kubernetes.io/pod-claim-name": "gpu"}
    assert metadata["labels"] == {"team": "a"}
    uid = made["metadata"]["uid"]
    assert metadata["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": uid, "controller": True}
    ]
    assert claim["spec"] == template["spec"]["spec"]
    sent = applied(cluster)[0]
    assert sent.params == {"fieldManager": "ResourceClaimController", "force": "true"}
    wanted = [{"name": "gpu", "resourceClaimName": metadata["name"]}]
    assert sent.body["status"] == {"resourceClaimStatuses": wanted}


async def test_a_template_that_comes_later_is_enough(cluster: MemoryApi) -> None:
    await cluster.create(PODS, pod())
    failed = await cluster.until(
        lambda: [e for e in cluster.all("events") if e["reason"] == "FailedResourceClaimCreation"]
    )
    assert '"gpus" not found' in failed[0]["message"]
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.until(lambda: cluster.all("resourceclaims"))


async def test_a_claim_of_ours_that_is_there_already_is_used_again(cluster: MemoryApi) -> None:
    made = await cluster.create(PODS, pod())
    metadata = {
        "name": "from-before",
        "namespace": NS,
        "annotations": {"resource.kubernetes.io/pod-claim-name": "gpu"},
        "ownerReferences": [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": "p",
                "uid": made["metadata"]["uid"],
                "controller": True,
            }
        ],
    }
    await cluster.create(RESOURCECLAIMS, {**own_claim(), "metadata": metadata})
    await cluster.create(RESOURCECLAIMTEMPLATES, claim_template())
    await cluster.until(lambda: applied(cluster))
    told = applied(cluster)[0].body["status"]["resourceClaimStatuses"]
    assert told[0]["resourceClaimName"] == "from-before"
    assert len(cluster.all("resourceclaims")) == 1


async def test_the_last_consumer_gone_frees_a_shared_claim(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    pods = [await cluster.create(PODS, direct(name)) for name in ("a", "b")]
    use(cluster, "shared", *pods)
    await cluster.delete(PODS, "a", NS)
    await cluster.until(lambda: len(status(cluster, "shared")["reservedFor"]) == 1)
    assert "allocation" in status(cluster, "shared")
    cluster.set_status("pods", "b", NS, phase="Succeeded")
    await cluster.until(lambda: not status(cluster, "shared"))
    claim = await cluster.until(
        lambda: (
            (found := cluster.find("resourceclaims", "shared", NS))
            and not found["metadata"].get("finalizers")
            and found
        )
    )
    assert "deletionTimestamp" not in claim["metadata"]


async def test_a_pod_of_the_same_name_is_another_pod(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    first = await cluster.create(PODS, direct("a"))
    await cluster.delete(PODS, "a", NS)
    await cluster.create(PODS, direct("a"))
    use(cluster, "shared", first)
    await cluster.until(lambda: not status(cluster, "shared"))


async def test_consumers_of_unknown_kinds_stay(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    made = await cluster.create(PODS, direct("a"))
    other = {"apiGroup": "example.com", "resource": "things", "name": "t", "uid": "t"}
    use(cluster, "shared", made)
    mine = status(cluster, "shared")["reservedFor"]
    cluster.set_status("resourceclaims", "shared", NS, reservedFor=[*mine, other])
    await cluster.delete(PODS, "a", NS)
    await cluster.until(lambda: status(cluster, "shared").get("reservedFor") == [other])
    assert "allocation" in status(cluster, "shared")


async def test_a_deleted_claim_in_use_waits_for_its_pod(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    made = await cluster.create(PODS, direct("a"))
    cluster.set_spec("pods", "a", NS, nodeName="w1")
    cluster.set_status("pods", "a", NS, phase="Running")
    use(cluster, "shared", made)
    await cluster.delete(RESOURCECLAIMS, "shared", NS)
    # Deleting a running pod does not free the claim either: the kubelet has not let go yet.
    await cluster.delete(PODS, "a", NS)
    marker = await cluster.create(RESOURCECLAIMS, own_claim("marker"))
    use(cluster, "marker", {"metadata": {"name": "never", "uid": "x"}})
    await cluster.until(lambda: not status(cluster, "marker"))
    assert marker and "allocation" in status(cluster, "shared")
    await cluster.delete(PODS, "a", NS, grace_period_seconds=0)
    await cluster.until(lambda: cluster.find("resourceclaims", "shared", NS) is None)


async def test_an_allocated_claim_nobody_reserved_is_freed_on_deletion(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    use(cluster, "shared")
    await cluster.delete(RESOURCECLAIMS, "shared", NS)
    await cluster.until(lambda: cluster.find("resourceclaims", "shared", NS) is None)


async def test_a_pod_bound_by_hand_gets_its_reservation(cluster: MemoryApi) -> None:
    await cluster.create(RESOURCECLAIMS, own_claim())
    use(cluster, "shared")
    spec = {**direct("a")["spec"], "nodeName": "w1"}
    made = await cluster.create(PODS, pod("a", spec))
    await cluster.until(lambda: status(cluster, "shared").get("reservedFor"))
    consumer = {"resource": "pods", "name": "a", "uid": made["metadata"]["uid"]}
    assert status(cluster, "shared")["reservedFor"] == [consumer]


def test_long_names_are_cut_in_proportion() -> None:
    assert generate_name("pod", "gpu") == "pod-gpu-"
    name = generate_name("a" * 60, "b" * 20)
    assert name == "a" * 41 + "-" + "b" * 13 + "-"
    assert len(name) + 5 <= 63


class Behind:
    """The controller with only those objects in its mirrors that it is told to have seen."""

    def __init__(self, client: MemoryApi) -> None:
        client.put_namespace(NS)
        client.put("nodes", {"metadata": {"name": "w1"}})
        self._client = client
        mirrors = Mirrors(client)
        self._controller = ResourceClaimController(client, mirrors, EventRecorder(client, "test"))
        self.pods, self.claims = mirrors.of(PODS), mirrors.of(RESOURCECLAIMS)
        self.templates = mirrors.of(RESOURCECLAIMTEMPLATES)
        self.reconcile = self._controller.reconcile

    async def frees(self, claim: str) -> bool:
        """Whether it frees the claim as it is stored now."""
        self.claims.learn(self._client.have("resourceclaims", claim, NS))
        await self._controller.reconcile(Key("claim", ObjectKey(NS, claim)))
        return "allocation" not in status(self._client, claim)

    async def looks_again(self, key: Key) -> None:
        """Do all the work there is now, and return when the key comes again by itself."""
        queue = self._controller.queue
        while len(queue):
            one = await queue.get()
            await self._controller.reconcile(one)
            queue.done(one)
        async with asyncio.timeout(5):
            assert await queue.get() == key
        queue.done(key)


async def test_a_claim_is_not_freed_for_a_pod_whose_place_another_has_taken_unseen() -> None:
    client = MemoryApi()
    behind = Behind(client)
    await client.create(RESOURCECLAIMS, own_claim())
    before = await client.create(PODS, direct("a"))
    behind.pods.learn(before)
    await client.delete(PODS, "a", NS)
    now = await client.create(PODS, direct("a"))
    use(client, "shared", now)
    assert not await behind.frees("shared")


async def test_a_claim_is_not_freed_while_its_pod_ends_on_a_node_that_it_got_unseen() -> None:
    client = MemoryApi()
    behind = Behind(client)
    await client.create(RESOURCECLAIMS, own_claim())
    seen = await client.create(PODS, direct("a"))
    behind.pods.learn(seen)
    use(client, "shared", seen)
    target = {"apiVersion": "v1", "kind": "Node", "name": "w1"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": target}
    await client.post_subresource(PODS, "a", "binding", binding, NS)
    await client.delete(PODS, "a", NS)
    # As the controller does that deletes it.
    behind.pods.learn_deletion(key_of(seen), seen["metadata"]["uid"])
    assert not await behind.frees("shared")
    await client.delete(PODS, "a", NS, grace_period_seconds=0)
    assert await behind.frees("shared")


async def test_a_pod_that_came_and_went_unseen_holds_no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resourceclaim, "UNSEEN_SECONDS", 0.01)
    client = MemoryApi()
    behind = Behind(client)
    await client.create(RESOURCECLAIMS, own_claim())
    unseen = await client.create(PODS, direct("a"))
    use(client, "shared", unseen)
    assert not await behind.frees("shared")
    # Nobody told of the pod, so nobody tells of its end.
    await behind.looks_again(Key("claim", ObjectKey(NS, "shared")))
    await client.delete(PODS, "a", NS)
    assert await behind.frees("shared")
    await client.aclose()


async def test_a_claim_that_came_and_went_unseen_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resourceclaim, "UNSEEN_SECONDS", 0.01)
    client = MemoryApi()
    behind = Behind(client)
    made = await client.create(PODS, pod())
    owner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "p",
        "uid": made["metadata"]["uid"],
        "controller": True,
    }
    claim = own_claim("p-gpu-before", ())
    claim["metadata"]["ownerReferences"] = [owner]
    await client.create(RESOURCECLAIMS, claim)
    names = [{"name": "gpu", "resourceClaimName": "p-gpu-before"}]
    behind.pods.learn(client.set_status("pods", "p", NS, resourceClaimStatuses=names))
    await behind.looks_again(Key("pod", ObjectKey(NS, "p")))
    await client.delete(RESOURCECLAIMS, "p-gpu-before", NS)
    behind.templates.learn(await client.create(RESOURCECLAIMTEMPLATES, claim_template()))
    await behind.reconcile(Key("pod", ObjectKey(NS, "p")))
    assert [one["metadata"]["name"] for one in client.all("resourceclaims")] != []
    await client.aclose()


async def test_a_pod_without_claims_is_passed_over_and_the_others_stand_in_one_queue() -> None:
    client = MemoryApi()
    behind = Behind(client)
    queue = behind._controller.queue
    plain = {"containers": [{"name": "c", "image": "i"}]}
    behind.pods.learn(await client.create(PODS, pod("plain", plain)))
    assert len(queue) == 0
    behind.pods.learn(await client.create(PODS, direct("a")))
    behind.claims.learn(await client.create(RESOURCECLAIMS, own_claim()))
    # The claim, and the pod that uses it.
    assert len(queue) == 2
    await client.aclose()
