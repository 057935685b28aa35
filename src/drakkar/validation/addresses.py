"""Addresses of network interfaces with the length of their network's prefix, such as 10.9.8.7/24."""

from __future__ import annotations

import ipaddress

from drakkar.validation.field_error import Findings

_FORM = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"


def interface_address(found: Findings, path: str, text: str) -> None:
    """One address; it must be written as Kubernetes would write it."""
    canonical = _canonical(text)
    if canonical is None:
        found.invalid(path, text, _FORM)
    elif canonical != text:
        found.invalid(path, text, f'must be in canonical form ("{canonical}")')


def _canonical(text: str) -> str | None:
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdigit()) or "%" in address:
        return None
    if ":" not in address:
        # Leading zeros were read as decimal once, and still are where only the form is asked.
        parts = address.split(".")
        address = ".".join(
            one.lstrip("0") or "0" if one.isascii() and one.isdigit() else one for one in parts
        )
    try:
        interface = ipaddress.ip_interface(f"{address}/{prefix}")
    except ValueError:
        return None
    length = interface.network.prefixlen
    if isinstance(interface, ipaddress.IPv6Interface) and interface.ip.ipv4_mapped is not None:
        return f"{interface.ip.ipv4_mapped}/{length - 96 if length > 32 else length}"
    return f"{interface.ip}/{length}"
