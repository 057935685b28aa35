"""Devices that are made ready before a pod is bound to them: what kube-scheduler makes of them, and ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import DEVICECLASSES, EVENTS, PODS, RESOURCECLAIMS, RESOURCESLICES

from .controllers_beside import differences
from .schedulers_beside import make_node, told_to_both, until

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
DRIVER, NODE = "fabric.example.com", "a"
# How long devices may take here.
_SECONDS = 12


async def _make(client: Client) -> None:
    await make_node(client, NODE)
    device = {"bindingConditions": ["attached", "powered"], "bindingFailureConditions": ["broken"]}
    devices = [{"name": f"d{number}", "bindsToNode": number == 0, **device} for number in range(3)]
    spec = {
        "driver": DRIVER,
        "allNodes": True,
        "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
        "devices": devices,
    }
    version = {"apiVersion": "resource.k8s.io/v1"}
    await client.create(
        RESOURCESLICES, {**version, "kind": "ResourceSlice", "metadata": {"name": "s"}, "spec": spec}
    )
    await client.create(
        DEVICECLASSES, {**version, "kind": "DeviceClass", "metadata": {"name": "any"}, "spec": {}}
    )


async def _pod(client: Client, name: str) -> None:
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": name},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "any"}}]}},
    }
    await client.create(RESOURCECLAIMS, claim, "default")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "containers": [{"name": "c", "image": "busybox"}],
            "resourceClaims": [{"name": "c", "resourceClaimName": name}],
        },
    }
    await client.create(PODS, pod, "default")


async def _allocated(client: Client, name: str, after: str = "") -> Object:
    """The claim, once it has an allocation that is not that one, and no driver has said anything of it."""

    async def look() -> Object | None:
        claim = await client.get(RESOURCECLAIMS, name, "default")
        status = claim.get("status") or {}
        stamp = (status.get("allocation") or {}).get("allocationTimestamp")
        return (
            claim
            if stamp and stamp != after and status.get("reservedFor") and not status.get("devices")
            else None
        )

    found: Object = await until(look)
    return found


async def _say(client: Client, name: str, **conditions: str) -> None:
    claim = await client.get(RESOURCECLAIMS, name, "default")
    (result,) = claim["status"]["allocation"]["devices"]["results"]
    told = [
        {
            "type": key,
            "status": value,
            "reason": "Seen",
            "message": "so it is",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for key, value in conditions.items()
    ]
    claim["status"]["devices"] = [
        {**{part: result[part] for part in ("driver", "pool", "device")}, "conditions": told}
    ]
    await client.update(RESOURCECLAIMS, claim, "status")


async def _bound(client: Client, name: str) -> None:
    async def look() -> Any:
        return (await client.get(PODS, name, "default"))["spec"].get("nodeName")

    await until(look)


async def _told(client: Client) -> Object:
    await _make(client)
    for name in ("ready", "broken", "late"):
        await _pod(client, name)
    first = {name: await _allocated(client, name) for name in ("ready", "broken", "late")}
    waiting = [(await client.get(PODS, name, "default"))["spec"].get("nodeName") for name in first]
    # One is not enough.
    await _say(client, "ready", attached="True")
    await _say(client, "ready", attached="True", powered="True", broken="False")
    await _bound(client, "ready")
    await _say(client, "broken", attached="True", broken="True")
    second = {}
    for name in ("broken", "late"):
        second[name] = await _allocated(
            client, name, first[name]["status"]["allocation"]["allocationTimestamp"]
        )
        await _say(client, name, attached="True", powered="True")
        await _bound(client, name)
    found: Object = {"waiting": waiting}
    for name in first:
        pod, claim = (
            await client.get(PODS, name, "default"),
            await client.get(RESOURCECLAIMS, name, "default"),
        )
        found[f"claim {name}"] = {
            "results": [
                (one["bindingConditions"], one["bindingFailureConditions"]) for one in _results(claim)
            ],
            "at": bool(claim["status"]["allocation"]["allocationTimestamp"]),
            "users": [one["name"] for one in claim["status"]["reservedFor"]],
        }
        found[f"pod {name}"] = [(one["type"], one["status"]) for one in pod["status"]["conditions"]]
    for event in (await client.list(EVENTS, "default"))["items"]:
        who = f"events of {event['involvedObject']['name']}"
        text = re.sub(r"(device binding timeout): .*", r"\1", event["message"])
        found[who] = sorted({*found.get(who, ()), (event["type"], event["reason"], text)})
    return found


def _results(claim: Object) -> list[Object]:
    found: list[Object] = claim["status"]["allocation"]["devices"]["results"]
    return found


async def test_pods_wait_for_their_devices(scheduler_137: Path, tmp_path: Path) -> None:
    theirs, ours = await told_to_both(scheduler_137, tmp_path, _told, _SECONDS)
    assert theirs["waiting"] == [None, None, None]
    assert not differences(theirs, ours)
