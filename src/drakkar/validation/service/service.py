"""A Service after defaulting, and after addresses were given to it."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import legacy_address, reachable_address
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.networks import legacy_network
from drakkar.validation.object_meta import object_labels
from drakkar.validation.service.cluster_ips import cluster_ips
from drakkar.validation.service.kind import TOPOLOGY_HINTS, TOPOLOGY_MODE, headless
from drakkar.validation.service.ports import service_ports
from drakkar.validation.service.traffic import session_affinity, traffic_policies

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED = "may only be used when `type` is 'LoadBalancer'"


def service_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Service."""
    found, spec = Findings(), mapping(obj, "spec")
    annotations = mapping(mapping(obj, "metadata"), "annotations")
    hints, mode = annotations.get(TOPOLOGY_HINTS), annotations.get(TOPOLOGY_MODE)
    if hints is not None and mode is not None and hints != mode:
        said = f"must match annotations[{TOPOLOGY_HINTS}] when both are specified"
        found.invalid(f"metadata.annotations[{TOPOLOGY_MODE}]", mode, said)
    _by_type(found, spec)
    service_ports(found, spec)
    object_labels(found, "spec.selector", mapping(spec, "selector"))
    session_affinity(found, spec)
    cluster_ips(found, spec)
    for at, address in enumerate(items(spec, "externalIPs")):
        here = f"spec.externalIPs[{at}]"
        if legacy_address(found, here, address) is not None:
            reachable_address(found, here, address)
    if text(spec, "type") not in _TYPES:
        found.not_supported("spec.type", text(spec, "type"), _TYPES)
    _load_balancer(found, spec, annotations)
    traffic_policies(found, spec)
    return found.listed()


def _by_type(found: Findings, spec: Object) -> None:
    kind = text(spec, "type")
    if not items(spec, "ports") and not headless(spec) and kind != "ExternalName":
        found.required("spec.ports")
    if kind in ("LoadBalancer", "NodePort") and text(spec, "clusterIP") == "None":
        found.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(field):
                found.forbidden(f"spec.{field}", "may not be set for ExternalName services")
        name = text(spec, "externalName").removesuffix(".")
        if name:
            found.each_invalid("spec.externalName", name, formats.dns_subdomain(name))
        else:
            found.required("spec.externalName")


def _load_balancer(found: Findings, spec: Object, annotations: Object) -> None:
    balanced = text(spec, "type") == "LoadBalancer"
    ranges, written = items(spec, "loadBalancerSourceRanges"), annotations.get(_SOURCE_RANGES)
    if ranges:
        if not balanced:
            found.forbidden("spec.LoadBalancerSourceRanges", _BALANCED)
        for at, one in enumerate(ranges):
            # Blanks around them are let pass, as they were when the annotation was all there was.
            legacy_network(found, f"spec.LoadBalancerSourceRanges[{at}]", one.strip())
    elif written is not None:
        here = f"metadata.annotations[{_SOURCE_RANGES}]"
        if not balanced:
            found.forbidden(here, _BALANCED)
        for one in written.strip().split(",") if written.strip() else ():
            legacy_network(found, here, one.strip())
    if spec.get("allocateLoadBalancerNodePorts") is not None and not balanced:
        found.forbidden("spec.allocateLoadBalancerNodePorts", _BALANCED)
    kind = spec.get("loadBalancerClass")
    if kind is not None and balanced:
        found.each_invalid("spec.loadBalancerClass", kind, formats.label_key(kind))
    elif kind is not None:
        found.forbidden("spec.loadBalancerClass", _BALANCED)
