"""Reads a live cluster's objects through its API server."""

from __future__ import annotations

import asyncio

from drakkar.client import Client, resources
from drakkar.client.errors import ApiError, ClientError
from drakkar.sources.source import InputError, Sourced

# Pods that do not exist yet come from the workloads in files; a live one has made its pods already.
_NEEDED = (
    resources.NODES,
    resources.PODS,
    resources.DEVICECLASSES,
    resources.RESOURCESLICES,
    resources.RESOURCECLAIMS,
    resources.RESOURCECLAIMTEMPLATES,
    # Without them a pod would seem to wait for volumes that it has.
    resources.PERSISTENTVOLUMECLAIMS,
    resources.PERSISTENTVOLUMES,
    resources.STORAGECLASSES,
)
# Not every cluster serves them, and not everybody may read them.
_WELCOME = (
    resources.PRIORITYCLASSES,
    resources.DEVICETAINTRULES,
    resources.NAMESPACES,
    resources.PODDISRUPTIONBUDGETS,
    resources.SERVICES,
)
# Who the pods of a workload belong to, so that a workload from a file takes the place of the live one.
_OWNERS = (resources.REPLICASETS,)
_PAGE = 500
_LIMIT = 120.0


async def _list(client: Client, resource: resources.Resource, welcome: bool) -> list[Sourced]:
    try:
        answer = await client.list(resource, limit=_PAGE)
    except ApiError as error:
        if welcome and error.code in (403, 404):
            return []
        raise InputError(
            [f"{client.server}: cannot list {resource.plural}: {error.message or error}"]
        ) from None
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    return [Sourced({**head, **item}, client.server, stored=True) for item in answer["items"]]


async def fetch(client: Client) -> list[Sourced]:
    """Nodes, pods, claims and devices of a cluster; InputError when it cannot be read within two minutes."""
    wanted = [(resource, False) for resource in _NEEDED] + [(r, True) for r in (*_WELCOME, *_OWNERS)]
    try:
        async with asyncio.timeout(_LIMIT):
            lists = await asyncio.gather(*(_list(client, *one) for one in wanted))
    except TimeoutError:
        raise InputError([f"{client.server}: not read within {_LIMIT:g} s"]) from None
    except ClientError as error:
        raise InputError([f"{client.server}: {error}"]) from None
    return [one for found in lists for one in found]
