"""Pods on devices with NoExecute taints: who goes, when, who stays after all, and what rules say of it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from drakkar.api.resource import DeviceTaintRule, ResourceClaim, ResourceSlice, decode
from drakkar.client.resources import DEVICETAINTRULES, PODS, RESOURCECLAIMS, RESOURCESLICES
from drakkar.controllers.claims import device_eviction
from drakkar.controllers.claims.driving_taints import DrivingTaints
from drakkar.controllers.claims.rule_condition import Affected, condition
from drakkar.testing import MemoryApi

from ..leaving import goes, told
from ..manifests import NS, pod

Object = dict[str, Any]
REASON = "DeviceTaintManagerEviction"
TAINT: Object = {"key": "a", "effect": "NoExecute", "timeAdded": "2020-01-01T00:00:00Z"}


def slice_of(name: str, generation: int = 1, **taints: list[Object]) -> Object:
    devices = [{"name": device, **({"taints": said} if said else {})} for device, said in taints.items()]
    pool = {"name": "pool", "generation": generation, "resourceSliceCount": 1}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": name},
        "spec": {"driver": "d.example", "pool": pool, "allNodes": True, "devices": devices},
    }


def rule_of(device: str | None, effect: str = "NoExecute", name: str = "rule") -> Object:
    spec: Object = {"taint": {**TAINT, "key": "r", "effect": effect}}
    if device is not None:
        spec["deviceSelector"] = {"device": device}
    meta = {"name": name}
    return {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceTaintRule", "metadata": meta, "spec": spec}


def allocated(device: str, *tolerations: Object) -> Object:
    result = {"request": "r", "driver": "d.example", "pool": "pool", "device": device}
    if tolerations:
        result["tolerations"] = list(tolerations)  # type: ignore[assignment]
    return {"allocation": {"devices": {"results": [result]}}}


def claim_of(device: str, *tolerations: Object) -> ResourceClaim:
    return decode(ResourceClaim, {"metadata": {"name": "c"}, "status": allocated(device, *tolerations)})


def when(taints: DrivingTaints, claim: ResourceClaim) -> str | None:
    leave = taints.leave(claim)
    return None if leave is None else leave.when.isoformat()


@pytest.mark.parametrize(
    ("tolerations", "wanted"),
    [
        ((), "2020-01-01T00:00:00+00:00"),
        (({"key": "b", "operator": "Exists"},), "2020-01-01T00:00:00+00:00"),
        (({"key": "a", "operator": "Exists", "effect": "NoExecute"},), None),
        # One that leaves the effect out covers every effect, as the API says.
        (({"operator": "Exists"},), None),
        (({"key": "a", "operator": "Exists", "tolerationSeconds": 60},), "2020-01-01T00:01:00+00:00"),
        (({"key": "a", "operator": "Exists", "tolerationSeconds": -60},), "2020-01-01T00:00:00+00:00"),
        (
            (
                {"key": "a", "operator": "Exists", "tolerationSeconds": 60},
                {"key": "a", "operator": "Exists", "tolerationSeconds": 5},
            ),
            "2020-01-01T00:00:05+00:00",
        ),
        (({"key": "a", "operator": "Exists", "tolerationSeconds": 2**62},), "2120-03-16T00:00:00+00:00"),
    ],
)
def test_when_a_claim_has_to_be_left(tolerations: tuple[Object, ...], wanted: str | None) -> None:
    taints = DrivingTaints()
    assert not taints.any
    taints.slice_changed(None, decode(ResourceSlice, slice_of("s", bad=[TAINT], well=[])))
    found = taints.leave(claim_of("bad", *tolerations))
    if wanted is not None and wanted.startswith("21"):
        assert found is not None and found.when > datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
        return
    assert when(taints, claim_of("bad", *tolerations)) == wanted
    assert when(taints, claim_of("well", *tolerations)) is None


def test_the_highest_generation_of_a_pool_counts() -> None:
    taints = DrivingTaints()
    old, new = (
        decode(ResourceSlice, one) for one in (slice_of("old", 1, bad=[TAINT]), slice_of("new", 2, bad=[]))
    )
    assert taints.slice_changed(None, old)
    assert when(taints, claim_of("bad")) is not None
    assert taints.slice_changed(None, new)
    assert when(taints, claim_of("bad")) is None
    assert taints.slice_changed(new, None)
    assert when(taints, claim_of("bad")) is not None
    assert taints.slice_changed(old, None)
    assert not taints.any and when(taints, claim_of("bad")) is None


def test_rules_are_about_what_they_select() -> None:
    taints = DrivingTaints()
    rules = [
        decode(
            DeviceTaintRule,
            {**rule_of(device, effect), "metadata": {"name": "r", "uid": effect + str(device)}},
        )
        for device, effect in (("bad", "NoExecute"), ("quiet", "NoSchedule"), (None, "NoExecute"))
    ]
    for rule in rules:
        taints.rule_changed(None, rule)
    found = taints.leave(claim_of("bad"))
    assert found is not None and found.rules == {"NoExecutebad"}
    assert taints.leave(claim_of("quiet")) is None
    assert taints.leave(claim_of("quiet"), as_if=rules[1]) is not None
    taints.rule_changed(rules[0], None)
    assert taints.leave(claim_of("bad")) is None


@pytest.mark.parametrize(
    ("effect", "affected", "wanted"),
    [
        (
            "NoExecute",
            Affected(1, 1),
            ("True", "PodsPendingEviction", "1 pod needs to be evicted in 1 namespace."),
        ),
        (
            "NoExecute",
            Affected(2, 2, evicted=1),
            (
                "True",
                "PodsPendingEviction",
                "2 pods need to be evicted in 2 different namespaces. 1 pod evicted since starting the controller.",
            ),
        ),
        ("NoExecute", Affected(), ("False", "NotStarted", "")),
        (
            "NoExecute",
            Affected(evicted=3),
            ("False", "Completed", "3 pods evicted since starting the controller."),
        ),
        (
            "NoSchedule",
            Affected(),
            ("False", "OtherEffect", "Eviction only happens for the NoExecute effect."),
        ),
    ],
)
def test_what_a_rule_says(effect: str, affected: Affected, wanted: tuple[str, str, str]) -> None:
    found = condition(effect, affected, 7)
    assert (found["status"], found["reason"], found["message"]) == wanted
    assert found["observedGeneration"] == 7


async def _use(cluster: MemoryApi, name: str, device: str, *tolerations: Object) -> None:
    requests = [{"name": "r", "exactly": {"deviceClassName": "c"}}]
    meta = {"name": name, "namespace": NS}
    body: Object = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": meta}
    await cluster.create(RESOURCECLAIMS, {**body, "spec": {"devices": {"requests": requests}}})
    spec = {
        "containers": [{"name": "c", "image": "i"}],
        "nodeName": "w1",
        "resourceClaims": [{"name": "c", "resourceClaimName": name}],
    }
    made = await cluster.create(PODS, pod(name, spec))
    users = [{"resource": "pods", "name": name, "uid": made["metadata"]["uid"]}]
    cluster.set_status("resourceclaims", name, NS, **allocated(device, *tolerations), reservedFor=users)


def _says(cluster: MemoryApi, rule: str) -> list[tuple[str, str]]:
    conditions = (cluster.have("devicetaintrules", rule).get("status") or {}).get("conditions") or []
    return [(one["reason"], one["message"]) for one in conditions]


async def test_pods_leave_tainted_devices(cluster: MemoryApi) -> None:
    await _use(cluster, "goes", "bad")
    await _use(cluster, "stays", "well")
    await _use(cluster, "waits", "bad", {"key": "a", "operator": "Exists", "tolerationSeconds": 2**31})
    await cluster.create(RESOURCESLICES, slice_of("s", bad=[TAINT], well=[]))
    await cluster.until(lambda: goes(cluster, "goes"))
    said = cluster.have("pods", "goes", NS)["status"]["conditions"]
    assert [(one["type"], one["reason"]) for one in said] == [
        ("DisruptionTarget", "DeletionByDeviceTaintManager")
    ]
    await cluster.until(lambda: told(cluster, "goes", REASON) == ["Marking for deletion"])
    slice_ = cluster.have("resourceslices", "s")
    slice_["spec"]["devices"] = [{"name": "bad"}, {"name": "well"}]
    cluster.put("resourceslices", slice_)
    await cluster.until(lambda: told(cluster, "waits", REASON) == ["Cancelling deletion"])
    assert not goes(cluster, "waits") and not goes(cluster, "stays")


async def test_a_rule_says_how_far_it_has_come(cluster: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_eviction, "_STATUS_SECONDS", 0.05)
    await cluster.create(RESOURCESLICES, slice_of("s", one=[], other=[]))
    await _use(cluster, "goes", "one")
    await _use(cluster, "waits", "one", {"key": "r", "operator": "Exists", "tolerationSeconds": 2**31})
    await cluster.create(DEVICETAINTRULES, rule_of("one"))
    await cluster.until(lambda: goes(cluster, "goes"))
    pending = "1 pod needs to be evicted in 1 namespace. 1 pod evicted since starting the controller."
    await cluster.until(lambda: _says(cluster, "rule") == [("PodsPendingEviction", pending)])
    await cluster.delete(PODS, "waits", NS, grace_period_seconds=0)
    await cluster.create(DEVICETAINTRULES, rule_of("other", "None", "looks"))
    await cluster.until(lambda: _says(cluster, "looks"))
    ((reason, message),) = _says(cluster, "looks")
    assert reason == "NoEffect"
    assert message.startswith(
        "1 published device selected. 0 allocated devices selected. 0 pods would be evicted"
    )
