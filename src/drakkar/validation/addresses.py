"""Addresses: those of network interfaces with the length of their network's prefix, such as 10.9.8.7/24, and plain ones."""

from __future__ import annotations

import ipaddress

from drakkar.validation.field_error import Findings

_FORM = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
_RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def interface_address(found: Findings, path: str, text: str) -> None:
    """One address; it must be written as Kubernetes would write it."""
    canonical = _canonical(text)
    if canonical is None:
        found.invalid(path, text, _FORM)
    elif canonical != text:
        found.invalid(path, text, f'must be in canonical form ("{canonical}")')


def legacy_address(found: Findings, path: str, text: str) -> None:
    """One address without a prefix in a field that is older than the rule of one way to write it."""
    try:
        found_address = ipaddress.ip_address(_without_zeros(text)) if "%" not in text else None
    except ValueError:
        found_address = None
    if found_address is None:
        found.invalid(path, text, _ADDRESS)
    elif _without_zeros(text) != text:
        found.invalid(path, text, "must not have leading 0s")
    elif isinstance(found_address, ipaddress.IPv6Address) and found_address.ipv4_mapped is not None:
        found.invalid(path, text, "must not be an IPv4-mapped IPv6 address")


def _without_zeros(address: str) -> str:
    # Leading zeros were read as decimal once, and still are where only the form is asked.
    if ":" in address:
        return address
    parts = address.split(".")
    return ".".join(one.lstrip("0") or "0" if one.isascii() and one.isdigit() else one for one in parts)


def _canonical(text: str) -> str | None:
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdigit()) or "%" in address:
        return None
    try:
        interface = ipaddress.ip_interface(f"{_without_zeros(address)}/{prefix}")
    except ValueError:
        return None
    length = interface.network.prefixlen
    if isinstance(interface, ipaddress.IPv6Interface) and interface.ip.ipv4_mapped is not None:
        return f"{interface.ip.ipv4_mapped}/{length - 96 if length > 32 else length}"
    return f"{interface.ip}/{length}"


def canonical_address(text: str) -> list[str]:
    """What is wrong with one address that can be written in one way only."""
    try:
        address = ipaddress.ip_address(_without_zeros(text)) if "%" not in text else None
    except ValueError:
        address = None
    if address is None:
        return [_ADDRESS]
    if _without_zeros(text) != text:
        return ["must not have leading 0s"]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return ["must not be an IPv4-mapped IPv6 address"]
    return [] if str(address) == text else [f'must be in canonical form ("{address}")']


def canonical_range(text: str) -> list[str]:
    """What is wrong with a network such as 10.9.8.0/24 that can be written in one way only."""
    address, slash, prefix = text.partition("/")
    plain = _without_zeros(address)
    try:
        digits = slash and prefix.isascii() and prefix.isdigit() and "%" not in address
        interface = ipaddress.ip_interface(f"{plain}/{int(prefix[:9])}") if digits else None
    except ValueError:
        interface = None
    if interface is None:
        return [_RANGE]
    if plain != address or prefix != str(interface.network.prefixlen):
        return ["must not have leading 0s in IP or prefix length"]
    if isinstance(interface, ipaddress.IPv6Interface) and interface.ip.ipv4_mapped is not None:
        return ["must not have an IPv4-mapped IPv6 address"]
    if interface.ip != interface.network.network_address:
        return ["must not have bits set beyond the prefix length"]
    return [] if str(interface.network) == text else [f'must be in canonical form ("{interface.network}")']
