"""Reads the ConfigMaps and Secrets that a pod refers to, and pod fields for the downward API."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from drakkar.api.core import Container
from drakkar.api.object import ObjectView
from drakkar.api.quantity import Quantity
from drakkar.api.resource import decode
from drakkar.api.run_pod import ResourceFieldRef, RunPod
from drakkar.api.workloads import ConfigMap, Secret
from drakkar.client import Client, NotFoundError
from drakkar.client.resources import CONFIGMAPS, SECRETS

_KEYED = re.compile(r"^metadata\.(labels|annotations)\['(.+)'\]$")


class UnresolvedReferenceError(Exception):
    """Something that a pod refers to is not there (yet); the caller retries."""


class References:
    """One pod's view of the objects it names; each object is read at most once a use of this class."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._read: dict[tuple[str, str], dict[str, bytes] | None] = {}

    async def config_map(self, name: str, optional: bool = False) -> dict[str, bytes]:
        """Data and binaryData of a ConfigMap; empty for an optional one that is not there."""
        return await self._data("configmap", name, optional)

    async def secret(self, name: str, optional: bool = False) -> dict[str, bytes]:
        """The decoded data of a Secret; empty for an optional one that is not there."""
        return await self._data("secret", name, optional)

    async def _data(self, kind: str, name: str, optional: bool) -> dict[str, bytes]:
        if (kind, name) not in self._read:
            resource = CONFIGMAPS if kind == "configmap" else SECRETS
            try:
                found = await self._client.get(resource, name, self._namespace)
            except NotFoundError:
                self._read[kind, name] = None
            else:
                self._read[kind, name] = _decode(kind, found)
        data = self._read[kind, name]
        if data is None and not optional:
            raise UnresolvedReferenceError(f'{kind} "{name}" not found')
        return data or {}


def _decode(kind: str, obj: ObjectView) -> dict[str, bytes]:
    try:
        if kind == "secret":
            return _binary(decode(Secret, obj).data)
        found = decode(ConfigMap, obj)
        return _binary(found.binary_data) | {key: value.encode() for key, value in found.data.items()}
    except ValueError as error:
        raise UnresolvedReferenceError(f'{kind} "{obj["metadata"]["name"]}": {error}') from None


def _binary(encoded: Mapping[str, str]) -> dict[str, bytes]:
    return {key: base64.b64decode(value, validate=True) for key, value in encoded.items()}


def _quoted(values: Mapping[str, str]) -> str:
    lines = []
    for key, value in sorted(values.items()):
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'{key}="{text}"')
    return "\n".join(lines)


def pod_field(pod: RunPod, path: str, addresses: Mapping[str, str]) -> str:
    """The value of a fieldRef's path; `addresses` holds podIP and hostIP, which the status may not show yet."""
    meta = pod.metadata
    keyed = _KEYED.match(path)
    if keyed:
        return (meta.labels if keyed[1] == "labels" else meta.annotations).get(keyed[2], "")
    simple: dict[str, str] = {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "metadata.uid": meta.uid,
        "metadata.labels": _quoted(meta.labels),
        "metadata.annotations": _quoted(meta.annotations),
        "spec.nodeName": pod.spec.node_name,
        "spec.serviceAccountName": pod.spec.service_account_name,
        "status.podIP": addresses["podIP"],
        "status.podIPs": addresses["podIP"],
        "status.hostIP": addresses["hostIP"],
        "status.hostIPs": addresses["hostIP"],
    }
    if path not in simple:
        raise UnresolvedReferenceError(f"unsupported fieldPath: {path}")
    return simple[path]


def resource_field(
    pod: RunPod, container: Container, ref: ResourceFieldRef, allocatable: Mapping[str, str]
) -> str:
    """The value of a resourceFieldRef; a limit that is not set is what the node can give."""
    if ref.container_name:
        every = (*pod.spec.init_containers, *pod.spec.containers)
        named = [item for item in every if item.name == ref.container_name]
        if not named:
            raise UnresolvedReferenceError(f"container {ref.container_name} not found")
        container = named[0]
    which, _, resource = ref.resource.partition(".")
    if which not in ("limits", "requests") or not resource:
        raise UnresolvedReferenceError(f"unsupported container resource: {ref.resource}")
    if which == "limits":
        text = container.resources.limits.get(resource, allocatable.get(resource, "0"))
    else:
        text = container.resources.requests.get(resource, "0")
    divisor = Quantity.parse(str(ref.divisor or "1"))
    amount = Quantity.parse(str(text))
    if divisor.nanos <= 0:
        divisor = Quantity.parse("1")
    return str(-(-amount.nanos // divisor.nanos))
