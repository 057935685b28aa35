"""Ports of the node that pods ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from drakkar.api.core import PodSpec
from drakkar.placement.reason import PORTS_TAKEN, Reason

_ANY = "0.0.0.0"


class HostPort(NamedTuple):
    """One port on one address of a node, or on all of them."""

    address: str
    protocol: str
    port: int

    def clashes(self, other: HostPort) -> bool:
        """Whether not both can be had."""
        return (
            self.port == other.port
            and self.protocol == other.protocol
            and (self.address == other.address or _ANY in (self.address, other.address))
        )

    def __str__(self) -> str:
        return f"{self.port}/{self.protocol}" + ("" if self.address == _ANY else f" on {self.address}")


def host_ports(spec: PodSpec) -> frozenset[HostPort]:
    """The ports that the pod binds on its node for as long as it runs."""
    found = set()
    sidecars = (one for one in spec.init_containers if one.restart_policy == "Always")
    for container in (*spec.containers, *sidecars):
        for port in container.ports:
            # In the node's network a container's port is the node's, the API server says so; documents may not.
            number = port.host_port or (port.container_port if spec.host_network else 0)
            if number > 0:
                found.add(HostPort(port.host_ip or _ANY, port.protocol or "TCP", number))
    return frozenset(found)


def objections(wanted: frozenset[HostPort], used: Iterable[HostPort]) -> list[Reason]:
    """The ports that others have."""
    if not wanted:
        return []
    taken = sorted({str(one) for one in wanted for other in used if one.clashes(other)})
    return [Reason(PORTS_TAKEN, f"host port {', '.join(taken)} is in use")] if taken else []
