"""What the official Python client builds on its calls: leader election, its informer, and its asyncio half."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from kubernetes import aio
from kubernetes import client as k8s
from kubernetes.informer import SharedInformer
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

from .following import APPLY, MERGE, SECONDS, Object

pytestmark = pytest.mark.e2e


def test_a_leader_is_elected(api: k8s.ApiClient, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The lock makes an API object of its own, which takes the default configuration.
    monkeypatch.setattr(k8s.Configuration, "_default", api.configuration)
    leads = threading.Event()
    lock = LeaseLock("lock", namespace, "one")
    settings = electionconfig.Config(
        lock,
        lease_duration=17,
        renew_deadline=15,
        retry_period=5,
        onstarted_leading=leads.set,
        onstopped_leading=None,
    )

    def lead() -> None:
        # It has no end but the loss of its lock, and so goes on until the cluster is gone.
        with contextlib.suppress(Exception):
            leaderelection.LeaderElection(settings).run()

    threading.Thread(target=lead, daemon=True).start()
    assert leads.wait(SECONDS)
    assert k8s.CoordinationV1Api(api).read_namespaced_lease("lock", namespace).spec.holder_identity == "one"


def test_an_informer_follows(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    seen: list[tuple[str, str]] = []
    listed, gone = threading.Event(), threading.Event()

    def hear(kind: str) -> Any:
        def handler(obj: Any) -> None:
            name = obj.metadata.name
            if name.startswith("mine"):
                seen.append((kind, name))
            if (kind, name) == ("ADDED", "mine-1"):
                listed.set()
            if (kind, name) == ("DELETED", "mine-2"):
                gone.set()

        return handler

    core.create_namespaced_config_map(namespace, {"metadata": {"name": "mine-1"}})
    informer = SharedInformer(core.list_namespaced_config_map, namespace=namespace)
    for kind in ("ADDED", "MODIFIED", "DELETED"):
        informer.add_event_handler(kind, hear(kind))
    informer.start()
    try:
        # What came and went before the first list is never told.
        assert listed.wait(SECONDS)
        core.create_namespaced_config_map(namespace, {"metadata": {"name": "mine-2"}})
        core.patch_namespaced_config_map("mine-2", namespace, {"data": {"a": "b"}}, _content_type=MERGE)
        core.delete_namespaced_config_map("mine-2", namespace)
        assert gone.wait(SECONDS), seen
    finally:
        informer.stop()
    assert ("ADDED", "mine-1") in seen and ("DELETED", "mine-2") in seen


async def test_the_asyncio_half(kubeconfig: str, namespace: str) -> None:
    api = await aio.config.new_client_from_config(kubeconfig)
    async with api:
        resource = aio.client.ResourceV1Api(api)
        body: Object = {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "DeviceClass",
            "metadata": {"name": f"{namespace}.example.com"},
            "spec": {},
        }
        name = body["metadata"]["name"]
        made = await resource.patch_device_class(name, body, field_manager="aio", _content_type=APPLY)
        assert made.metadata.managed_fields[0].manager == "aio"
        kinds = []
        selector = f"metadata.name={name}"
        async with aio.watch.Watch().stream(
            resource.list_device_class, field_selector=selector, timeout_seconds=SECONDS
        ) as events:
            async for event in events:
                kinds.append(event["type"])
                if event["type"] == "DELETED":
                    break
                await resource.delete_device_class(name)
        assert kinds == ["ADDED", "DELETED"]
