"""What features and quirks come to, read once for all calls."""

from __future__ import annotations

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.api.features import (
    COMPATIBILITY_GROUPS,
    CONSUMABLE_CAPACITY,
    DEVICE_BINDING,
    DEVICE_TAINTS,
    FRACTIONAL_CAPACITY,
    LIST_ATTRIBUTES,
    OPTIONAL_NODE_OPERATIONS,
    PARTITIONABLE_DEVICES,
    Features,
    is_experimental,
    is_stable,
)

NODE_FEATURE = "DRAOptionalNodeOperations"


class Switches:
    """Each a plain answer."""

    def __init__(self, features: Features, quirks: Quirks) -> None:
        self.features = features
        self.quirks = quirks
        self.stable = quirks.k16_stable and is_stable(features)
        self.shares = CONSUMABLE_CAPACITY in features
        self.fractional = FRACTIONAL_CAPACITY in features
        self.lists = LIST_ATTRIBUTES in features
        self.taints = DEVICE_TAINTS in features
        self.partitions = PARTITIONABLE_DEVICES in features
        self.groups = COMPATIBILITY_GROUPS in features
        self.skipping = OPTIONAL_NODE_OPERATIONS in features
        self.binding = DEVICE_BINDING in features
        # Only upstream's newest allocator knows that node operations may be skipped.
        self.experimental = is_experimental(features)
        self.asks_skipping = self.experimental or not quirks.k10_skip_operations

    def may_skip(self, node: Node) -> bool:
        """Whether devices whose node operations are to be skipped may be chosen on the node."""
        return not self.asks_skipping or (self.skipping and NODE_FEATURE in node.declared_features)

    def multi(self, entry: DeviceEntry) -> bool:
        """Whether several claims may each have a share of the device."""
        return self.shares and bool(entry.device.allow_multiple_allocations)
