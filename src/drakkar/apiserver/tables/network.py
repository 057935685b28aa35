"""The tables of services and of the endpoints behind them."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, first, joined, labels, part, rows
from drakkar.apiserver.tables.layout import AGE, SELECTOR, Column, Layout

_SHOWN = 3  # so many items of a list are shown; of the rest, the number


def _shortened(values: list[str], absent: str) -> str:
    if not values:
        return absent
    return first(values, _SHOWN)


def _external(obj: Object) -> str:
    spec = part(obj, "spec")
    addresses = list(spec.get("externalIPs") or ())
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName") or "")
        case "LoadBalancer":
            balancers = rows(part(obj, "status", "loadBalancer"), "ingress")
            addresses = [str(b.get("ip") or b.get("hostname") or "") for b in balancers] + addresses
            return joined(addresses, absent="<pending>")
        case _:
            return joined(addresses, absent=NONE)


def _port(port: Object) -> str:
    number = f"{port.get('port')}:{port['nodePort']}" if port.get("nodePort") else str(port.get("port"))
    return f"{number}/{port.get('protocol') or 'TCP'}"


def _service(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [
        spec.get("type") or "ClusterIP",
        addresses[0] or NONE,
        _external(obj),
        joined(map(_port, rows(spec, "ports")), absent=NONE),
        age(obj, now),
        labels(spec.get("selector")),
    ]


def _slice(obj: Object, now: datetime.datetime) -> list[Any]:
    ports = [str(p["port"]) if p.get("port") is not None else "*" for p in rows(obj, "ports")]
    addresses = [str(a) for e in rows(obj, "endpoints") for a in e.get("addresses") or ()]
    shown = [_shortened(ports, "<unset>"), _shortened(addresses, "<unset>")]
    return [obj.get("addressType", ""), *shown, age(obj, now)]


def _endpoints(obj: Object, now: datetime.datetime) -> list[Any]:
    pairs = []
    for subset in rows(obj, "subsets"):
        ports = rows(subset, "ports")
        for address in rows(subset, "addresses"):
            text = str(address.get("ip"))
            host = f"[{text}]" if ":" in text else text
            pairs += [f"{host}:{p.get('port')}" for p in ports] or [text]
    return [_shortened(pairs, NONE), age(obj, now)]


SERVICES = Layout(
    (
        Column("Type", description="How the service is reached"),
        Column("Cluster-IP", description="Address inside the cluster"),
        Column("External-IP", description="Address outside the cluster"),
        Column("Port(s)", description="Ports of the service, with node ports after a colon"),
        AGE,
        SELECTOR,
    ),
    _service,
)
ENDPOINT_SLICES = Layout(
    (
        Column("AddressType", description="Kind of the addresses"),
        Column("Ports", description="Ports of the endpoints"),
        Column("Endpoints", description="Addresses of the endpoints"),
        AGE,
    ),
    _slice,
)
ENDPOINTS = Layout(
    (Column("Endpoints", description="Addresses and ports behind the service"), AGE), _endpoints
)
