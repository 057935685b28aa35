"""Whether a volume that says in which zones it is can be had in a node's zone."""

from __future__ import annotations

from drakkar.api.storage import Volume
from drakkar.placement.node.node_info import NodeInfo

# Labels of nodes and volumes, old ones with their successors.
_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
# Between the zones of a volume that is in several.
_BETWEEN = "__"


def in_zone(volume: Volume, node: NodeInfo) -> bool:
    """A node that does not say where it is can have every volume."""
    if not any(key in node.labels for key in _LABELS):
        return True
    for key, successor in _LABELS.items():
        value = volume.metadata.labels.get(key)
        if value is None:
            continue
        zones = [one.strip() for one in value.split(_BETWEEN)]
        if all(zones) and node.labels.get(key, node.labels.get(successor)) not in zones:
            return False
    return True
