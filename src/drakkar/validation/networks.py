"""Networks: an address with the length of the prefix that all addresses in it share, such as 10.9.8.0/24."""

from __future__ import annotations

import ipaddress

from drakkar.validation.addresses import without_zeros
from drakkar.validation.field_error import Findings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
_FORM = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
# Longer than any prefix with room for zeros before it.
_LONGEST_PREFIX = 100


def legacy_network(found: Findings, path: str, text: str) -> Network | None:
    """One network in a field that is older than the rule of one way to write it; None if it is wrong."""
    read = _loosely_read(text)
    if read is None:
        found.invalid(path, text, _FORM)
    elif _zeros(text):
        found.invalid(path, text, "must not have leading 0s in IP or prefix length")
    elif _mapped(read):
        found.invalid(path, text, "must not have an IPv4-mapped IPv6 address")
    elif read.ip != read.network.network_address:
        found.invalid(path, text, "must not have bits set beyond the prefix length")
    else:
        return read.network
    return None


def network_warnings(path: str, text: str) -> list[str]:
    """What to warn of a network that is taken, but written otherwise than it should be."""
    read = _loosely_read(text)
    if read is None:
        return []
    warned, network = [], read.network
    if read.ip != network.network_address:
        one = f"{read.ip}/{read.max_prefixlen}"
        said = f'CIDR value "{text}" is ambiguous in this context (should be "{network}" or "{one}"?)'
        warned.append(f"{path}: {said}")
    if _zeros(text) or _mapped(read):
        warned.append(f'{path}: non-standard CIDR value "{text}" is invalid: use "{network}"')
    if not warned and read.version == 6 and str(read) != text:
        said = f'IPv6 CIDR value "{text}" should be in RFC 5952 canonical format ("{read}")'
        warned.append(f"{path}: {said}")
    return warned


def two_families(networks: list[Network]) -> bool:
    """Whether there is one of each family among them, or more."""
    return len({network.version for network in networks}) == 2


def loose_network(text: str) -> Network | None:
    """A network, as it was read of old: with leading zeros and bits beyond the prefix; None for what is none."""
    read = _loosely_read(text)
    return None if read is None else read.network


def _loosely_read(text: str) -> _Interface | None:
    address, slash, prefix = text.partition("/")
    if not slash or "%" in address or not (prefix.isascii() and prefix.isdigit()):
        return None
    if len(prefix) > _LONGEST_PREFIX:
        return None
    try:
        return ipaddress.ip_interface(f"{without_zeros(address)}/{int(prefix)}")
    except ValueError:
        return None


def _zeros(text: str) -> bool:
    address, _, prefix = text.partition("/")
    return without_zeros(address) != address or (len(prefix) > 1 and prefix.startswith("0"))


def _mapped(read: _Interface) -> bool:
    return isinstance(read, ipaddress.IPv6Interface) and read.ip.ipv4_mapped is not None
