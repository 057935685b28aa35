"""Fills ClusterRoles that gather the rules of others, as `admin`, `edit` and `view` do, by the labels of those."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.core import Named
from drakkar.api.object import Object
from drakkar.api.selectors import match_labels
from drakkar.client import Client, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import CLUSTERROLES
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import labels_of


def gathered(role: Object, others: Iterable[Object]) -> list[Object]:
    """The rules that the role's selectors choose, selector by selector, in the order of names, each rule once."""
    found: list[Object] = []
    ordered = sorted(others, key=lambda other: str(other["metadata"]["name"]))
    for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        for other in ordered:
            if other["metadata"]["name"] == role["metadata"]["name"]:
                continue
            if match_labels(selector, labels_of(other)):
                found += [rule for rule in other.get("rules") or () if rule not in found]
    return found


class ClusterRoleAggregationController:
    """Keys are names of cluster roles that gather rules; any change of a cluster role concerns all of them."""

    name = "clusterrole-aggregation"
    workers = 1

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._roles = mirrors.of(CLUSTERROLES)
        self.queue: WorkQueue[str] = WorkQueue()
        self.needs = (self._roles,)
        self._roles.add_handler(self._on_role)

    def _on_role(self, change: ChangeOf[Seen[Named]]) -> None:
        for role in self._roles.all():
            if role.obj.get("aggregationRule"):
                self.queue.add(role.key.name)

    async def reconcile(self, key: str) -> None:
        role = self._roles.get("", key)
        if role is None or role.is_deleting or not role.obj.get("aggregationRule"):
            return
        rules = gathered(role.obj, [other.obj for other in self._roles.all()])
        if rules != (role.obj.get("rules") or []):
            self._roles.learn(await self._client.update(CLUSTERROLES, role.with_parts(rules=rules)))
