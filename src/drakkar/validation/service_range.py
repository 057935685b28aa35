"""ServiceCIDR and IPAddress: ranges of addresses for services, and whose an address is."""

from __future__ import annotations

import ipaddress

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import canonical_address_problems, canonical_range
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text

_IMMUTABLE = "field is immutable"
_PATH = "spec.cidrs"


def range_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a new ServiceCIDR."""
    found, ranges = Findings(), items(mapping(obj, "spec"), "cidrs")
    if not ranges:
        found.required(_PATH, "at least one CIDR required")
    elif len(ranges) > 2:
        found.invalid(_PATH, {"CIDRs": ranges}, "may only hold up to 2 values")
    else:
        for at, given in enumerate(ranges):
            found.each_invalid(f"{_PATH}[{at}]", given, canonical_range(given))
        families = [_family(one) for one in ranges]
        if len(families) == 2 and families[0] and families[0] == families[1]:
            said = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
            found.invalid(_PATH, ranges, said)
    return found.listed()


def range_change_problems(old: Object, new: Object) -> list[FieldError]:
    """What of a ServiceCIDR must stay: one family may get a second one, and nothing else changes."""
    found = Findings()
    before, after = (items(mapping(obj, "spec"), "cidrs") for obj in (old, new))
    if len(before) == len(after) or (len(before), len(after)) == (1, 2):
        for at, (held, given) in enumerate(zip(before, after, strict=False)):
            if held != given:
                found.invalid(f"{_PATH}[{at}]", given, _IMMUTABLE)
        return found.listed() + (range_problems(new) if len(before) != len(after) else [])
    found.invalid(_PATH, after, _IMMUTABLE)
    return found.listed()


def _family(given: str) -> int:
    try:
        return ipaddress.ip_interface(given).version
    except ValueError:
        return 0


def address_name(name: str) -> list[str]:
    """The name of an IPAddress, which is the address."""
    return canonical_address_problems(name)


def address_problems(obj: Object) -> list[FieldError]:
    """What is wrong with whom an IPAddress belongs to."""
    found, parent, path = Findings(), mapping(obj, "spec").get("parentRef"), "spec.parentRef"
    if parent is None:
        found.required(path)
        return found.listed()
    group = text(parent, "group")
    if group:
        found.each_invalid(f"{path}.group", group, formats.dns_subdomain(group))
    for field in ("resource", "name", "namespace"):
        given = text(parent, field)
        if given:
            found.each_invalid(f"{path}.{field}", given, formats.path_segment(given))
        elif field != "namespace":
            found.required(f"{path}.{field}")
    return found.listed()
