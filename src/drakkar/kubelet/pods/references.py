"""Reads the ConfigMaps and Secrets that a pod refers to, and pod fields for the downward API."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from drakkar.api.quantity import Quantity
from drakkar.client import Client, NotFoundError
from drakkar.client.resources import CONFIGMAPS, SECRETS

Object = Mapping[str, Any]
_KEYED = re.compile(r"^metadata\.(labels|annotations)\['(.+)'\]$")


class ReferenceFailed(Exception):
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
            raise ReferenceFailed(f'{kind} "{name}" not found')
        return data or {}


def _decode(kind: str, obj: Object) -> dict[str, bytes]:
    encoded = obj.get("binaryData" if kind == "configmap" else "data") or {}
    try:
        data = {key: base64.b64decode(value, validate=True) for key, value in encoded.items()}
    except (binascii.Error, ValueError) as error:
        raise ReferenceFailed(f'{kind} "{obj["metadata"]["name"]}": {error}') from None
    if kind == "configmap":
        data |= {key: str(value).encode() for key, value in (obj.get("data") or {}).items()}
    return data


def _quoted(values: Mapping[str, str]) -> str:
    lines = []
    for key, value in sorted(values.items()):
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'{key}="{text}"')
    return "\n".join(lines)


def pod_field(pod: Object, path: str, addresses: Mapping[str, str]) -> str:
    """The value of a fieldRef's path; `addresses` holds podIP and hostIP, which the status may not show yet."""
    meta = pod["metadata"]
    keyed = _KEYED.match(path)
    if keyed:
        return str((meta.get(keyed[1]) or {}).get(keyed[2], ""))
    simple: dict[str, str] = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "metadata.labels": _quoted(meta.get("labels") or {}),
        "metadata.annotations": _quoted(meta.get("annotations") or {}),
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", ""),
        "status.podIP": addresses["podIP"],
        "status.podIPs": addresses["podIP"],
        "status.hostIP": addresses["hostIP"],
        "status.hostIPs": addresses["hostIP"],
    }
    if path not in simple:
        raise ReferenceFailed(f"unsupported fieldPath: {path}")
    return simple[path]


def resource_field(pod: Object, container: Object, ref: Object, allocatable: Mapping[str, str]) -> str:
    """The value of a resourceFieldRef; a limit that is not set is what the node can give."""
    if ref.get("containerName"):
        every = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
        named = [item for item in every if item["name"] == ref["containerName"]]
        if not named:
            raise ReferenceFailed(f"container {ref['containerName']} not found")
        container = named[0]
    which, _, resource = str(ref["resource"]).partition(".")
    if which not in ("limits", "requests") or not resource:
        raise ReferenceFailed(f"unsupported container resource: {ref['resource']}")
    resources = container.get("resources") or {}
    text = (resources.get(which) or {}).get(resource)
    if text is None and which == "limits":
        text = allocatable.get(resource)
    if text is None:
        text = "0"
    divisor = Quantity.parse(str(ref.get("divisor") or "1"))
    amount = Quantity.parse(str(text))
    if divisor.nanos <= 0:
        divisor = Quantity.parse("1")
    return str(-(-amount.nanos // divisor.nanos))
