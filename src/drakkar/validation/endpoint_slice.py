"""EndpointSlices: the addresses behind a service, the ports there, and for whom each is meant."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import (
    address_warnings,
    canonical_address,
    legacy_address,
    reachable_address,
)
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text, within
from drakkar.validation.object_meta import object_labels

_TYPES = ("FQDN", "IPv4", "IPv6")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_MOST_PORTS, _MOST_ENDPOINTS, _MOST_ADDRESSES, _MOST_HINTS, _MOST_LABELS = 20_000, 1000, 100, 8, 16
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
# The controllers that are known to put addresses right themselves.
_CONTROLLER = "endpointslice-controller.k8s.io"
_CONTROLLERS = (_CONTROLLER, "endpointslicemirroring-controller.k8s.io")


def endpoint_slice_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an EndpointSlice."""
    found, kind = Findings(), text(obj, "addressType")
    if not kind:
        found.required("addressType")
    elif kind not in _TYPES:
        found.not_supported("addressType", kind, _TYPES)
    _ports(found, items(obj, "ports"))
    # Pods of this cluster may have addresses in 127.0.0.0/8, which the controller says of them; users may not.
    loopback = mapping(mapping(obj, "metadata"), "labels").get(MANAGED_BY) == _CONTROLLER
    endpoints = items(obj, "endpoints")
    if within(found, "endpoints", endpoints, _MOST_ENDPOINTS):
        for at, endpoint in enumerate(endpoints):
            _endpoint(found, f"endpoints[{at}]", endpoint, kind, loopback)
    return found.listed()


def endpoint_slice_changes(old: Object, new: Object) -> list[FieldError]:
    """What of an EndpointSlice may not change."""
    found = Findings()
    if text(new, "addressType") != text(old, "addressType"):
        found.invalid("addressType", None, "field is immutable")
    return found.listed()


def endpoint_slice_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of an EndpointSlice that is taken."""
    warned = []
    if old is None and text(new, "addressType") == "FQDN":
        warned.append("spec.addressType: FQDN endpoints are deprecated")
    if mapping(mapping(new, "metadata"), "labels").get(MANAGED_BY) in _CONTROLLERS:
        return warned
    for at, endpoint in enumerate(items(new, "endpoints")):
        for place, address in enumerate(items(endpoint, "addresses")):
            warned += address_warnings(f"endpoints[{at}].addresses[{place}]", address)
    return warned


def _ports(found: Findings, given: list[Object]) -> None:
    if not within(found, "ports", given, _MOST_PORTS):
        return
    names: set[str] = set()
    for at, port in enumerate(given):
        here, name, protocol = f"ports[{at}]", text(port, "name"), text(port, "protocol")
        if name:
            found.each_invalid(f"{here}.name", name, formats.dns_label(name))
        if name in names:
            found.duplicate(f"{here}.name", name)
        names.add(name)
        if protocol not in _PROTOCOLS:
            found.not_supported(f"{here}.protocol", protocol, _PROTOCOLS)
        if port.get("appProtocol") is not None:
            found.each_invalid(
                f"{here}.appProtocol", port["appProtocol"], formats.label_key(port["appProtocol"])
            )


def _endpoint(found: Findings, path: str, endpoint: Object, kind: str, loopback: bool) -> None:
    addresses = items(endpoint, "addresses")
    if not addresses:
        found.required(f"{path}.addresses")
    within(found, f"{path}.addresses", addresses, _MOST_ADDRESSES)
    for at, address in enumerate(addresses):
        _address(found, f"{path}.addresses", at, address, kind, loopback)
    if endpoint.get("nodeName") is not None:
        name = endpoint["nodeName"]
        found.each_invalid(f"{path}.nodeName", name, formats.dns_subdomain(name))
    topology = mapping(endpoint, "deprecatedTopology")
    within(found, f"{path}.deprecatedTopology", list(topology), _MOST_LABELS)
    object_labels(found, f"{path}.deprecatedTopology", topology)
    if endpoint.get("hostname") is not None:
        name = endpoint["hostname"]
        found.each_invalid(f"{path}.hostname", name, formats.dns_label(name))
    _hints(found, f"{path}.hints", mapping(endpoint, "hints"))


def _address(found: Findings, path: str, at: int, address: str, kind: str, loopback: bool) -> None:
    here = f"{path}[{at}]"
    if kind == "FQDN":
        _full_domain(found, here, address)
    if kind not in ("IPv4", "IPv6"):
        return
    read = legacy_address if kind == "IPv4" else canonical_address
    parsed = read(found, here, address)
    if parsed is None:
        return
    if f"IPv{parsed.version}" != kind:
        found.invalid(path, address, f"must be an {kind} address")
    reachable_address(found, here, address, loopback=loopback)


def _full_domain(found: Findings, path: str, name: str) -> None:
    """A domain name of two parts or more, with a dot at its end or without."""
    if not name:
        found.required(path)
        return
    name = name.removesuffix(".")
    wrong = formats.dns_subdomain(name)
    if wrong:
        found.invalid(path, name, ",".join(wrong))
        return
    labels = name.split(".")
    if len(labels) < 2:
        said = "should be a domain with at least two segments separated by dots"
        found.invalid(path, name, said)
        return
    for label in labels:
        wrong = formats.dns_label(label)
        if wrong:
            found.invalid(path, label, ",".join(wrong))
            return


def _hints(found: Findings, path: str, hints: Object) -> None:
    for field, rule in (("forZones", formats.label_value), ("forNodes", formats.dns_subdomain)):
        given = items(hints, field)
        if not within(found, f"{path}.{field}", given, _MOST_HINTS):
            return
        names: set[str] = set()
        for at, hint in enumerate(given):
            here, name = f"{path}.{field}[{at}].name", text(hint, "name")
            if name in names:
                found.duplicate(here, name)
            names.add(name)
            found.each_invalid(here, name, rule(name))
