"""Gives services their cluster IPs and node ports, from what the stored services leave free."""

from __future__ import annotations

import ipaddress
import random

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.admission.service_families import families
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import FieldError
from drakkar.validation.service.kind import has_node_ports, health_checked

RANGE = ipaddress.IPv4Network("10.96.0.0/16")
_NODE_PORTS = range(30000, 32768)
_TRIES = 64
_HEADLESS = "None"


class ServiceAddresses(Plugin):
    """Gives them, and looks again at the moment of a creation that was prepared beside the loop."""

    resources = frozenset({"/services"})

    def mutate(self, new: Object, old: Object | None, store: Store) -> None:
        """Complete a service in place; raises StatusError 422 for an address in use."""
        _assign(new, old, store)

    def check(self, new: Object, store: Store) -> None:
        """Raises StatusError 422 for an address that somebody else has got meanwhile."""
        _assign(new, None, store)


def _invalid(service: Object, cause: FieldError) -> errors.StatusError:
    return errors.invalid("", "Service", service["metadata"].get("name", ""), [cause])


def _others(service: Object, store: Store) -> list[Object]:
    own = (service["metadata"].get("namespace"), service["metadata"].get("name"))
    return [
        other
        for other in store.list("/services")
        if (other["metadata"].get("namespace"), other["metadata"]["name"]) != own
    ]


def _assign(service: Object, old: Object | None, store: Store) -> None:
    """Complete a service in place; what it had before it keeps. Raises StatusError 422 for an address in use."""
    spec, before = service["spec"], (old or {}).get("spec") or {}
    if spec["type"] == "ExternalName":
        return
    others = _others(service, store)
    _keep_addresses(spec, before)
    wrong = families(spec, before)
    if wrong:
        raise errors.invalid("", "Service", service["metadata"].get("name", ""), wrong)
    _cluster_ip(service, spec, before, others)
    used = _used_ports(others)
    _node_ports(service, spec, before, used)
    _health_check_port(service, spec, before, used)


def _keep_addresses(spec: Object, before: Object) -> None:
    """Of two fields for one thing clients of old times know only the first."""
    held, one = before.get("clusterIP"), spec.get("clusterIP")
    if not one and held:
        spec["clusterIP"] = one = held
    if not spec.get("clusterIPs") and one:
        spec["clusterIPs"] = before.get("clusterIPs") if one == held else [one]
    elif held and one != held and spec.get("clusterIPs") == before.get("clusterIPs"):
        spec["clusterIPs"] = [one]


def _cluster_ip(service: Object, spec: Object, before: Object, others: list[Object]) -> None:
    held = before.get("clusterIP")
    wanted = spec.get("clusterIP")
    used = {other["spec"].get("clusterIP") for other in others}
    if not wanted:
        wanted = _free_address(service, used)
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
    elif not held and wanted != _HEADLESS:
        try:
            inside = ipaddress.IPv4Address(wanted) in RANGE
        except ValueError:
            inside = False
        if not inside:
            said = f"failed to allocate IP {wanted}: the provided IP is not in the valid range {RANGE}"
            raise _invalid(service, FieldError.invalid("spec.clusterIPs", f'["{wanted}"]', said))
        if wanted in used:
            said = f"failed to allocate IP {wanted}: provided IP is already allocated"
            raise _invalid(service, FieldError.invalid("spec.clusterIPs", f'["{wanted}"]', said))


def _free_address(service: Object, used: set[str | None]) -> str:
    # The first addresses are left for those who ask for one by number, such as the API server's own service.
    for _ in range(_TRIES):
        address = str(RANGE[random.randrange(256, RANGE.num_addresses - 1)])
        if address not in used:
            return address
    for number in range(256, RANGE.num_addresses - 1):
        if str(RANGE[number]) not in used:
            return str(RANGE[number])
    raise _invalid(service, FieldError.invalid("spec.clusterIPs", "[]", "the range is full"))


def _used_ports(others: list[Object]) -> set[tuple[str | None, int]]:
    used = {
        (port.get("protocol"), port["nodePort"])
        for other in others
        for port in other["spec"].get("ports") or ()
        if port.get("nodePort")
    }
    return used | {
        ("TCP", other["spec"]["healthCheckNodePort"])
        for other in others
        if other["spec"].get("healthCheckNodePort")
    }


def _node_ports(service: Object, spec: Object, before: Object, used: set[tuple[str | None, int]]) -> None:
    if not has_node_ports(spec):
        return
    ports: list[Object] = spec.get("ports") or []
    if has_node_ports(before):
        _keep_node_ports(ports, before.get("ports") or [])
    allocates = spec["type"] == "NodePort" or spec.get("allocateLoadBalancerNodePorts") is not False
    free: dict[str, list[int]] = {}
    for at, port in enumerate(ports):
        protocol = port["protocol"]
        wanted = port.get("nodePort")
        if not wanted and not allocates:
            continue
        if not wanted:
            wanted = _next_free(free, protocol, used)
            if not wanted:
                raise _invalid(service, FieldError.invalid(_port(at), "0", "the range is full"))
        elif wanted not in _NODE_PORTS:
            said = f"provided port is not in the valid range. The range of valid ports is {_ports()}"
            raise _invalid(service, FieldError.invalid(_port(at), str(wanted), said))
        elif (protocol, wanted) in used:
            raise _invalid(
                service,
                FieldError.invalid(_port(at), str(wanted), "provided port is already allocated"),
            )
        port["nodePort"] = wanted
        used.add((protocol, wanted))


def _keep_node_ports(ports: list[Object], before: list[Object]) -> None:
    """A port that says no number keeps that of the port of its name, unless another one has it now."""
    taken = {port.get("nodePort") for port in ports}
    held = {port.get("name") or "": port.get("nodePort") for port in before}
    for port in ports:
        known = held.get(port.get("name") or "")
        if not port.get("nodePort") and known and known not in taken:
            port["nodePort"] = known
            taken.add(known)


def _health_check_port(
    service: Object, spec: Object, before: Object, used: set[tuple[str | None, int]]
) -> None:
    """The port at which a load balancer asks whether a node has pods of the service."""
    if not health_checked(spec):
        return
    held = before.get("healthCheckNodePort") if health_checked(before) else 0
    wanted = spec.get("healthCheckNodePort") or held or _next_free({}, "TCP", used)
    if not wanted or (("TCP", wanted) in used and wanted != held):
        said = "the range is full" if not wanted else "provided port is already allocated"
        raise _invalid(service, FieldError.invalid("spec.healthCheckNodePort", str(wanted), said))
    spec["healthCheckNodePort"] = wanted


def _next_free(free: dict[str, list[int]], protocol: str, used: set[tuple[str | None, int]]) -> int:
    """A port that nobody has, 0 where there is none; another port of the service may have one of `free` by now."""
    if protocol not in free:
        free[protocol] = [number for number in _NODE_PORTS if (protocol, number) not in used]
        random.shuffle(free[protocol])
    while free[protocol]:
        number = free[protocol].pop()
        if (protocol, number) not in used:
            return number
    return 0


def _port(at: int) -> str:
    return f"spec.ports[{at}].nodePort"


def _ports() -> str:
    return f"{_NODE_PORTS.start}-{_NODE_PORTS.stop - 1}"
