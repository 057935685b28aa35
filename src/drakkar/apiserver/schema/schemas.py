"""The schemas of the whole Kubernetes API, read once from the data files of the kubernetes-validate distribution."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from drakkar.apiserver.schema.node import SchemaNode

VERSION = "v1.37.0-local"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
_GVK = "x-kubernetes-group-version-kind"


@functools.cache
def definitions() -> Mapping[str, Mapping[str, Any]]:
    """Every type of the API by its full name, such as `io.k8s.api.core.v1.Pod`; callers must not change it."""
    # Only the file is wanted: importing the distribution would load its validator as well.
    found = importlib.util.find_spec("kubernetes_validate")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the distribution kubernetes-validate is not installed")
    root = Path(next(iter(found.submodule_search_locations)))
    path = root / "kubernetes-json-schema" / VERSION / "_definitions.json"
    loaded: dict[str, dict[str, Mapping[str, Any]]] = msgspec.json.decode(path.read_bytes())
    return loaded["$defs"]


@functools.cache
def _names() -> Mapping[tuple[str, str, str], str]:
    names: dict[tuple[str, str, str], str] = {}
    for name, node in definitions().items():
        for gvk in node.get(_GVK) or ():
            # Types that belong to every group (DeleteOptions, WatchEvent) name it many times; all are equal.
            names.setdefault((gvk["group"], gvk["version"], gvk["kind"]), name)
    return names


def definition_name(group: str, version: str, kind: str) -> str | None:
    """The full name of a kind's type; None for a kind that the API does not have."""
    return _names().get((group, version, kind))


@functools.cache
def schema(group: str, version: str, kind: str) -> SchemaNode:
    """The schema of a kind; one that knows nothing when the API does not have the kind."""
    name = definition_name(group, version, kind)
    return SchemaNode(definitions(), {"$ref": name}) if name else SchemaNode.unknown()


def description(name: str, field: str) -> str:
    """What is said of a field of a type, by the type's full name; empty where nothing is."""
    properties = (definitions().get(name) or {}).get("properties") or {}
    return str((properties.get(field) or {}).get("description") or "")
