"""Taints, extended resources, devices that are made ready, pods that make room, quotas, and what requests can say."""

from __future__ import annotations

from typing import Any

from drakkar.client import ApiError
from drakkar.client.resources import (
    DEVICETAINTRULES,
    NAMESPACES,
    PODS,
    RESOURCECLAIMS,
    RESOURCEQUOTAS,
    RESOURCESLICES,
)

from .stage import Object, Stage

GPU = "story.example.com/"


async def rule_keeps_out(stage: Stage) -> None:
    """A rule taints the only device before a pod comes, and goes."""
    await _world(stage, 1)
    await stage.rule("NoSchedule")
    await stage.quiet(1)
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.refused()
    await stage.delete(DEVICETAINTRULES, stage.name)
    await stage.bound()


async def rule_is_tolerated(stage: Stage) -> None:
    """A request tolerates what a rule says."""
    await _world(stage, 1)
    await stage.rule("NoExecute")
    toleration = {"key": "k", "operator": "Exists", "effect": "NoExecute"}
    await stage.claim("c", stage.request(tolerations=[toleration]))
    await stage.pod(claims=("c",))
    await stage.bound()
    await stage.quiet(3)


async def rule_drives_out(stage: Stage) -> None:
    """A rule comes while a pod runs."""
    await _world(stage, 2)
    await stage.template()
    await stage.pod(templates=("t",))
    await stage.bound()
    await stage.run()
    await stage.rule("NoExecute")
    await stage.until(
        lambda: "deletionTimestamp" in (stage.seen(PODS, "p") or {"metadata": {}})["metadata"],
        "the pod to go",
    )
    await stage.delete(PODS, "p", grace_period_seconds=0)
    await stage.until(lambda: not stage.claims_of(), "the claim to go")
    await stage.until(
        lambda: _conditions(stage).get("EvictionInProgress") == "False", "the rule to say so", 60
    )


async def rule_of_no_effect(stage: Stage) -> None:
    """A rule that only says what it would do."""
    await _world(stage, 2)
    await stage.template()
    await stage.pod(templates=("t",))
    await stage.bound()
    await stage.rule("None")
    await stage.until(
        lambda: _conditions(stage).get("EvictionInProgress") == "False", "the rule to say so", 60
    )


async def slice_is_tainted(stage: Stage) -> None:
    """A driver taints a device that a pod uses."""
    await _world(stage, 2)
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.bound()
    taint = {"key": "bad", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}
    await stage.slice([{"name": "d0", "taints": [taint]}, {"name": "d1"}], generation=2)
    await stage.until(
        lambda: "deletionTimestamp" in (stage.seen(PODS, "p") or {"metadata": {}})["metadata"],
        "the pod to go",
    )


def _conditions(stage: Stage) -> dict[str, str]:
    rule = stage.seen(DEVICETAINTRULES, stage.name) or {}
    return {one["type"]: one["status"] for one in (rule.get("status") or {}).get("conditions") or []}


async def extended(stage: Stage) -> None:
    """A pod that only knows an extended resource, to its end."""
    resource = f"{GPU}{stage.name}"
    await stage.device_class(extendedResourceName=resource)
    await stage.slice(3)
    await stage.pod(requests={resource: "2"})
    await stage.bound()
    await stage.run()
    await stage.run("p", "Succeeded")
    await stage.until(lambda: not stage.claims_of(), "the claim to go")


async def extended_without_a_name(stage: Stage) -> None:
    """The same by the class's own name; too many first."""
    resource = f"deviceclass.resource.kubernetes.io/{stage.class_name}"
    await stage.device_class()
    await stage.slice(1)
    await stage.pod(requests={resource: "2"})
    await stage.refused()
    await stage.slice(2, generation=2)
    await stage.bound()
    await stage.gone()
    await stage.until(lambda: not stage.claims_of(), "the claim to go")


async def extended_class_comes_late(stage: Stage) -> None:
    """Nobody stands for the resource, and then a class does."""
    resource = f"{GPU}{stage.name}"
    await stage.slice(3)
    await stage.pod(requests={resource: "1"})
    await stage.refused()
    await stage.device_class(extendedResourceName=resource)
    await stage.bound()


async def extended_and_claim(stage: Stage) -> None:
    """Both ways at once."""
    resource = f"{GPU}{stage.name}"
    await stage.device_class(extendedResourceName=resource)
    await stage.slice(3)
    await stage.template()
    await stage.pod(templates=("t",), requests={resource: "1"})
    await stage.bound()
    await stage.gone()
    await stage.until(lambda: not stage.claims_of(), "the claims to go")


def _slow(name: str) -> Object:
    return {"name": name, "bindingConditions": ["ready"], "bindingFailureConditions": ["broken"]}


async def made_ready(stage: Stage) -> None:
    """A pod waits for its device."""
    await stage.device_class()
    await stage.slice([_slow("d0")])
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.refused(reason="BindingConditionsPending")
    await stage.say("c", ready="True")
    await stage.bound()


async def broken_and_another(stage: Stage) -> None:
    """The device breaks, and is tried again."""
    await stage.device_class()
    await stage.slice([_slow("d0")])
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.refused(reason="BindingConditionsPending")
    await stage.say("c", broken="True")

    def again() -> bool:
        status = (stage.seen(RESOURCECLAIMS, "c") or {}).get("status") or {}
        return bool(status.get("reservedFor")) and not status.get("devices")

    broken = "device binding failed"
    await stage.until(lambda: any(broken in one for one in stage.told("p", "FailedScheduling")), broken)
    await stage.until(again, "the claim to be allocated again")
    await stage.say("c", ready="True")
    await stage.bound()


async def makes_room(stage: Stage) -> None:
    """A pod of more importance needs the processor that another has; its device is free."""
    await _world(stage, 2)
    await stage.template()
    await stage.pod("low", templates=("t",), requests={"cpu": "6"})
    await stage.bound("low")
    await stage.run("low")
    await stage.pod("high", templates=("t",), requests={"cpu": "6"}, priorityClassName="system-node-critical")
    await stage.until(
        lambda: "deletionTimestamp" in (stage.seen(PODS, "low") or {"metadata": {}})["metadata"], "room"
    )
    await stage.delete(PODS, "low", grace_period_seconds=0)
    await stage.bound("high")
    await stage.until(lambda: not stage.claims_of("low"), "the claim to go")


async def makes_no_room_for_devices(stage: Stage) -> None:
    """A pod of more importance needs the device that another has: nobody is pushed off for that."""
    await _world(stage, 1)
    await stage.template()
    await stage.pod("low", templates=("t",))
    await stage.bound("low")
    await stage.pod("high", templates=("t",), priorityClassName="system-node-critical")
    await stage.refused("high")
    await stage.quiet(2)


async def quota_of_claims(stage: Stage) -> None:
    """No more claims than a quota has, until one goes."""
    await _world(stage, 3)
    await _quota(stage, {"count/resourceclaims.resource.k8s.io": "1"})
    await stage.template()
    await stage.pod("a", templates=("t",))
    await stage.bound("a")
    await stage.pod("b", templates=("t",))
    await stage.refused("b", "FailedResourceClaimCreation")
    await stage.delete(PODS, "a", grace_period_seconds=0)
    await stage.bound("b")


async def quota_of_devices(stage: Stage) -> None:
    """No more devices of a class than a quota has."""
    await _world(stage, 3)
    await _quota(stage, {f"{stage.class_name}.deviceclass.resource.k8s.io/devices": "1"})
    await stage.claim("one")
    try:
        await stage.claim("two")
    except ApiError:
        await stage.pod(claims=("one",))
    await stage.bound()


async def _quota(stage: Stage, hard: Object) -> None:
    made = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}
    await stage.client.create(RESOURCEQUOTAS, made, stage.name)

    async def counted() -> bool:
        return bool((await stage.client.get(RESOURCEQUOTAS, "q", stage.name)).get("status", {}).get("hard"))

    while not await counted():
        await stage.quiet(0.3)


async def admin(stage: Stage) -> None:
    """Somebody with the right looks at a device that is in use."""
    labels = {"metadata": {"labels": {"resource.kubernetes.io/admin-access": "true"}}}
    await stage.client.patch(NAMESPACES, stage.name, labels)
    await _world(stage, 1)
    await stage.claim("c")
    await stage.pod("a", claims=("c",))
    await stage.bound("a")
    await stage.claim("looks", stage.request(allocationMode="All", adminAccess=True))
    await stage.pod("b", claims=("looks",))
    await stage.bound("b")


async def alternatives(stage: Stage) -> None:
    """The second alternative is what there is."""
    await _world(stage, 2)
    parts = [
        {"name": "many", "deviceClassName": stage.class_name, "count": 5},
        {"name": "few", "deviceClassName": stage.class_name, "count": 2},
    ]
    await stage.claim("c", {"name": "r", "firstAvailable": parts})
    await stage.pod(claims=("c",))
    await stage.bound()


async def all_of_them(stage: Stage) -> None:
    """All devices, of which one is in use until its pod is gone."""
    await _world(stage, 3)
    await stage.claim("c")
    await stage.pod("a", claims=("c",))
    await stage.bound("a")
    await stage.claim("all", stage.request(allocationMode="All"))
    await stage.pod("b", claims=("all",))
    await stage.refused("b")
    await stage.gone("a")
    await stage.bound("b")


async def alike(stage: Stage) -> None:
    """Two devices that have to have a value in common."""
    await stage.device_class()
    kinds = ["x", "y", "y"]
    devices = [
        {"name": f"d{number}", "attributes": {"kind": {"string": kind}}} for number, kind in enumerate(kinds)
    ]
    await stage.slice(devices)
    same = {"requests": ["a", "b"], "matchAttribute": f"{stage.driver}/kind"}
    await stage.claim("c", stage.request("a"), stage.request("b"), constraints=[same])
    await stage.pod(claims=("c",))
    await stage.bound()


async def chosen_by_a_selector(stage: Stage) -> None:
    """Only one device will do, and a selector that cannot be evaluated stops another pod."""
    await stage.device_class()
    devices: list[Object] = [{"name": "d0"}, {"name": "d1", "attributes": {"kind": {"string": "x"}}}]
    await stage.slice(devices)
    text = f"'kind' in device.attributes['{stage.driver}'] && device.attributes['{stage.driver}'].kind == 'x'"
    await stage.claim("c", stage.request(selectors=[{"cel": {"expression": text}}]))
    await stage.pod("a", claims=("c",))
    await stage.bound("a")
    broken = f"device.attributes['{stage.driver}'].kind == 'x'"
    await stage.claim("broken", stage.request(selectors=[{"cel": {"expression": broken}}]))
    await stage.pod("b", claims=("broken",))
    await stage.refused("b")


async def partitions(stage: Stage) -> None:
    """Two parts of one device have room for each other, a third has not."""
    counters = [{"name": "set", "counters": {"mem": {"value": "2"}}}]
    part = {"consumesCounters": [{"counterSet": "set", "counters": {"mem": {"value": "1"}}}]}
    await stage.device_class()
    pool = {"name": stage.nodes[0], "generation": 1, "resourceSliceCount": 2}
    await _slices(stage, pool, counters, [{"name": f"d{number}", **part} for number in range(3)])
    await stage.template()
    for name in "ab":
        await stage.pod(name, templates=("t",))
        await stage.bound(name)
    await stage.pod("c", templates=("t",))
    await stage.refused("c")


async def _slices(stage: Stage, pool: Object, counters: list[Object], devices: list[Object]) -> None:
    for number, more in enumerate(({"sharedCounters": counters}, {"devices": devices})):
        spec: dict[str, Any] = {"driver": stage.driver, "nodeName": stage.nodes[0], "pool": pool, **more}
        made = {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": f"{stage.nodes[0]}-{number}"},
            "spec": spec,
        }
        await stage.client.create(RESOURCESLICES, made)


async def shares_of_a_device(stage: Stage) -> None:
    """Two claims share a device by its capacity; a third has no room."""
    await stage.device_class()
    device = {
        "name": "d0",
        "allowMultipleAllocations": True,
        "capacity": {"mem": {"value": "4", "requestPolicy": {"default": "1", "validRange": {"min": "1"}}}},
    }
    await stage.slice([device])
    for name, amount in (("a", "2"), ("b", "2"), ("c", "1")):
        await stage.claim(name, stage.request(capacity={"requests": {"mem": amount}}))
        await stage.pod(name, claims=(name,))
        await (stage.refused if name == "c" else stage.bound)(name)


async def _world(stage: Stage, devices: int) -> None:
    await stage.device_class()
    await stage.slice(devices)


STORIES = {
    function.__name__.replace("_", "-"): function
    for function in (
        rule_keeps_out,
        rule_is_tolerated,
        rule_drives_out,
        rule_of_no_effect,
        slice_is_tainted,
        extended,
        extended_without_a_name,
        extended_class_comes_late,
        extended_and_claim,
        made_ready,
        broken_and_another,
        makes_room,
        makes_no_room_for_devices,
        quota_of_claims,
        quota_of_devices,
        admin,
        alternatives,
        all_of_them,
        alike,
        chosen_by_a_selector,
        partitions,
        shares_of_a_device,
    )
}
