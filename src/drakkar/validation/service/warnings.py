"""What to say of a Service that is taken: what of it means nothing, is old, or is written oddly."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.addresses import address_warnings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.networks import network_warnings
from drakkar.validation.service.kind import TOPOLOGY_HINTS, TOPOLOGY_MODE, headless


def service_warnings(new: Object, old: Object | None) -> list[str]:
    """The warnings of a new Service, or of one that takes the place of `old`."""
    spec, warned = mapping(new, "spec"), []
    if TOPOLOGY_HINTS in mapping(mapping(new, "metadata"), "annotations"):
        warned.append(f"annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead")
    if text(spec, "clusterIP") not in ("", "None"):
        for at, address in enumerate(items(spec, "clusterIPs")):
            warned += address_warnings(f"spec.clusterIPs[{at}]", address)
    outside, named = items(spec, "externalIPs"), text(spec, "type") == "ExternalName"
    if headless(spec):
        if text(spec, "loadBalancerIP"):
            warned.append("spec.loadBalancerIP is ignored for headless services")
        if outside:
            warned.append("spec.externalIPs is ignored for headless services")
        if text(spec, "sessionAffinity") != "None":
            warned.append("spec.SessionAffinity is ignored for headless services")
    for at, address in enumerate(outside):
        warned += address_warnings(f"spec.externalIPs[{at}]", address)
    if outside and not headless(spec) and not named:
        warned.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    if text(spec, "loadBalancerIP"):
        warned += address_warnings("spec.loadBalancerIP", text(spec, "loadBalancerIP"))
    for at, network in enumerate(items(spec, "loadBalancerSourceRanges")):
        warned += network_warnings(f"spec.loadBalancerSourceRanges[{at}]", network)
    if named and outside:
        warned.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if not named and text(spec, "externalName"):
        warned.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose":
        warned.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return warned
