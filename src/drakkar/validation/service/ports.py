"""The ports of a Service, and what they lead to."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.probes import port as number_or_name

_PROTOCOLS = ("SCTP", "TCP", "UDP")


def service_ports(found: Findings, spec: Object) -> None:
    """Each by itself, then what several of them have in common."""
    ports = items(spec, "ports")
    names: set[str] = set()
    for at, port in enumerate(ports):
        _port(found, f"spec.ports[{at}]", port, names, named=len(ports) > 1)
        if text(spec, "type") == "ClusterIP" and port.get("nodePort"):
            found.forbidden(f"spec.ports[{at}].nodePort", "may not be used when `type` is 'ClusterIP'")
    nodes: set[tuple[str, Any]] = set()
    seen: set[tuple[str, Any]] = set()
    for at, port in enumerate(ports):
        protocol, number, node = text(port, "protocol"), port.get("port") or 0, port.get("nodePort")
        if node and (protocol, node) in nodes:
            found.duplicate(f"spec.ports[{at}].nodePort", node)
        if (protocol, number) in seen:
            found.add(_twice(f"spec.ports[{at}]", protocol, number))
        nodes.add((protocol, node))
        seen.add((protocol, number))


def _port(found: Findings, path: str, port: Object, names: set[str], *, named: bool) -> None:
    name, protocol, number = text(port, "name"), text(port, "protocol"), port.get("port") or 0
    if name:
        found.each_invalid(f"{path}.name", name, formats.dns_label(name))
        if name in names:
            found.duplicate(f"{path}.name", name)
        names.add(name)
    elif named:
        found.required(f"{path}.name")
    found.each_invalid(f"{path}.port", number, formats.in_range(number, 1, 65535))
    if protocol not in _PROTOCOLS:
        found.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    number_or_name(found, f"{path}.targetPort", port.get("targetPort"))
    application = port.get("appProtocol")
    if application is not None:
        found.each_invalid(f"{path}.appProtocol", application, formats.label_key(application))


def _twice(path: str, protocol: str, number: int) -> FieldError:
    # All fields of a port are shown, though only these two count.
    both = {"Name": "", "Protocol": protocol, "AppProtocol": None, "Port": number, "TargetPort": 0}
    return FieldError("FieldValueDuplicate", f"Duplicate value: {shown({**both, 'NodePort': 0})}", path)
