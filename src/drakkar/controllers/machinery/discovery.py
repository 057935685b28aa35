"""Which resources a server has, by its discovery documents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from drakkar.client import ApiError, Client, ClientError, Resource

_log = logging.getLogger(__name__)
_EVERY_SECONDS = 30.0


class Discovered(NamedTuple):
    """A resource in its group's preferred version, and what can be done with it."""

    resource: Resource
    verbs: frozenset[str]


async def _versions(client: Client) -> list[tuple[str, str, str]]:
    """(path, group, version): for each group its preferred version first, then the others."""
    found = [("/api/v1", "", "v1")]
    for group in (await client.request("GET", "/apis")).get("groups") or []:
        name = group["name"]
        preferred = (group.get("preferredVersion") or {}).get("version")
        versions = [entry["version"] for entry in group.get("versions") or []]
        for version in sorted(versions, key=lambda version: version != preferred):
            found.append((f"/apis/{name}/{version}", name, version))
    return found


async def discover(client: Client) -> list[Discovered]:
    """Every resource once, in the best version that has it. A group whose server fails is left out, with a log line."""
    found: dict[tuple[str, str], Discovered] = {}
    for path, group, version in await _versions(client):
        try:
            listed: list[Any] = (await client.request("GET", path)).get("resources") or []
        except ApiError as error:
            _log.warning("discovery of %s: %s", path, error)
            continue
        for entry in listed:
            if "/" in entry["name"]:
                continue
            resource = Resource(group, version, entry["name"], entry["kind"], bool(entry.get("namespaced")))
            found.setdefault(
                (group, entry["name"]), Discovered(resource, frozenset(entry.get("verbs") or ()))
            )
    return list(found.values())


async def keep_looking(look: Callable[[], Awaitable[None]]) -> None:
    """Look at discovery now and then, until cancelled; soon again where the server did not answer."""
    pause = 1.0
    while True:
        try:
            await look()
            pause = _EVERY_SECONDS
        except ClientError as error:
            _log.warning("discovery: %s; trying again in %.0f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _EVERY_SECONDS)
            continue
        await asyncio.sleep(pause)
