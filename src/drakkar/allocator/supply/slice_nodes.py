"""Which node a slice, or a device of one, is for (dra-semantics 2.2)."""

from __future__ import annotations

from drakkar.allocator.node import Node
from drakkar.allocator.supply.inventory import SliceEntry
from drakkar.api.node_selector import NodeSelector, NodeSelectorError, match_node_selector
from drakkar.api.resource import Device, ResourceSliceSpec


def _selected(
    name: str | None, everywhere: bool | None, selector: NodeSelector | None, node: Node
) -> bool | None:
    if name:
        return name == node.name
    if everywhere:
        return True
    if selector is not None:
        return match_node_selector(selector, node.name, node.labels)
    return None


def slice_on_node(spec: ResourceSliceSpec, node: Node) -> bool | None:
    """Whether the node is meant by one of the slice's three node fields; None when none of them is set."""
    return _selected(spec.node_name, spec.all_nodes, spec.node_selector, node)


def on_node(device: Device, node: Node) -> bool:
    """Whether a device of a slice with per-device node selection is the node's."""
    return bool(_selected(device.node_name, device.all_nodes, device.node_selector, node))


def devices_on_node(entry: SliceEntry, node: Node) -> tuple[int, int]:
    """Which devices of a slice are the node's, as bits by position, and of which that cannot be told."""
    here = unclear = 0
    for index, device in enumerate(entry.devices):
        try:
            here |= on_node(device.device, node) << index
        except NodeSelectorError:
            unclear |= 1 << index
    return here, unclear
