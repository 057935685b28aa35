"""Compatibility groups: which partitions may share a counter set (dra-semantics 3.15.1).

All devices on a counter set must have a group in common, so that what is kept of them is their intersection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.allocator.rules.counters import Consumed

# What the devices on a counter set have in common; None while there is none.
Groups = frozenset[str] | None
# By position of the counter set, what a device brings to it.
Memberships = tuple[tuple[int, frozenset[str]], ...]

# A device without groups goes with its like only; no group has an empty name, so that this can be theirs.
NO_GROUPS = frozenset({""})


def groups_of(names: Sequence[str]) -> frozenset[str]:
    """A device's groups, as a set that may be intersected with others'."""
    return frozenset(names) if names else NO_GROUPS


def joined(before: Groups, names: frozenset[str]) -> Groups:
    """What is common once such a device is there too; defined for devices that do not go together as well, because
    slices may change after their devices were allocated."""
    if before is None:
        return names
    return before if NO_GROUPS in (before, names) else before & names


def baseline(sets: Iterable[str], spent: Iterable[Consumed]) -> tuple[Groups, ...]:
    """What the devices in use of a pool leave over, by counter set."""
    found: dict[str, Groups] = dict.fromkeys(sets)
    for uses in spent:
        for use in uses:
            if use.counter_set in found:
                found[use.counter_set] = joined(found[use.counter_set], groups_of(use.compatibility_groups))
    return tuple(found.values())


def join(memberships: Memberships, groups: tuple[Groups, ...]) -> tuple[Groups, ...] | None:
    """What is common on every counter set with the device there too; None when it does not go with the others."""
    joint = list(groups)
    for position, names in memberships:
        before = joint[position]
        if before is not None and not before & names:
            return None
        joint[position] = joined(before, names)
    return tuple(joint)
