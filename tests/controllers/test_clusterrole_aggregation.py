"""ClusterRoles that gather the rules of others by label."""

from __future__ import annotations

from typing import Any

from drakkar.client.resources import CLUSTERROLES
from drakkar.controllers.clusterrole_aggregation import gathered
from drakkar.testing import MemoryApi

TO_VIEW, TO_EDIT = {"to-view": "true"}, {"to-edit": "true"}


def _rule(resource: str) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": [resource], "verbs": ["get"]}


def _role(name: str, labels: dict[str, str], *resources: str, gathers: Any = None) -> dict[str, Any]:
    role: dict[str, Any] = {"metadata": {"name": name, "labels": labels}}
    role["rules"] = [_rule(resource) for resource in resources]
    if gathers is not None:
        role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": labels} for labels in gathers]}
    return role


def test_rules_are_gathered_by_selector_and_name_and_each_once() -> None:
    view = _role("view", TO_EDIT, gathers=[TO_VIEW, TO_EDIT])
    others = [
        view,
        _role("z", TO_VIEW, "pods", "nodes"),
        _role("a", TO_VIEW, "secrets", "pods"),
        _role("m", TO_EDIT, "events"),
        _role("n", {}, "leases"),
    ]
    assert [rule["resources"][0] for rule in gathered(view, others)] == ["secrets", "pods", "nodes", "events"]


async def test_a_role_follows_those_it_gathers(cluster: MemoryApi) -> None:
    def rules(name: str) -> list[str]:
        found = cluster.find("clusterroles", name) or {}
        return [rule["resources"][0] for rule in found.get("rules") or ()]

    await cluster.create(CLUSTERROLES, _role("edit", {}, gathers=[TO_EDIT]))
    await cluster.create(CLUSTERROLES, _role("view", TO_EDIT, gathers=[TO_VIEW]))
    await cluster.create(CLUSTERROLES, _role("pods", TO_VIEW, "pods"))
    # One that gathers a role that gathers: both follow.
    await cluster.until(lambda: rules("edit") == ["pods"])
    assert rules("view") == ["pods"]
    await cluster.create(CLUSTERROLES, _role("nodes", TO_VIEW, "nodes"))
    await cluster.until(lambda: rules("edit") == ["nodes", "pods"])
    await cluster.delete(CLUSTERROLES, "pods")
    await cluster.until(lambda: rules("edit") == ["nodes"])
