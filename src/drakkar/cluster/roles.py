"""Gives the parts on an API server that somebody else brought what they may do on ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drakkar.apiserver.system_roles import of_the_parts
from drakkar.client import Client, NotFound
from drakkar.client.resources import CLUSTERROLEBINDINGS, CLUSTERROLES

_RESOURCES = {resource.kind: resource for resource in (CLUSTERROLES, CLUSTERROLEBINDINGS)}


async def grant(kubeconfig: Path) -> None:
    """Make the roles and bindings of our own parts, or bring them up to date; ApiError if that may not be."""
    async with Client.from_kubeconfig(kubeconfig) as client:
        for role in of_the_parts():
            resource = _RESOURCES[role["kind"]]
            try:
                held = await client.get(resource, role["metadata"]["name"])
            except NotFound:
                await client.create(resource, role)
                continue
            parts: dict[str, Any] = {key: role[key] for key in ("rules", "subjects") if key in role}
            if any(held.get(key) != part for key, part in parts.items()):
                await client.update(resource, {**held, **parts})
