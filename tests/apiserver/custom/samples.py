"""A definition, and what is asked of its objects, for tests of custom kinds on the API server in memory."""

from __future__ import annotations

from typing import Any

from drakkar.testing import MemoryApi

Object = dict[str, Any]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "stable.example.com"
THINGS = f"/apis/{GROUP}/v1/namespaces/default/things"


def version(name: str = "v1", storage: bool = True, spec: Object | None = None, **more: Any) -> Object:
    """A version whose objects have a spec of this schema."""
    schema = {"type": "object", "properties": {"spec": spec or {"type": "object"}}}
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(*versions: Object, plural: str = "things", kind: str = "Thing", **more: Any) -> Object:
    """A definition of Things."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": list(versions) or [version()],
            **more,
        },
    }


def thing(name: str = "one", version: str = "v1", **more: Any) -> Object:
    """A Thing."""
    return {"apiVersion": f"{GROUP}/{version}", "kind": "Thing", "metadata": {"name": name}, **more}


async def define(api: MemoryApi, *versions: Object, **more: Any) -> Object:
    """Define Things."""
    return await api.request("POST", DEFINITIONS, json=definition(*versions, **more))
