"""Gives the parts on an API server that somebody else brought what they may do on ours."""

from __future__ import annotations

from pathlib import Path

from drakkar.api.object import Object
from drakkar.apiserver.access.system_roles import of_the_parts
from drakkar.client import Client, NotFoundError
from drakkar.client.resources import CLUSTERROLEBINDINGS, CLUSTERROLES, Resource
from drakkar.cluster import driver_policy

_RESOURCES = {resource.kind: resource for resource in (CLUSTERROLES, CLUSTERROLEBINDINGS)}
_PARTS = ("rules", "spec", "subjects")


async def grant(kubeconfig: Path) -> None:
    """Make the roles and bindings of our own parts and the policy for drivers, or bring them up to date.

    ApiError if that may not be.
    """
    async with Client.from_kubeconfig(kubeconfig) as client:
        for role in of_the_parts():
            await _ensure(client, _RESOURCES[role["kind"]], role)
        for resource, obj in driver_policy.objects():
            await _ensure(client, resource, obj)


async def _ensure(client: Client, resource: Resource, wanted: Object) -> None:
    try:
        held = await client.get(resource, wanted["metadata"]["name"])
    except NotFoundError:
        await client.create(resource, wanted)
        return
    parts = {key: wanted[key] for key in _PARTS if key in wanted}
    if any(held.get(key) != part for key, part in parts.items()):
        await client.update(resource, {**held, **parts})
