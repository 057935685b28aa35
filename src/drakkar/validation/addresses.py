"""Addresses: those of network interfaces with the length of their network's prefix, such as 10.9.8.7/24, plain ones, and
what a connection may be made to."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from drakkar.api.names import LONGEST_LABEL, LONGEST_SUBDOMAIN
from drakkar.validation.field_error import Findings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_FORM = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
_RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_LINK_LOCAL: Final = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
_LINK_MULTICAST: Final = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))
# As hosts are called in the world: more than names of Kubernetes may have, and nothing that means something in a URL.
_HOST_LABEL = f"[A-Za-z0-9_]([-A-Za-z0-9_]{{0,{LONGEST_LABEL - 2}}}[A-Za-z0-9_])?"
_IS_HOST = re.compile(rf"{_HOST_LABEL}(\.{_HOST_LABEL})*\.?")


def is_host(text: str) -> bool:
    """Whether a text is one host and nothing more: an IP address without a zone, or a domain name.

    What others store in the place of an address, and the server connects to, must be one: put into a URL, another text
    would be a path, a query or another port as well.
    """
    if len(text) > LONGEST_SUBDOMAIN:
        return False
    if ":" not in text:
        return _IS_HOST.fullmatch(text) is not None
    try:
        return "%" not in text and bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def interface_address(found: Findings, path: str, text: str) -> None:
    """One address; it must be written as Kubernetes would write it."""
    canonical = _canonical(text)
    if canonical is None:
        found.invalid(path, text, _FORM)
    elif canonical != text:
        found.invalid(path, text, f'must be in canonical form ("{canonical}")')


def legacy_address(found: Findings, path: str, text: str) -> Address | None:
    """One address without a prefix in a field that is older than the rule of one way to write it; None if it is wrong."""
    wrong = _legacy_problem(text)
    if wrong:
        found.invalid(path, text, wrong)
    return None if wrong else loosely_read(text)


def canonical_address(found: Findings, path: str, text: str) -> Address | None:
    """One address without a prefix, written as Kubernetes would write it; None if it is not."""
    wrong = canonical_address_problems(text)
    found.each_invalid(path, text, wrong)
    return None if wrong else loosely_read(text)


def canonical_address_problems(text: str) -> list[str]:
    """What is wrong with one address that can be written in one way only."""
    wrong, address = _legacy_problem(text), loosely_read(text)
    if wrong:
        return [wrong]
    return [] if str(address) == text else [f'must be in canonical form ("{address}")']


def _legacy_problem(text: str) -> str:
    address = loosely_read(text)
    if address is None:
        return _ADDRESS
    if without_zeros(text) != text:
        return "must not have leading 0s"
    return "must not be an IPv4-mapped IPv6 address" if _mapped(address) else ""


def reachable_address(found: Findings, path: str, text: str, *, loopback: bool = False) -> None:
    """One address that others can send to; `loopback` ones are let pass where they are asked for."""
    address = loosely_read(text)
    if address is None:
        found.invalid(path, text, "must be a valid IP address")
        return
    address = _unmapped(address)
    if address.is_unspecified:
        found.invalid(path, text, f"may not be unspecified ({text})")
    if address.is_loopback and not loopback:
        found.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if any(address in one for one in _LINK_LOCAL if one.version == address.version):
        found.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if any(address in one for one in _LINK_MULTICAST if one.version == address.version):
        found.invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")


def address_warnings(path: str, text: str) -> list[str]:
    """What to warn of an address that is taken, but written otherwise than it should be."""
    address = loosely_read(text)
    if address is None:
        return []
    if without_zeros(text) != text or _mapped(address):
        said = f'non-standard IP address "{text}" is invalid: use "{_unmapped(address)}"'
        return [f"{path}: {said}"]
    if address.version == 6 and str(address) != text:
        said = f'IPv6 address "{text}" should be in RFC 5952 canonical format ("{address}")'
        return [f"{path}: {said}"]
    return []


def loosely_read(text: str) -> Address | None:
    """An address, as it was read of old: with leading zeros, which mean nothing; None for what is none."""
    try:
        return ipaddress.ip_address(without_zeros(text)) if "%" not in text else None
    except ValueError:
        return None


def _mapped(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None


def _unmapped(address: Address) -> Address:
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def without_zeros(address: str) -> str:
    """An IPv4 address without leading zeros in its parts; any other text as it is."""
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
        interface = ipaddress.ip_interface(f"{without_zeros(address)}/{prefix}")
    except ValueError:
        return None
    length = interface.network.prefixlen
    if isinstance(interface, ipaddress.IPv6Interface) and interface.ip.ipv4_mapped is not None:
        return f"{interface.ip.ipv4_mapped}/{length - 96 if length > 32 else length}"
    return f"{interface.ip}/{length}"


def canonical_range(text: str) -> list[str]:
    """What is wrong with a network such as 10.9.8.0/24 that can be written in one way only."""
    address, slash, prefix = text.partition("/")
    plain = without_zeros(address)
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
