"""What follows from the type of a Service: who can reach it, and by what."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_values import items, text

# Two annotations that said once what `trafficDistribution` says now.
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"


def headless(spec: Object) -> bool:
    """Whether it has no address of its own, but its pods' names."""
    return text(spec, "type") == "ClusterIP" and text(spec, "clusterIP") == "None"


def reached_from_outside(spec: Object) -> bool:
    """Whether others than the cluster's own pods and nodes can reach it."""
    kind = text(spec, "type")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(items(spec, "externalIPs")))


def health_checked(spec: Object) -> bool:
    """Whether a load balancer asks at a port of its own which nodes have pods of it."""
    return text(spec, "type") == "LoadBalancer" and text(spec, "externalTrafficPolicy") == "Local"


def has_node_ports(spec: Object) -> bool:
    """Whether it may have ports on every node."""
    return text(spec, "type") in ("LoadBalancer", "NodePort")
