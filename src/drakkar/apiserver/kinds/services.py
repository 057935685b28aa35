"""Services: their defaults, and what another type takes from them."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.tables.network import SERVICES
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules
from drakkar.validation.service import service_changes, service_problems, service_warnings
from drakkar.validation.service.kind import has_node_ports, health_checked, reached_from_outside

_AFFINITY_S = 10800


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    fill_in(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        client = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        if client.get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": _AFFINITY_S}}
    for port in spec.get("ports") or ():
        fill_in(port, protocol="TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if reached_from_outside(spec):
        fill_in(spec, externalTrafficPolicy="Cluster")
    if (
        spec["type"] in ("ClusterIP", "LoadBalancer", "NodePort")
        and spec.get("internalTrafficPolicy") is None
    ):
        spec["internalTrafficPolicy"] = "Cluster"
    if spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is None:
        spec["allocateLoadBalancerNodePorts"] = True
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


def _prepare(new: Object, old: Object | None, now: str) -> None:
    """Take from a service what its new type has no use for, as far as the client has not changed it."""
    if old is None:
        return
    before, after = old.get("spec") or {}, new["spec"]
    if before.get("type") != "ExternalName" and after["type"] == "ExternalName":
        if all(before.get(field) == after.get(field) for field in ("clusterIP", "clusterIPs")):
            after.pop("clusterIP", None)
            after.pop("clusterIPs", None)
        _drop(before, after, "ipFamilies", "ipFamilyPolicy")
    if after["type"] == "ExternalName":
        _drop(before, after, "internalTrafficPolicy")
    if has_node_ports(before) and not has_node_ports(after) and _node_ports(after) <= _node_ports(before):
        for port in after.get("ports") or ():
            port.pop("nodePort", None)
    if health_checked(before) and not health_checked(after):
        _drop(before, after, "healthCheckNodePort")
    if before.get("type") == "LoadBalancer" and after["type"] != "LoadBalancer":
        _drop(before, after, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if reached_from_outside(before) and not reached_from_outside(after):
        _drop(before, after, "externalTrafficPolicy")


def _drop(before: Object, after: Object, *fields: str) -> None:
    for field in fields:
        if before.get(field) == after.get(field):
            after.pop(field, None)


def _node_ports(spec: Object) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}


STRATEGY = Strategy(
    answers_with_object=True,
    columns=SERVICES,
    default=_default,
    prepare=_prepare,
    rules=service_problems,
    changes=service_changes,
    warns=service_warnings,
    metadata=Rules(formats.dns_label),
    fields=selectable("spec.clusterIP", "spec.type"),
    made_by_put=True,
)
