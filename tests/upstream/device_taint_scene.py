"""Slices with taints, claims that have their devices, pods that use them, and rules, made by hand in one namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from drakkar.client import Client
from drakkar.client.resources import DEVICETAINTRULES, PODS, RESOURCECLAIMS, RESOURCESLICES

Object = dict[str, Any]
NO_EXECUTE = "NoExecute"
_A: Object = {"key": "a", "value": "1", "effect": NO_EXECUTE}
_B: Object = {"key": "b", "effect": NO_EXECUTE}
_QUIET: Object = {"key": "q", "effect": "NoSchedule"}
# By device, its taints.
DEVICES: dict[str, list[Object]] = {
    "well": [],
    "bad": [_A],
    "worse": [_A, _B],
    "quiet": [_QUIET],
    "ruled": [],
    "ruled-too": [],
    "looked-at": [],
}


class User(NamedTuple):
    """A pod with a claim of some devices; what the claim's results tolerate; whether the pod has a node, and the claim."""

    devices: list[str]
    tolerations: Sequence[Object] = ()
    bound: bool = True
    reserved: bool = True


def _tolerated(key: str, seconds: int | None = None, **more: Any) -> Object:
    found: Object = {"key": key, "operator": "Exists", "effect": NO_EXECUTE, **more}
    return found if seconds is None else {**found, "tolerationSeconds": seconds}


USERS: dict[str, User] = {
    "well": User(["well"]),
    "bad": User(["bad"]),
    "bad-and-well": User(["well", "bad"]),
    "quiet": User(["quiet"]),
    "tolerates": User(["bad"], [_tolerated("a")]),
    "tolerates-the-value": User(
        ["bad"], [{"key": "a", "value": "1", "operator": "Equal", "effect": NO_EXECUTE}]
    ),
    "tolerates-another-value": User(
        ["bad"], [{"key": "a", "value": "2", "operator": "Equal", "effect": NO_EXECUTE}]
    ),
    "tolerates-everything": User(["worse"], [{"operator": "Exists", "effect": NO_EXECUTE}]),
    "tolerates-one-of-two": User(["worse"], [_tolerated("a")]),
    "an-hour": User(["bad"], [_tolerated("a", 3600)]),
    "no-time": User(["bad"], [_tolerated("a", 0)]),
    "a-second": User(["bad"], [_tolerated("a", 1)]),
    "an-hour-and-for-ever": User(["bad"], [_tolerated("a", 1), _tolerated("a")]),
    "without-a-node": User(["bad"], bound=False),
    "not-reserved": User(["bad"], reserved=False),
    "ruled": User(["ruled"]),
    "ruled-an-hour": User(["ruled-too"], [_tolerated("r", 3600)]),
    "looked-at": User(["looked-at"]),
}
# By its name, a rule's selector and effect. All are about the scene's own pool.
RULES: dict[str, tuple[str | None, str]] = {
    "drives": ("ruled", NO_EXECUTE),
    "waits": ("ruled-too", NO_EXECUTE),
    "drives-nobody": ("well-not", NO_EXECUTE),
    "looks": ("looked-at", "None"),
    "keeps-out": ("well", "NoSchedule"),
    "without-a-selector": (None, NO_EXECUTE),
}


async def make(client: Client, name: str) -> None:
    """All but the slices and rules: those who use devices are there first."""
    for user, said in USERS.items():
        requests = [
            {"name": f"r{at}", "exactly": {"deviceClassName": "c"}} for at, _ in enumerate(said.devices)
        ]
        claim = await client.create(
            RESOURCECLAIMS,
            {
                "apiVersion": "resource.k8s.io/v1",
                "kind": "ResourceClaim",
                "metadata": {"name": user},
                "spec": {"devices": {"requests": requests}},
            },
            name,
        )
        spec: Object = {
            "containers": [{"name": "c", "image": "i"}],
            "resourceClaims": [{"name": "c", "resourceClaimName": user}],
        }
        if said.bound:
            spec["nodeName"] = "n"
        pod = await client.create(
            PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": user}, "spec": spec}, name
        )
        results = [
            {
                "request": f"r{at}",
                "driver": "d.example",
                "pool": name,
                "device": device,
                **({"tolerations": list(said.tolerations)} if said.tolerations else {}),
            }
            for at, device in enumerate(said.devices)
        ]
        status: Object = {"allocation": {"devices": {"results": results}}}
        if said.reserved:
            meta = pod["metadata"]
            status["reservedFor"] = [{"resource": "pods", "name": meta["name"], "uid": meta["uid"]}]
        await client.update(RESOURCECLAIMS, {**claim, "status": status}, "status")


async def taint(client: Client, name: str) -> None:
    """Publish the devices with their taints, and make the rules."""
    devices = [
        {"name": device, **({"taints": taints} if taints else {})} for device, taints in DEVICES.items()
    ]
    pool = {"name": name, "generation": 2, "resourceSliceCount": 1}
    spec = {"driver": "d.example", "pool": pool, "allNodes": True, "devices": devices}
    slice_ = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": f"{name}-now"},
        "spec": spec,
    }
    await client.create(RESOURCESLICES, slice_)
    # One of an older generation in which all is bad.
    old = [{"name": device, "taints": [_A]} for device in DEVICES]
    await client.create(
        RESOURCESLICES,
        {
            **slice_,
            "metadata": {"name": f"{name}-before"},
            "spec": {**spec, "pool": {**pool, "generation": 1}, "devices": old},
        },
    )
    for rule, (device, effect) in RULES.items():
        said: Object = {"taint": {"key": "r", "effect": effect}}
        if device is not None:
            said["deviceSelector"] = {"driver": "d.example", "pool": name, "device": device}
        await client.create(
            DEVICETAINTRULES,
            {
                "apiVersion": "resource.k8s.io/v1",
                "kind": "DeviceTaintRule",
                "metadata": {"name": f"{name}-{rule}"},
                "spec": said,
            },
        )


async def mend(client: Client, name: str) -> None:
    """Take the taints off the devices, and the rules that are waited for away."""
    slice_ = await client.get(RESOURCESLICES, f"{name}-now")
    slice_["spec"]["devices"] = [{"name": device} for device in DEVICES]
    await client.update(RESOURCESLICES, slice_)
    await client.delete(DEVICETAINTRULES, f"{name}-waits")
