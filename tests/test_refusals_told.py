"""docs/known-gaps.md is true of the server: of custom kinds is refused what it says, and plugins leave undone what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from apiserver.custom.samples import THINGS, define, thing, version
from test_known_gaps import rows

from drakkar.client import ApiError
from drakkar.testing import MemoryApi

Object = dict[str, Any]
Asked = Callable[[MemoryApi], Awaitable[None]]
_IN_DEFAULT = "/api/v1/namespaces/default"


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()


async def unknown_fields(api: MemoryApi) -> None:
    with pytest.raises(ApiError, match="preserveUnknownFields"):
        await define(api, preserveUnknownFields=True)
    await define(api, preserveUnknownFields=False)


async def patterns(api: MemoryApi) -> None:
    def text(pattern: str) -> Object:
        return version(spec={"type": "object", "properties": {"t": {"type": "string", "pattern": pattern}}})

    with pytest.raises(ApiError, match="too large to be compiled"):
        await define(api, text(r"[\pL]{120}"))
    await define(api, text(r"[\pL]{100}"))


async def defaults(api: MemoryApi) -> None:
    field = {"type": "string", "default": "x" * 1_000}
    item = {"type": "object", "properties": {f"f{number}": field for number in range(100)}}
    await define(api, version(spec={"type": "object", "properties": {"l": {"type": "array", "items": item}}}))
    with pytest.raises(ApiError, match="too large with its defaults"):
        await api.request("POST", THINGS, json=thing(spec={"l": [{}] * 40}))
    await api.request("POST", THINGS, json=thing(spec={"l": [{}] * 10}))


REFUSED: dict[str, Asked] = {
    "`preserveUnknownFields: true`": unknown_fields,
    "patterns": patterns,
    "defaults": defaults,
}


async def default_storage_class(api: MemoryApi) -> None:
    await _class_by_default(api, "storage.k8s.io", "StorageClass", {"provisioner": "p"})
    made = await api.request("POST", f"{_IN_DEFAULT}/persistentvolumeclaims", json=_volume_claim("1Gi"))
    assert "storageClassName" not in made["spec"]


async def default_ingress_class(api: MemoryApi) -> None:
    await _class_by_default(api, "networking.k8s.io", "IngressClass", {"spec": {"controller": "a.example/b"}})
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    body = {"metadata": {"name": "i"}, "spec": {"defaultBackend": backend}}
    path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
    assert "ingressClassName" not in (await api.request("POST", path, json=body))["spec"]


async def resize(api: MemoryApi) -> None:
    metadata = {"name": "fixed"}
    body = {"metadata": metadata, "provisioner": "p", "allowVolumeExpansion": False}
    await api.request("POST", "/apis/storage.k8s.io/v1/storageclasses", json=body)
    path = f"{_IN_DEFAULT}/persistentvolumeclaims"
    claim = await api.request("POST", path, json=_volume_claim("1Gi", storageClassName="fixed"))
    api.set_spec("persistentvolumeclaims", "c", "default", volumeName="v")
    api.put(
        "persistentvolumeclaims",
        {
            **api.have("persistentvolumeclaims", "c", "default"),
            "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
        },
    )
    claim = await api.request("GET", f"{path}/c")
    claim["spec"]["resources"]["requests"]["storage"] = "2Gi"
    made = await api.request("PUT", f"{path}/c", json=claim)
    assert made["spec"]["resources"]["requests"]["storage"] == "2Gi"


async def topology_labels(api: MemoryApi) -> None:
    labels = {"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r"}
    api.put("nodes", {"metadata": {"name": "n", "labels": labels}})
    await api.request("POST", f"{_IN_DEFAULT}/pods", json=_pod())
    target = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": target}
    await api.request("POST", f"{_IN_DEFAULT}/pods/p/binding", json=body)
    bound = api.have("pods", "p", "default")
    assert bound["spec"]["nodeName"] == "n" and not bound["metadata"].get("labels")


async def mountable_secrets(api: MemoryApi) -> None:
    account = api.have("serviceaccounts", "default", "default")
    account["metadata"]["annotations"] = {"kubernetes.io/enforce-mountable-secrets": "true"}
    api.put("serviceaccounts", account)
    await api.request(
        "POST", f"{_IN_DEFAULT}/pods", json=_pod(volumes=[{"name": "v", "secret": {"secretName": "s"}}])
    )


IDLE_PLUGINS: dict[str, Asked] = {
    "DefaultStorageClass": default_storage_class,
    "DefaultIngressClass": default_ingress_class,
    "PersistentVolumeClaimResize": resize,
    "PodTopologyLabels": topology_labels,
    "ServiceAccount": mountable_secrets,
}


async def _class_by_default(api: MemoryApi, group: str, kind: str, more: Object) -> None:
    mark = f"{kind.lower().removesuffix('class')}class.kubernetes.io/is-default-class"
    metadata = {"name": "a", "annotations": {mark: "true"}}
    await api.request("POST", f"/apis/{group}/v1/{kind.lower()}es", json={"metadata": metadata, **more})


def _volume_claim(storage: str, **more: Any) -> Object:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}, **more}
    return {"metadata": {"name": "c"}, "spec": asked}


def _pod(**more: Any) -> Object:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **more}}


def test_every_refusal_and_every_idle_plugin_of_the_page_is_asked_of_the_server() -> None:
    assert {what for what, instead in rows("Custom kinds") if "refused" in instead} == set(REFUSED)
    assert {plugin for plugin, _ in rows("Admission plugins")} == set(IDLE_PLUGINS)


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_refused_of_custom_kinds(api: MemoryApi, what: str) -> None:
    await REFUSED[what](api)


@pytest.mark.parametrize("plugin", IDLE_PLUGINS)
async def test_what_no_plugin_does(api: MemoryApi, plugin: str) -> None:
    await IDLE_PLUGINS[plugin](api)
