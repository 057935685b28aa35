"""matchAttribute and distinctAttribute (dra-semantics 3.10), as states that grow with each device and are never undone."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.switches import Switches
from drakkar.api.resource import DeviceAttribute, DeviceConstraint

# What a constraint has seen: for a match what is common so far, for a distinct one every value.
Seen = tuple[DeviceAttribute, ...]
Element = tuple[str, Hashable]


class Rule(NamedTuple):
    """How one constraint judges: by sameness or difference, with or without lists, and whether a list that does not
    count is distinct from everything (or, as upstream has it, only where nothing was before)."""

    match: bool
    lists: bool
    odd_is_distinct: bool


def compared(constraint: DeviceConstraint) -> str:
    """The attribute that the constraint compares; where both kinds are set, only the first counts."""
    return constraint.match_attribute or constraint.distinct_attribute or ""


def rule_of(constraint: DeviceConstraint, switches: Switches) -> Rule:
    """How the constraint judges under these switches."""
    return Rule(bool(constraint.match_attribute), switches.lists, not switches.quirks.k8_list_distinct)


def applies(constraint: DeviceConstraint, ask: Ask) -> bool:
    """Whether the constraint is about a request; naming a request names all of its alternatives."""
    names = constraint.requests
    return not names or ask.name in names or (bool(ask.parent) and ask.parent in names)


def about(constraints: Sequence[DeviceConstraint], ask: Ask) -> Iterator[tuple[int, DeviceConstraint]]:
    """Those of a claim's constraints that are about a request, with their numbers."""
    return ((number, one) for number, one in enumerate(constraints) if applies(one, ask))


def attribute_of(entry: DeviceEntry, name: str) -> DeviceAttribute | None:
    """The device's attribute by its full name; the driver's own may be published without the domain."""
    found = entry.device.attributes.get(name)
    if found is None:
        domain, slash, identifier = name.partition("/")
        if slash and domain == entry.spec.driver:
            found = entry.device.attributes.get(identifier)
    return found


def _scalar(attribute: DeviceAttribute) -> Element | None:
    if attribute.string is not None:
        return "string", attribute.string
    if attribute.int_value is not None:
        return "int", attribute.int_value
    if attribute.bool_value is not None:
        return "bool", attribute.bool_value
    if attribute.version is not None:
        return "version", attribute.version
    return None


def _same_scalar(found: Element, reference: DeviceAttribute) -> bool:
    kind, value = found
    match kind:
        case "string":
            return reference.string == value
        case "int":
            return reference.int_value == value
        case "bool":
            return reference.bool_value == value
    return reference.version == value


@functools.lru_cache(maxsize=4096)
def elements(attribute: DeviceAttribute, lists: bool) -> frozenset[Element]:
    """The values of an attribute with their type; none where it has nothing that counts."""
    if lists:
        for kind, several in (
            ("int", attribute.ints),
            ("bool", attribute.bools),
            ("string", attribute.strings),
            ("version", attribute.versions),
        ):
            if several:
                return frozenset((kind, value) for value in several)
        # Upstream looks at the types in another order here; it matters only where an attribute has two values.
        for kind, single in (
            ("int", attribute.int_value),
            ("bool", attribute.bool_value),
            ("string", attribute.string),
            ("version", attribute.version),
        ):
            if single is not None:
                return frozenset([(kind, single)])
        return frozenset()
    return frozenset(
        (kind, single)
        for kind, single in (
            ("string", attribute.string),
            ("int", attribute.int_value),
            ("bool", attribute.bool_value),
            ("version", attribute.version),
        )
        if single is not None
    )


def _common(seen: Seen, lists: bool) -> frozenset[Element]:
    common = elements(seen[0], lists)
    for attribute in seen[1:]:
        common &= elements(attribute, lists)
    return common


def admit(rule: Rule, seen: Seen, attribute: DeviceAttribute | None) -> Seen | None:
    """What the constraint has seen with this device's value added; None when the device does not go with the others."""
    if attribute is None:
        return None
    if rule.lists:
        mine = elements(attribute, True)
        if not mine:
            return None
        if rule.match:
            # The values common to all devices must share one; pairwise overlap is not enough.
            return (*seen, attribute) if not seen or mine & _common(seen, True) else None
        clash = any(mine & elements(before, True) for before in seen)
        return None if clash else (*seen, attribute)
    found = _scalar(attribute)
    if rule.match:
        if not seen:
            return (attribute,)
        return seen if found is not None and _same_scalar(found, seen[0]) else None
    if found is None:
        return (*seen, attribute) if rule.odd_is_distinct or not seen else None
    clash = any(_same_scalar(found, before) for before in seen)
    return None if clash else (*seen, attribute)


def clash(rule: Rule, one: DeviceAttribute, other: DeviceAttribute) -> bool:
    """Whether values, each of which would do by itself, may not stand beside one another."""
    first = admit(rule, (), one)
    return first is not None and admit(rule, first, other) is None


def settled(rule: Rule, seen: Seen) -> Hashable:
    """All that what was seen means for the devices to come: equal where the same will be admitted."""
    if rule.match and rule.lists and seen:
        return _common(seen, True)
    return seen if rule.match else frozenset(seen)
