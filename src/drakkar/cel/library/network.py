"""IP addresses and networks as Kubernetes' CEL library has them, read by the rules of Go's net/netip."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, ClassVar, Final

from drakkar.cel.library.go_text import quote, to_bytes
from drakkar.cel.library.netip import Addr, parse_addr
from drakkar.cel.outcome import Fault

_BITS: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IP:
    """An IP address: 4 or 6, and its 32 or 128 bits as a number."""

    cel_type: ClassVar[str] = "net.IP"

    family: int
    number: int

    def __str__(self) -> str:
        if self.family == 4:
            return _dotted(self.number)
        # An IPv4-mapped address never gets here, so that the two spellings agree.
        return IPv6Address(self.number).compressed

    @property
    def length(self) -> int:
        """How many bits it has."""
        return 32 if self.family == 4 else 128

    def size(self) -> int:
        """Its bytes; what upstream counts it for in the cost."""
        return self.length // 8

    def top(self, bits: int) -> int:
        """Its first bits as a number."""
        return self.number >> (self.length - bits)


@dataclass(frozen=True, slots=True)
class CIDR:
    """An address and how many of its bits name the network; the others may be set as well."""

    cel_type: ClassVar[str] = "net.CIDR"

    ip: IP
    bits: int

    def __str__(self) -> str:
        return f"{self.ip}/{self.bits}"

    def size(self) -> int:
        """What upstream counts it for in the cost: the bytes of its prefix, rounded up."""
        return (self.bits + 7) // 8


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))


def ip(text: str) -> IP:
    """`ip`: Fault for what is no address, has a zone or is IPv4 mapped into IPv6."""
    try:
        address = parse_addr(to_bytes(text))
    except Fault as fault:
        raise Fault(f"IP Address {quote(text)} parse error during conversion from string: {fault}") from None
    if address.zone:
        raise Fault(f"IP address {quote(text)} with zone value is not allowed")
    if address.mapped:
        raise Fault(f"IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return IP(address.family, address.number)


def _parse_prefix(text: str) -> CIDR:
    name, slash, bits = text.rpartition("/")
    if not slash:
        raise Fault("no '/'")
    address = parse_addr(to_bytes(name))
    if address.zone:
        raise Fault("IPv6 zones cannot be present in a prefix")
    if not _BITS.fullmatch(bits):
        raise Fault(f"bad bits after slash: {quote(bits)}")
    network = CIDR(IP(address.family, address.number), int(bits[:4]))
    if network.bits > network.ip.length:
        raise Fault("prefix length out of range")
    return network


def is_ip(text: str) -> bool:
    """`isIP`: whether `ip` takes it."""
    try:
        ip(text)
    except Fault:
        return False
    return True


def is_canonical(text: str) -> bool:
    """`ip.isCanonical`: whether the address is spelled as it would be printed; Fault if it is none."""
    return str(ip(text)) == text


def is_unspecified(address: IP) -> bool:
    """`isUnspecified`: 0.0.0.0 or ::."""
    return address.number == 0


def is_loopback(address: IP) -> bool:
    """`isLoopback`: 127.0.0.0/8 or ::1."""
    return address.top(8) == 127 if address.family == 4 else address.number == 1


def is_link_local_multicast(address: IP) -> bool:
    """`isLinkLocalMulticast`: 224.0.0.0/24 or ff02::/16 with any flags."""
    if address.family == 4:
        return address.top(24) == 0xE00000
    return address.top(16) & 0xFF0F == 0xFF02


def is_link_local_unicast(address: IP) -> bool:
    """`isLinkLocalUnicast`: 169.254.0.0/16 or fe80::/10."""
    if address.family == 4:
        return address.top(16) == 0xA9FE
    return address.top(10) == 0xFE80 >> 6


def is_global_unicast(address: IP) -> bool:
    """`isGlobalUnicast`: every other one that is no multicast nor IPv4's broadcast; private ones count."""
    multicast = address.top(4) == 0xE if address.family == 4 else address.top(8) == 0xFF
    broadcast = address.family == 4 and address.number == 0xFFFFFFFF
    return not (
        multicast
        or broadcast
        or is_unspecified(address)
        or is_loopback(address)
        or is_link_local_unicast(address)
    )


def cidr(text: str) -> CIDR:
    """`cidr`: Fault for what is no network, has a zone or is IPv4 mapped into IPv6."""
    try:
        network = _parse_prefix(text)
    except Fault as fault:
        reason = f"netip.ParsePrefix({quote(text)}): {fault}"
        raise Fault(f"network address parse error during conversion from string: {reason}") from None
    if Addr(network.ip.family, network.ip.number).mapped:
        raise Fault(f"IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return network


def is_cidr(text: str) -> bool:
    """`isCIDR`: whether `cidr` takes it."""
    try:
        cidr(text)
    except Fault:
        return False
    return True


def contains_ip(network: CIDR, address: IP) -> bool:
    """`containsIP`: never across families."""
    return network.ip.family == address.family and network.ip.top(network.bits) == address.top(network.bits)


def contains_cidr(network: CIDR, other: CIDR) -> bool:
    """`containsCIDR`: whether all of the other network is in this one."""
    return network.bits <= other.bits and contains_ip(network, other.ip)


def masked(network: CIDR) -> CIDR:
    """`masked`: the network with the bits after its prefix zero."""
    rest = network.ip.length - network.bits
    return CIDR(IP(network.ip.family, network.ip.top(network.bits) << rest), network.bits)


def _contains_text(network: CIDR, text: str) -> bool:
    try:
        return contains_ip(network, ip(text))
    except Fault:
        # Upstream hands the error of the text on as if it were an address, which it is not.
        raise Fault("no such overload") from None


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_to_ip": ip,
    "is_ip": is_ip,
    "ip_is_canonical": is_canonical,
    "ip_family": lambda address: address.family,
    "ip_is_unspecified": is_unspecified,
    "ip_is_loopback": is_loopback,
    "ip_is_link_local_multicast": is_link_local_multicast,
    "ip_is_link_local_unicast": is_link_local_unicast,
    "ip_is_global_unicast": is_global_unicast,
    "ip_to_string": str,
    "string_to_cidr": cidr,
    "is_cidr": is_cidr,
    "cidr_contains_ip_ip": contains_ip,
    "cidr_contains_ip_string": _contains_text,
    "cidr_contains_cidr": contains_cidr,
    "cidr_contains_cidr_string": lambda network, text: contains_cidr(network, cidr(text)),
    "cidr_ip": lambda network: network.ip,
    "cidr_masked": masked,
    "cidr_prefix_length": lambda network: network.bits,
    "cidr_to_string": str,
}
