"""NoExecute taints of devices: which pods kube-controller-manager drives out, what it says of rules, and ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import DEVICETAINTRULES, EVENTS, PODS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.claims.device_eviction import DeviceTaintEvictionController

from .controllers_beside import both_told, differences, make_namespace, settled, timeless
from .device_taint_scene import RULES, USERS, make, mend, taint

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, Any]
# Longer than it takes until a rule is told of again.
_STEADY_S = 12


async def _found(client: Client, name: str) -> Found:
    found: Found = {}
    for pod in (await client.list(PODS, name))["items"]:
        meta = pod["metadata"]
        found[f"pod {meta['name']}"] = (
            "deletionTimestamp" in meta,
            timeless(pod["status"].get("conditions") or []),
        )
    for event in (await client.list(EVENTS, name))["items"]:
        who = f"event of {event['involvedObject']['name']}"
        said = (event["type"], event["reason"], event["message"])
        found[who] = sorted({*found.get(who, ()), said})
    for rule in (await client.list(DEVICETAINTRULES))["items"]:
        if rule["metadata"]["name"].startswith(f"{name}-"):
            conditions = timeless((rule.get("status") or {}).get("conditions") or [])
            found[f"rule {rule['metadata']['name'].removeprefix(f'{name}-')}"] = conditions
    return found


async def _once(client: Client, name: str, holds: Callable[[Found], Any]) -> Found:
    return await settled(lambda: _found(client, name), holds, _STEADY_S, 0.5)


async def _told(client: Client, name: str) -> list[Found]:
    """What becomes of all pods and rules, and what when the taints have gone."""
    await make_namespace(client, name)
    await make(client, name)
    await taint(client, name)
    tainted = await _once(
        client,
        name,
        lambda found: (
            found["pod a-second"][0]
            and found["pod ruled"][0]
            and all(found[f"rule {rule}"] for rule in RULES)
        ),
    )
    await mend(client, name)
    return [tainted, await _once(client, name, lambda found: "event of an-hour" in found)]


def test_the_same_pods_are_driven_out(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        "device-taint-eviction-controller",
        _told,
        lambda *parts: [DeviceTaintEvictionController(*parts)],
    )
    different = [line for here, there in zip(theirs, mine, strict=True) for line in differences(here, there)]
    assert {f"pod {user}" for user in USERS} <= theirs[0].keys()
    assert not different, "\n".join(different)
