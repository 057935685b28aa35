"""Upstream's quirks, each a switch: off is what is right, on is what upstream's allocator does (dra-semantics 12)."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Quirks:
    """Which quirks are copied; the number is the one in dra-semantics 12.

    K17 and K19 have no switch, as they are done alike; nor have K18 and K20, where upstream's answer is left to chance.
    """

    # A stale generation that is complete on the node is used, and devices of a newer one are not looked at.
    k1_stale_generation: bool = False
    # The order in which slices came decides how many the pool has, and what incompatible allocated devices leave over.
    k2_slice_order: bool = False
    # An alternative that asks for all devices fails the call before the search comes to it.
    k3_all_alternatives: bool = False
    # A constraint that one of all devices does not meet fails the call.
    k4_all_constraint_fatal: bool = False
    # One counter that is overdrawn blocks every device of the pool that consumes any.
    k5_overdrawn_counters: bool = False
    # Admin access needs counters and capacity that are left.
    k6_admin_pays: bool = False
    # Admin access of one claim keeps later claims from having the device.
    k7_admin_blocks: bool = False
    # Without list attributes, a list is distinct from all only as the first.
    k8_list_distinct: bool = False
    # A device that is no longer shared but still has shares is given away whole.
    k9_former_shares: bool = False
    # Without the experimental allocator, nobody asks whether node operations may be skipped.
    k10_skip_operations: bool = False
    # A selector is asked of devices that are on other nodes, and may fail on them.
    k11_other_nodes_selectors: bool = False
    # A device that names its nodes in several terms fails the call once it is chosen.
    k12_selector_terms: bool = False
    # An amount that one device's policy cannot represent fails the call.
    k13_unrepresentable: bool = False
    # A derived attribute that one device has no value for fails the call.
    k14_derived_failure: bool = False
    # A default counts as the default only when it is written in the same way.
    k15_default_by_field: bool = False
    # With none but the oldest features, capacity and sharing are unknown, and slices are not sorted.
    k16_stable: bool = False
    # What a device in use takes is free again once its driver no longer publishes that.
    k21_gone_devices: bool = False
    # A node selector or an attribute that cannot be read fails every call that comes to it.
    k22_unreadable: bool = False

    @classmethod
    def of(cls, compat: str | Quirks | None) -> Quirks:
        """None copies no quirk, "1.37" all; ValueError for a version that is not known."""
        if isinstance(compat, Quirks):
            return compat
        if compat is None:
            return cls()
        if compat != "1.37":
            raise ValueError(f"compat {compat!r} is not known: the one version there is, is '1.37'")
        return cls(**{field.name: True for field in fields(cls)})
