"""Extended resources that DeviceClasses stand for: what kube-scheduler makes of pods that ask for them, and ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import DEVICECLASSES, EVENTS, PODS, RESOURCECLAIMS, RESOURCESLICES

from .controllers_beside import differences
from .schedulers_beside import decided, make_node, told_to_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
DRIVER, GPU, OTHER = "gpu.example.com", "example.com/gpu", "example.com/other"
IMPLICIT = "deviceclass.resource.kubernetes.io/"
ALWAYS = "Always"


def device_class(name: str, resource: str | None = None, kind: str = "") -> Object:
    selector = f"device.driver == '{DRIVER}'" + (
        f" && device.attributes['{DRIVER}'].kind == '{kind}'" if kind else ""
    )
    spec: Object = {"selectors": [{"cel": {"expression": selector}}]}
    if resource:
        spec["extendedResourceName"] = resource
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": name},
        "spec": spec,
    }


def resource_slice(node: str, count: int) -> Object:
    devices = [
        {"name": f"d{index:02}", "attributes": {"kind": {"string": "ab"[index % 2]}}}
        for index in range(count)
    ]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": node},
        "spec": {
            "driver": DRIVER,
            "nodeName": node,
            "pool": {"name": node, "generation": 1, "resourceSliceCount": 1},
            "devices": devices,
        },
    }


def container(name: str, restart: str = "", **amounts: int) -> Object:
    """`amounts` by the names below."""
    names = {
        "gpu": GPU,
        "other": OTHER,
        "plain": f"{IMPLICIT}plain",
        "named": f"{IMPLICIT}named",
        "cpu": "cpu",
    }
    asked = {names.get(key, f"example.com/{key}"): str(amount) for key, amount in amounts.items()}
    made: Object = {"name": name, "image": "busybox", "resources": {"requests": asked, "limits": asked}}
    return {**made, "restartPolicy": restart} if restart else made


def pod(
    name: str, node: str, containers: list[Object], first: list[Object] | None = None, claim: str = ""
) -> Object:
    spec: Object = {"containers": containers}
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    if first:
        spec["initContainers"] = first
    if claim:
        spec["resourceClaims"] = [{"name": "own", "resourceClaimName": claim}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


SEVERAL = [container("one", gpu=1, other=1, cpu=1), container("two", gpu=2), container("none", cpu=1)]
ROWS = [
    pod("one", "a", [container("c", gpu=1)]),
    pod("several", "b", SEVERAL),
    # The first shares what the others have later, the second asks for more than those after it, and so does the third.
    pod(
        "before",
        "a",
        [container("c", gpu=1), container("d", gpu=1, plain=1)],
        [
            container("small", gpu=1),
            container("beside", ALWAYS, gpu=1),
            container("large", gpu=4),
            container("largest", gpu=5, plain=2),
        ],
    ),
    pod("implicit", "b", [container("c", plain=2)]),
    pod("both-names", "b", [container("c", gpu=1, named=1)]),
    # A device plugin has them there.
    pod("plugin", "plugin", [container("c", gpu=1)]),
    pod("plugin-and-class", "plugin", [container("c", gpu=1, other=1)]),
    pod("plugin-is-full", "plugin", [container("c", gpu=2)]),
    pod("with-own", "a", [container("c", gpu=1)], claim="own"),
    pod("too-many", "", [container("c", gpu=30)]),
    pod("far-too-many", "", [container("c", gpu=40)]),
    pod("no-class", "", [container("c", nobody=1)]),
    pod("n" * 62 + ".name", "b", [container("c", other=1)]),
    pod("limits-alone", "b", [{"name": "c", "image": "busybox", "resources": {"limits": {GPU: "1"}}}]),
]


async def _found(client: Client) -> Object:
    names: dict[str, str] = {}
    found: Object = {}
    pods = (await client.list(PODS, "default"))["items"]
    uids = {one["metadata"]["uid"]: one["metadata"]["name"] for one in pods}
    for claim in (await client.list(RESOURCECLAIMS, "default"))["items"]:
        meta = claim["metadata"]
        owner = next((uids[one["uid"]] for one in meta.get("ownerReferences") or []), "")
        names[meta["name"]] = masked = f"claim of {owner or meta['name']}"
        assert not owner or (meta["name"].startswith(meta["generateName"][:58]) and len(meta["name"]) <= 63)
        allocation = claim["status"].get("allocation") or {}
        found[masked] = {
            "metadata": {
                key: meta.get(key) for key in ("generateName", "annotations", "labels", "finalizers")
            },
            "owners": [{**one, "uid": uids[one["uid"]]} for one in meta.get("ownerReferences") or []],
            "spec": claim["spec"],
            "allocation": {**allocation, "allocationTimestamp": bool(allocation.get("allocationTimestamp"))},
            "reserved": [
                {**one, "uid": uids[one["uid"]]} for one in claim["status"].get("reservedFor") or []
            ],
        }
    for one in pods:
        status = dict(one["status"].get("extendedResourceClaimStatus") or {})
        if status:
            status["resourceClaimName"] = names[status["resourceClaimName"]]
        conditions = [
            {key: told.get(key) for key in ("type", "status", "reason", "message")}
            for told in one["status"].get("conditions") or []
        ]
        found[one["metadata"]["name"]] = [one["spec"].get("nodeName"), status, conditions]
    for event in (await client.list(EVENTS, "default"))["items"]:
        who = f"event of {event['involvedObject']['name']}"
        found[who] = sorted({*found.get(who, ()), (event["type"], event["reason"], event["message"])})
    return found


async def _told(client: Client) -> Object:
    await make_node(client, "a")
    await make_node(client, "b")
    await make_node(client, "plugin", **{GPU: "1"})
    for node, count in (("a", 16), ("b", 16), ("plugin", 2)):
        await client.create(RESOURCESLICES, resource_slice(node, count))
    for one in (
        device_class("gpu", GPU),
        device_class("other", OTHER, "b"),
        device_class("plain", kind="a"),
        device_class("named", "example.com/named", "b"),
    ):
        await client.create(DEVICECLASSES, one)
    own = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "own"},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}},
    }
    await client.create(RESOURCECLAIMS, own, "default")
    for row in ROWS:
        await client.create(PODS, row, "default")
        await decided(client, row["metadata"]["name"])
    return await _found(client)


async def test_what_is_made_for_extended_resources(scheduler_137: Path, tmp_path: Path) -> None:
    theirs, ours = await told_to_both(scheduler_137, tmp_path, _told)
    assert len(theirs) > 35
    assert not differences(theirs, ours)
