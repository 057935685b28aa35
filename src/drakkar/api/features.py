"""Kubernetes' feature gates for DRA by the names that the allocator has for them (dra-semantics 3.1, 10)."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.gates import Gates

# The names the allocator goes by (dra-semantics 3.1); each stands for one gate, DeviceBindingAndStatus for two.
ADMIN_ACCESS = "AdminAccess"
PRIORITIZED_LIST = "PrioritizedList"
PARTITIONABLE_DEVICES = "PartitionableDevices"
DEVICE_TAINTS = "DeviceTaints"
CONSUMABLE_CAPACITY = "ConsumableCapacity"
DEVICE_BINDING = "DeviceBindingAndStatus"
FRACTIONAL_CAPACITY = "FractionalCapacityRange"
LIST_ATTRIBUTES = "ListTypeAttributes"
OPTIONAL_NODE_OPERATIONS = "OptionalNodeOperations"
DERIVED_ATTRIBUTES = "DerivedAttributes"
COMPATIBILITY_GROUPS = "CompatibilityGroups"

_GATES: dict[str, frozenset[str]] = {
    ADMIN_ACCESS: frozenset({"DRAAdminAccess"}),
    PRIORITIZED_LIST: frozenset({"DRAPrioritizedList"}),
    PARTITIONABLE_DEVICES: frozenset({"DRAPartitionableDevices"}),
    DEVICE_TAINTS: frozenset({"DRADeviceTaints"}),
    CONSUMABLE_CAPACITY: frozenset({"DRAConsumableCapacity"}),
    DEVICE_BINDING: frozenset({"DRADeviceBindingConditions", "DRAResourceClaimDeviceStatus"}),
    FRACTIONAL_CAPACITY: frozenset({"DRAFractionalCapacityRange"}),
    LIST_ATTRIBUTES: frozenset({"DRAListTypeAttributes"}),
    OPTIONAL_NODE_OPERATIONS: frozenset({"DRAOptionalNodeOperations"}),
    DERIVED_ATTRIBUTES: frozenset({"DRADerivedAttributes"}),
    COMPATIBILITY_GROUPS: frozenset({"DRADeviceCompatibilityGroups"}),
}
_STABLE = frozenset({ADMIN_ACCESS, DEVICE_TAINTS, PARTITIONABLE_DEVICES, PRIORITIZED_LIST})
_EXPERIMENTAL = frozenset(
    {LIST_ATTRIBUTES, OPTIONAL_NODE_OPERATIONS, DERIVED_ATTRIBUTES, COMPATIBILITY_GROUPS}
)


class Features(frozenset[str]):
    """The allocator's features that are on, by the allocator's names."""

    @classmethod
    def default(cls) -> Features:
        """What a 1.37 scheduler has on when nobody says otherwise."""
        return cls.from_gates(Gates.default())

    @classmethod
    def from_gates(cls, gates: Iterable[str]) -> Features:
        """From gate names, all others off; a name that is no gate of DRA is passed over."""
        on = frozenset(gates)
        return cls(name for name, needed in _GATES.items() if needed <= on)


def is_stable(features: Iterable[str]) -> bool:
    """Whether upstream's oldest allocator knows all of the features, and so is the one that runs (dra-semantics 3.1)."""
    return _STABLE.issuperset(features)


def is_experimental(features: Iterable[str]) -> bool:
    """Whether only upstream's newest allocator knows all of the features."""
    return not _EXPERIMENTAL.isdisjoint(features)
