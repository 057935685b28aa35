"""An operator made with kopf: its own kind, children, results in the status, a finalizer, events, and indexes over watches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import kopf
import pytest
from kubernetes import client as k8s
from kubernetes.client.exceptions import ApiException

GROUP, VERSION, PLURAL = "kopf.example.com", "v1", "gadgets"
_READY_S = 30
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"{PLURAL}.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": PLURAL, "singular": "gadget", "kind": "Gadget"},
        "versions": [
            {
                "name": VERSION,
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}


class Heard:
    """What the operator's handlers were told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self._changed = asyncio.Condition()

    async def tell(self, what: str, value: Any) -> None:
        async with self._changed:
            self.told.append((what, value))
            self._changed.notify_all()

    async def until(self, what: str, value: Any) -> None:
        async with asyncio.timeout(_READY_S), self._changed:
            await self._changed.wait_for(lambda: (what, value) in self.told)


def handlers(heard: Heard, core: k8s.CoreV1Api) -> kopf.OperatorRegistry:
    """The operator: a ConfigMap for each gadget, which has its size."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**given: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_kubeconfig(**given)

    @kopf.on.create(GROUP, VERSION, PLURAL, id="made", registry=registry)
    async def made(body: Any, spec: Any, name: str, namespace: str, **_: Any) -> dict[str, Any]:
        child = {"metadata": {"name": name}, "data": {"size": str(spec["size"])}}
        kopf.adopt(child)
        await asyncio.to_thread(core.create_namespaced_config_map, namespace, child)
        kopf.info(body, reason="Made", message="It has a child.")
        await heard.tell("made", name)
        return {"child": name}

    @kopf.on.update(GROUP, VERSION, PLURAL, field="spec.size", registry=registry)
    async def resized(old: Any, new: Any, name: str, namespace: str, **_: Any) -> None:
        change = {"data": {"size": str(new)}}
        await asyncio.to_thread(core.patch_namespaced_config_map, name, namespace, change)
        await heard.tell("resized", (old, new))

    @kopf.on.delete(GROUP, VERSION, PLURAL, registry=registry)
    async def going(name: str, **_: Any) -> None:
        await heard.tell("going", name)

    return registry


@contextlib.asynccontextmanager
async def operating(registry: kopf.OperatorRegistry, namespace: str) -> AsyncIterator[None]:
    """The operator at work for the time of the block."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        kopf.operator(
            registry=registry, namespaces=[namespace], stop_flag=stop, ready_flag=ready, standalone=True
        )
    )
    try:
        async with asyncio.timeout(_READY_S):
            await ready.wait()
        yield
    finally:
        stop.set()
        async with asyncio.timeout(_READY_S):
            await task


@pytest.fixture
async def gadgets(api: k8s.ApiClient) -> AsyncIterator[k8s.CustomObjectsApi]:
    definitions = k8s.ApiextensionsV1Api(api)
    await asyncio.to_thread(definitions.create_custom_resource_definition, DEFINITION)
    custom = k8s.CustomObjectsApi(api)
    async with asyncio.timeout(_READY_S):
        while True:
            with contextlib.suppress(ApiException):
                await asyncio.to_thread(custom.list_cluster_custom_object, GROUP, VERSION, PLURAL)
                break
    yield custom
    await asyncio.to_thread(definitions.delete_custom_resource_definition, DEFINITION["metadata"]["name"])


async def test_an_operator_looks_after_its_kind(
    api: k8s.ApiClient,
    gadgets: k8s.CustomObjectsApi,
    namespace: str,
    kubeconfig: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    core, heard = k8s.CoreV1Api(api), Heard()
    where = (GROUP, VERSION, namespace, PLURAL)

    def gadget(name: str, size: int) -> dict[str, Any]:
        api_version = f"{GROUP}/{VERSION}"
        return {
            "apiVersion": api_version,
            "kind": "Gadget",
            "metadata": {"name": name},
            "spec": {"size": size},
        }

    async with operating(handlers(heard, core), namespace):
        await asyncio.to_thread(gadgets.create_namespaced_custom_object, *where, gadget("one", 1))
        await heard.until("made", "one")
        change = {"spec": {"size": 2}}
        await asyncio.to_thread(gadgets.patch_namespaced_custom_object, *where, "one", change)
        await heard.until("resized", (1, 2))
        child = await asyncio.to_thread(core.read_namespaced_config_map, "one", namespace)
        assert child.data == {"size": "2"} and child.metadata.owner_references[0].kind == "Gadget"
        found = await asyncio.to_thread(gadgets.get_namespaced_custom_object, *where, "one")
        assert found["status"]["made"] == {"child": "one"}
        assert found["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
        await asyncio.to_thread(gadgets.delete_namespaced_custom_object, *where, "one")
        await heard.until("going", "one")
    # What it did not see while it was away it finds when it is back.
    await asyncio.to_thread(gadgets.create_namespaced_custom_object, *where, gadget("two", 3))
    async with operating(handlers(heard, core), namespace):
        await heard.until("made", "two")
        await asyncio.to_thread(gadgets.delete_namespaced_custom_object, *where, "two")
        await heard.until("going", "two")
    events = await asyncio.to_thread(core.list_namespaced_event, namespace)
    told = {(one.involved_object.kind, one.reason) for one in events.items}
    assert ("Gadget", "Made") in told
