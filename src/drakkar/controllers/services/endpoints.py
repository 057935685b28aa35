"""The endpoints of a service: which pods, under which addresses and ports; pure."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.core import Pod
from drakkar.api.object import Object
from drakkar.api.workloads import Service
from drakkar.controllers.machinery.podstate import SeenPod, is_finished, is_ready

# A group's address family and its ports as (name, protocol, number, application protocol).
Group = tuple[str, tuple[tuple[str, str, int, str], ...]]

MOST_ENDPOINTS = 100
_FAMILIES = ("IPv4", "IPv6")


def _container_port(pod: Pod, name: str, protocol: str) -> int | None:
    for container in pod.spec.containers:
        for port in container.ports:
            if port.name == name and (port.protocol or "TCP") == protocol:
                return port.container_port
    return None


def _ports(service: Service, pod: Pod) -> tuple[tuple[str, str, int, str], ...]:
    found = []
    for port in service.spec.ports:
        protocol = port.protocol or "TCP"
        target = port.target_port or port.port
        number = _container_port(pod, target, protocol) if isinstance(target, str) else target
        # A pod without a port of that name does not serve this port, perhaps others.
        if number is not None:
            found.append((port.name, protocol, number, port.app_protocol))
    return tuple(found)


def _addresses(pod: Pod, family: str) -> list[str]:
    listed = [entry["ip"] for entry in pod.status.pod_ips] or [pod.status.pod_ip]
    return [address for address in listed if address and (":" in address) == (family == "IPv6")]


def _endpoint(service: Service, pod: SeenPod, addresses: list[str]) -> Object:
    meta, spec = pod.it.metadata, pod.it.spec
    always = service.spec.publish_not_ready_addresses
    leaving = meta.deletion_timestamp is not None
    endpoint: Object = {
        "addresses": addresses[:1],
        "conditions": {
            "ready": always or (is_ready(pod) and not leaving),
            "serving": is_ready(pod),
            "terminating": leaving,
        },
        "targetRef": {"kind": "Pod", "name": meta.name, "namespace": meta.namespace, "uid": meta.uid},
    }
    if spec.node_name:
        endpoint["nodeName"] = spec.node_name
    if spec.hostname and spec.subdomain == service.metadata.name:
        endpoint["hostname"] = spec.hostname
    return endpoint


def _families_of(service: Service) -> tuple[str, ...]:
    return service.spec.ip_families or ("IPv4",)


def group_endpoints(service: Service, pods: Iterable[SeenPod]) -> dict[Group, list[Object]]:
    """The service's endpoints by family and ports; pods whose named ports differ need slices of their own."""
    groups: dict[Group, list[Object]] = {}
    for pod in sorted(pods, key=lambda pod: pod.it.metadata.name):
        if is_finished(pod):
            continue
        for family in _FAMILIES:
            addresses = _addresses(pod.it, family) if family in _families_of(service) else []
            if addresses:
                key = (family, _ports(service, pod.it))
                groups.setdefault(key, []).append(_endpoint(service, pod, addresses))
    return groups


def wanted_slices(service: Service, pods: Iterable[SeenPod]) -> list[Object]:
    """The slices' addressType, endpoints and ports; one empty slice a family that has no endpoints."""
    groups = group_endpoints(service, pods)
    for family in _families_of(service):
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
