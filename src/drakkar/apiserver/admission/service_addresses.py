"""Gives services their cluster IPs and node ports, from what the stored services leave free."""

from __future__ import annotations

import ipaddress
import random

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import FieldError

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
        for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            spec.pop(field, None)
        return
    others = _others(service, store)
    _cluster_ip(service, spec, before, others)
    _node_ports(service, spec, before, others)


def _cluster_ip(service: Object, spec: Object, before: Object, others: list[Object]) -> None:
    held = before.get("clusterIP")
    wanted = spec.get("clusterIP") or held
    used = {other["spec"].get("clusterIP") for other in others}
    if not wanted:
        wanted = _free_address(service, used)
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
    spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


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


def _node_ports(service: Object, spec: Object, before: Object, others: list[Object]) -> None:
    ports: list[Object] = spec.get("ports") or []
    if spec["type"] not in ("NodePort", "LoadBalancer"):
        for port in ports:
            port.pop("nodePort", None)
        return
    used = {
        (port.get("protocol"), port["nodePort"])
        for other in others
        for port in other["spec"].get("ports") or ()
        if port.get("nodePort")
    }
    held = {(p.get("protocol"), p.get("port")): p.get("nodePort") for p in before.get("ports") or ()}
    free: dict[str, list[int]] = {}
    for at, port in enumerate(ports):
        protocol = port["protocol"]
        wanted = port.get("nodePort") or held.get((protocol, port.get("port")))
        if not wanted:
            if protocol not in free:
                free[protocol] = [number for number in _NODE_PORTS if (protocol, number) not in used]
                random.shuffle(free[protocol])
            wanted = _next_free(free[protocol], protocol, used)
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


def _next_free(free: list[int], protocol: str, used: set[tuple[str | None, int]]) -> int:
    """A port that nobody has, 0 where there is none; another port of the service may have one of `free` by now."""
    while free:
        number = free.pop()
        if (protocol, number) not in used:
            return number
    return 0


def _port(at: int) -> str:
    return f"spec.ports[{at}].nodePort"


def _ports() -> str:
    return f"{_NODE_PORTS.start}-{_NODE_PORTS.stop - 1}"
