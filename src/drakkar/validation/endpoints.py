"""Endpoints: the addresses behind a service, as EndpointSlices' forerunners say it."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import address_warnings, legacy_address, reachable_address
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_MANAGED_BY, _CONTROLLER = "endpoints.kubernetes.io/managed-by", "endpoint-controller"
_ADDRESSES = ("addresses", "notReadyAddresses")


def endpoints_problems(obj: Object) -> list[FieldError]:
    """What is wrong with Endpoints."""
    found = Findings()
    for at, subset in enumerate(items(obj, "subsets")):
        here = f"subsets[{at}]"
        if not any(items(subset, field) for field in _ADDRESSES):
            found.required(here, "must specify `addresses` or `notReadyAddresses`")
        for field in _ADDRESSES:
            for place, address in enumerate(items(subset, field)):
                _address(found, f"{here}.{field}[{place}]", address)
        ports = items(subset, "ports")
        for place, port in enumerate(ports):
            _port(found, f"{here}.ports[{place}]", port, named=len(ports) > 1)
    return found.listed()


def endpoints_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of Endpoints that are taken."""
    if mapping(mapping(new, "metadata"), "labels").get(_MANAGED_BY) == _CONTROLLER:
        return []
    return [
        warning
        for at, subset in enumerate(items(new, "subsets"))
        for field in _ADDRESSES
        for place, address in enumerate(items(subset, field))
        for warning in address_warnings(f"subsets[{at}].{field}[{place}].ip", text(address, "ip"))
    ]


def _address(found: Findings, path: str, address: Object) -> None:
    ip, host, node = text(address, "ip"), text(address, "hostname"), address.get("nodeName")
    legacy_address(found, f"{path}.ip", ip)
    if host:
        found.each_invalid(f"{path}.hostname", host, formats.dns_label(host))
    if node is not None:
        found.each_invalid(f"{path}.nodeName", node, formats.dns_subdomain(node))
    reachable_address(found, f"{path}.ip", ip)


def _port(found: Findings, path: str, port: Object, *, named: bool) -> None:
    name, number, protocol = text(port, "name"), port.get("port") or 0, text(port, "protocol")
    if name:
        found.each_invalid(f"{path}.name", name, formats.dns_label(name))
    elif named:
        found.required(f"{path}.name")
    found.each_invalid(f"{path}.port", number, formats.in_range(number, 1, 65535))
    if protocol not in _PROTOCOLS:
        found.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if port.get("appProtocol") is not None:
        found.each_invalid(f"{path}.appProtocol", port["appProtocol"], formats.label_key(port["appProtocol"]))
