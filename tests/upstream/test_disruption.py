"""Disruption budgets: what kube-controller-manager counts, says and tells of them, and ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import EVENTS, PODDISRUPTIONBUDGETS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.workloads.disruption import DisruptionController

from .budget_cases import budgets, make
from .controllers_beside import both_told, differences, make_namespace, settled, timeless

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = tuple[dict[str, Object], dict[str, list[tuple[str, str, str]]]]
# The original shows a selector as Go does, ours as kubectl.
_SELECTOR = re.compile(r"\(selector: .*\) were")


async def _found(client: Client, namespace: str) -> Found:
    listed = (await client.list(PODDISRUPTIONBUDGETS, namespace))["items"]
    statuses = {}
    for one in listed:
        status = one.get("status") or {}
        statuses[one["metadata"]["name"]] = {**status, "conditions": timeless(status.get("conditions") or ())}
    events: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        said = (one["type"], one["reason"], _SELECTOR.sub("were", one["message"]))
        events.setdefault(one["involvedObject"]["name"], set()).add(said)
    return statuses, {name: sorted(said) for name, said in events.items()}


def _is_done(found: Found) -> bool:
    return all(one.get("conditions") for one in found[0].values()) and "of-nobody" in found[1]


async def _told(client: Client, namespace: str) -> Found:
    """What is said once there is something said of all."""
    await make_namespace(client, namespace)
    await make(client, namespace)
    return await settled(lambda: _found(client, namespace), _is_done, 2)


def test_the_same_of_all_budgets(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        "disruption-controller",
        _told,
        lambda *parts: [DisruptionController(*parts)],
    )
    different = [line for here, there in zip(theirs, mine, strict=True) for line in differences(here, there)]
    assert len(theirs[0]) == len(list(budgets()))
    assert not different, "\n".join(different)
