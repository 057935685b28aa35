"""IP addresses as Go's net/netip reads them, with its reasons where it refuses."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from drakkar.cel.library.go_text import from_bytes, quote
from drakkar.cel.outcome import Fault

_HEX: Final = re.compile(r"[0-9A-Fa-f]*")
_ZEROS: Final = [0]


class Addr(NamedTuple):
    """Family (4 or 6), the 32 or 128 bits as a number, and the zone, which only IPv6 may have."""

    family: int
    number: int
    zone: str = ""

    @property
    def mapped(self) -> bool:
        """Whether it is an IPv4 address inside an IPv6 one."""
        return self.family == 6 and self.number >> 32 == 0xFFFF


class _Unparsable(Exception):
    def __init__(self, reason: str, at: str = "") -> None:
        super().__init__(f"{reason} (at {quote(from_bytes(at))})" if at else reason)


def parse_addr(data: str) -> Addr:
    """Reads an address out of bytes (`go_text.to_bytes`); Fault with Go's words."""
    try:
        # What comes first decides how the rest is read.
        for char in data:
            if char == ".":
                return Addr(4, int.from_bytes(_octets(data)))
            if char == ":":
                return _ipv6(data)
            if char == "%":
                raise _Unparsable("missing IPv6 address")
        raise _Unparsable("unable to parse IP")
    except _Unparsable as error:
        raise Fault(f"ParseAddr({quote(from_bytes(data))}): {error}") from None


def _octets(text: str) -> bytes:
    octets: list[int] = []
    value, digits = 0, 0
    for i, char in enumerate(text):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                raise _Unparsable("IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                raise _Unparsable("IPv4 field has value >255")
        elif char == ".":
            if i == 0 or i == len(text) - 1 or text[i - 1] == ".":
                raise _Unparsable("IPv4 field must have at least one digit", text[i:])
            if len(octets) == 3:
                raise _Unparsable("IPv4 address too long")
            octets.append(value)
            value, digits = 0, 0
        else:
            raise _Unparsable("unexpected character", text[i:])
    if len(octets) < 3:
        raise _Unparsable("IPv4 address too short")
    return bytes((*octets, value))


def _group(rest: str) -> str:
    """The hexadecimal digits that the rest begins with."""
    match = _HEX.match(rest)
    digits = match[0] if match else ""
    if len(digits) > 4:
        raise _Unparsable("each group must have 4 or less digits", rest)
    if not digits:
        raise _Unparsable("each colon-separated field must have at least one digit", rest)
    return digits


def _embedded(rest: str, groups: int, gap: int) -> tuple[int, int]:
    """The last two groups, where they are written as an IPv4 address."""
    if gap < 0 and groups != 6:
        raise _Unparsable("embedded IPv4 address must replace the final 2 fields of the address", rest)
    if groups > 6:
        raise _Unparsable("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
    octets = _octets(rest)
    return int.from_bytes(octets[:2]), int.from_bytes(octets[2:])


def _fill(groups: list[int], gap: int) -> None:
    """Put zeros where the address has its `::`."""
    if len(groups) < 8:
        if gap < 0:
            raise _Unparsable("address string too short")
        groups[gap:gap] = _ZEROS * (8 - len(groups))
    elif gap >= 0:
        raise _Unparsable("the :: must expand to at least one field of zeros")


def _ipv6(data: str) -> Addr:
    rest, percent, zone = data.partition("%")
    if percent and not zone:
        raise _Unparsable("zone must be a non-empty string")
    groups: list[int] = []
    gap = -1
    if rest.startswith("::"):
        gap = 0
        rest = rest[2:]
        if not rest:
            return Addr(6, 0, zone)
    while len(groups) < 8:
        digits = _group(rest)
        if rest.startswith(".", len(digits)):
            groups += _embedded(rest, len(groups), gap)
            rest = ""
            break
        groups.append(int(digits, 16))
        rest = rest[len(digits) :]
        if not rest:
            break
        if not rest.startswith(":"):
            raise _Unparsable("unexpected character, want colon", rest)
        if rest == ":":
            raise _Unparsable("colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest.startswith(":"):
            if gap >= 0:
                raise _Unparsable("multiple :: in address", rest)
            gap = len(groups)
            rest = rest[1:]
            if not rest:
                break
    if rest:
        raise _Unparsable("trailing garbage after address", rest)
    _fill(groups, gap)
    return Addr(6, int.from_bytes(b"".join(group.to_bytes(2) for group in groups)), zone)
