"""Addresses: those of network interfaces with the length of their network's prefix, such as 10.9.8.7/24, plain ones, and
what a connection may be made to."""

from __future__ import annotations

import ipaddress
import re

from drakkar.api.names import LONGEST_LABEL, LONGEST_SUBDOMAIN
from drakkar.validation.field_error import Findings

_FORM = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
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
