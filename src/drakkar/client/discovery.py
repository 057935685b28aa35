"""Finds a resource by any of the names users know it by, from what the server says it serves."""

from __future__ import annotations

from typing import Any

from drakkar.client.resources import Resource
from drakkar.client.rest import Client

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


class Discovery:
    """Asks once, at the first question."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._by_name: dict[str, Resource] | None = None
        self._by_kind: dict[tuple[str, str], Resource] = {}

    async def find(self, name: str) -> Resource | None:
        """By plural, singular, short name or kind, with the group behind a dot if need be."""
        names = await self._load()
        return names.get(name.lower())

    async def of_object(self, obj: dict[str, Any]) -> Resource | None:
        """By an object's apiVersion and kind."""
        await self._load()
        return self._by_kind.get((str(obj.get("apiVersion")), str(obj.get("kind"))))

    async def _load(self) -> dict[str, Resource]:
        if self._by_name is not None:
            return self._by_name
        names: dict[str, Resource] = {}
        for path in ("/api", "/apis"):
            answer = await self._client.request("GET", path, headers={"Accept": _AGGREGATED})
            for group in answer.get("items") or ():
                for version in group["versions"]:
                    for entry in version["resources"]:
                        self._add(names, group["metadata"].get("name") or "", version["version"], entry)
        self._by_name = names
        return names

    def _add(self, names: dict[str, Resource], group: str, version: str, entry: dict[str, Any]) -> None:
        kind = entry["responseKind"]["kind"]
        resource = Resource(group, version, entry["resource"], kind, entry["scope"] == "Namespaced")
        self._by_kind.setdefault((resource.api_version, kind), resource)
        known = [
            resource.plural,
            entry.get("singularResource") or kind.lower(),
            *(entry.get("shortNames") or ()),
        ]
        for name in known:
            # The first group and version that the server names is the one it prefers.
            names.setdefault(name.lower(), resource)
            names.setdefault(f"{name}.{group}".lower(), resource)
