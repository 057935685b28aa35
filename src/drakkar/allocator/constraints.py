"""matchAttribute and distinctAttribute (dra-semantics 3.10), as states that grow with each device and are never undone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.requests import Ask
from drakkar.api.resource import DeviceAttribute, DeviceConstraint

# What a constraint has seen: for a match what is common so far, for a distinct one every value.
Seen = tuple[DeviceAttribute, ...]


class _Values(NamedTuple):
    kind: str
    values: frozenset[Hashable]


def applies(constraint: DeviceConstraint, ask: Ask) -> bool:
    """Whether the constraint is about a request; naming a request names all of its alternatives."""
    names = constraint.requests
    return not names or ask.name in names or (bool(ask.parent) and ask.parent in names)


def attribute_of(entry: DeviceEntry, name: str) -> DeviceAttribute | None:
    """The device's attribute by its full name; the driver's own may be published without the domain."""
    found = entry.device.attributes.get(name)
    if found is None:
        domain, slash, identifier = name.rpartition("/")
        if slash and domain == entry.spec.driver:
            found = entry.device.attributes.get(identifier)
    return found


def _scalar(attribute: DeviceAttribute) -> tuple[str, Hashable] | None:
    for kind, value in (
        ("string", attribute.string),
        ("int", attribute.int_value),
        ("bool", attribute.bool_value),
        ("version", attribute.version),
    ):
        if value is not None:
            return kind, value
    return None


def _same_scalar(attribute: DeviceAttribute, reference: DeviceAttribute) -> bool:
    found = _scalar(attribute)
    if found is None:
        return False
    kind, value = found
    other = {
        "string": reference.string,
        "int": reference.int_value,
        "bool": reference.bool_value,
        "version": reference.version,
    }[kind]
    return other is not None and other == value


def _values(attribute: DeviceAttribute) -> _Values | None:
    for kind, several in (
        ("int", attribute.ints),
        ("bool", attribute.bools),
        ("string", attribute.strings),
        ("version", attribute.versions),
    ):
        if several:
            return _Values(kind, frozenset(several))
    single = _scalar(attribute)
    if single is None:
        return None
    return _Values(single[0], frozenset([single[1]]))


def _common(values: _Values, other: _Values) -> frozenset[Hashable]:
    return values.values & other.values if values.kind == other.kind else frozenset()


def admit(constraint: DeviceConstraint, seen: Seen, entry: DeviceEntry, lists: bool) -> Seen | None:
    """What the constraint has seen with this device added; None when the device does not go with the others.

    `lists` says whether list-valued attributes count; without them a list is as good as no value, except on the
    first device, which upstream takes unseen.
    """
    name = constraint.match_attribute or constraint.distinct_attribute or ""
    attribute = attribute_of(entry, name)
    if attribute is None:
        return None
    values = _values(attribute) if lists else None
    if lists and values is None:
        return None
    if constraint.match_attribute:
        if values is not None:
            # The values common to all devices must share one; pairwise overlap is not enough.
            common = values
            for before in seen:
                earlier = _values(before)
                shared = _common(common, earlier) if earlier is not None else frozenset[Hashable]()
                if not shared:
                    return None
                common = _Values(common.kind, shared)
            return (*seen, attribute)
        if seen and not _same_scalar(attribute, seen[0]):
            return None
        return seen or (attribute,)
    for before in seen:
        if values is not None:
            earlier = _values(before)
            if earlier is not None and _common(values, earlier):
                return None
        elif _scalar(attribute) is None or _same_scalar(attribute, before):
            return None
    return (*seen, attribute)
