"""Pods that no kubelet will remove."""

from __future__ import annotations

import pytest

from drakkar.api.object import key_of
from drakkar.client.resources import PODS
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.nodes import podgc as podgc_module
from drakkar.controllers.nodes.podgc import PodGarbageCollector
from drakkar.testing import MemoryApi

from ..manifests import NS, pod


async def test_pods_of_a_node_that_is_gone_and_too_many_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(podgc_module, "_NODE_GONE_SECONDS", 0.0)
    monkeypatch.setattr(podgc_module, "_MOST_FINISHED", 1)
    client = MemoryApi()
    client.put_namespace(NS)
    mirrors = Mirrors(client)
    collector = PodGarbageCollector(client, mirrors)
    for name in ("lost", "first", "second"):
        node = {"nodeName": "gone"} if name == "lost" else {}
        made = await client.create(PODS, pod(name, {"containers": [{"name": "c", "image": "i"}], **node}))
        made["metadata"]["creationTimestamp"] = f"2020-01-01T00:00:0{len(name)}Z"
        if name != "lost":
            made["status"]["phase"] = "Succeeded"
        mirrors.of(PODS).learn(client.put("pods", made))
    phases = []
    client.on_write.append(lambda: phases.extend(p["status"]["phase"] for p in client.all("pods", NS)))
    await collector.reconcile("")
    collector.queue.close()
    assert [found["metadata"]["name"] for found in client.all("pods")] == ["second"]
    # Its owner was told how it ended.
    assert "Failed" in phases


async def test_a_pod_that_got_a_node_unseen_is_left_to_its_kubelet() -> None:
    client = MemoryApi()
    client.put_namespace(NS)
    client.put("nodes", {"metadata": {"name": "w1"}})
    mirrors = Mirrors(client)
    collector = PodGarbageCollector(client, mirrors)
    seen = await client.create(PODS, pod("a", {"containers": [{"name": "c", "image": "i"}]}))
    mirrors.of(PODS).learn(seen)
    target = {"apiVersion": "v1", "kind": "Node", "name": "w1"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": target}
    await client.post_subresource(PODS, "a", "binding", binding, NS)
    await client.delete(PODS, "a", NS)
    # As the controller does that deletes it.
    mirrors.of(PODS).learn_deletion(key_of(seen), seen["metadata"]["uid"])
    await collector.reconcile("")
    collector.queue.close()
    assert client.have("pods", "a", NS)["status"]["phase"] == "Pending"
