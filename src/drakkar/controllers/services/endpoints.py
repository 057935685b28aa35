"""The endpoints of a service: which pods, under which addresses and ports; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drakkar.controllers.machinery.ownership import is_deleting
from drakkar.controllers.machinery.podstate import is_finished, is_ready

Object = dict[str, Any]
# A group's address family and its ports as (name, protocol, number, application protocol).
Group = tuple[str, tuple[tuple[str, str, int, str], ...]]

MOST_ENDPOINTS = 100
_FAMILIES = ("IPv4", "IPv6")


def _container_port(pod: Object, name: str, protocol: str) -> int | None:
    for container in pod["spec"].get("containers") or []:
        for port in container.get("ports") or []:
            if port.get("name") == name and (port.get("protocol") or "TCP") == protocol:
                return int(port["containerPort"])
    return None


def _ports(service: Object, pod: Object) -> tuple[tuple[str, str, int, str], ...]:
    found = []
    for port in service["spec"].get("ports") or []:
        protocol = port.get("protocol") or "TCP"
        target = port.get("targetPort") or port["port"]
        number = _container_port(pod, target, protocol) if isinstance(target, str) else int(target)
        # A pod without a port of that name does not serve this port, perhaps others.
        if number is not None:
            found.append((port.get("name") or "", protocol, number, port.get("appProtocol") or ""))
    return tuple(found)


def _addresses(pod: Object, family: str) -> list[str]:
    status = pod.get("status") or {}
    listed = [entry["ip"] for entry in status.get("podIPs") or []] or [status.get("podIP") or ""]
    return [address for address in listed if address and (":" in address) == (family == "IPv6")]


def _endpoint(service: Object, pod: Object, addresses: list[str]) -> Object:
    metadata, spec = pod["metadata"], pod["spec"]
    serving = is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Object = {
        "addresses": addresses[:1],
        "conditions": {
            "ready": serving
            and (not is_deleting(pod) or bool(service["spec"].get("publishNotReadyAddresses"))),
            "serving": is_ready(pod),
            "terminating": is_deleting(pod),
        },
        "targetRef": {
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
    }
    if spec.get("nodeName"):
        endpoint["nodeName"] = spec["nodeName"]
    if spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]:
        endpoint["hostname"] = spec["hostname"]
    return endpoint


def group_endpoints(service: Object, pods: Iterable[Object]) -> dict[Group, list[Object]]:
    """The service's endpoints by family and ports; pods whose named ports differ need slices of their own."""
    families = service["spec"].get("ipFamilies") or ["IPv4"]
    groups: dict[Group, list[Object]] = {}
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
        if is_finished(pod):
            continue
        for family in _FAMILIES:
            addresses = _addresses(pod, family) if family in families else []
            if addresses:
                key = (family, _ports(service, pod))
                groups.setdefault(key, []).append(_endpoint(service, pod, addresses))
    return groups


def wanted_slices(service: Object, pods: Iterable[Object]) -> list[Object]:
    """The slices' addressType, endpoints and ports; one empty slice a family that has no endpoints."""
    groups = group_endpoints(service, pods)
    for family in service["spec"].get("ipFamilies") or ["IPv4"]:
        if not any(found == family for found, _ in groups):
            groups[family, ()] = []
    slices = []
    for (family, ports), endpoints in sorted(groups.items(), key=lambda item: item[0]):
        written = [
            {"name": name, "protocol": protocol, "port": number}
            | ({"appProtocol": application} if application else {})
            for name, protocol, number, application in ports
        ]
        for at in range(0, max(len(endpoints), 1), MOST_ENDPOINTS):
            slices.append(
                {
                    "addressType": family,
                    "endpoints": endpoints[at : at + MOST_ENDPOINTS],
                    "ports": written,
                }
            )
    return slices
