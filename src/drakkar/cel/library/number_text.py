"""How numbers and booleans are read and written, by the rules of Go's strconv."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from drakkar.cel.outcome import Fault
from drakkar.cel.values import UInt

# Possessive (*+, ++) wherever a text may be long: no digit is looked at twice.
_INTEGER: Final = re.compile(r"([+-]?)([0-9]++)")
_UNSIGNED: Final = re.compile(r"[0-9]++")
_DIGITS: Final = r"[0-9](?:_?[0-9])*+"
_HEX: Final = r"[0-9a-fA-F](?:_?[0-9a-fA-F])*+"
_DECIMAL: Final = re.compile(
    rf"([+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS}))(?:[eE]([+-]?)({_DIGITS}))?"
)
# An underscore may follow the 0x; the exponent is mandatory.
_HEXADECIMAL: Final = re.compile(
    rf"([+-]?0[xX](?:_?{_HEX}(?:\.(?:{_HEX})?)?|\.{_HEX}))[pP]([+-]?)({_DIGITS})"
)
_SPECIAL: Final = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE | re.ASCII)
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
_SHOWN: Final = 64


def _no_conversion(text: str, target: str) -> Fault:
    return Fault(f"type conversion error from 'string' to '{target}': {text[:_SHOWN]!r}")


def natural(digits: str) -> int | None:
    """The value of ASCII digits; None where it does not fit into 64 bits."""
    significant = digits.lstrip("0") or "0"
    # The length comes first: Python refuses, and would be slow, to read thousands of digits.
    value = int(significant) if len(significant) <= 20 else 2**64
    return value if value < 2**64 else None


def parse_int(text: str) -> int:
    """Read a signed 64-bit integer: decimal ASCII digits after at most one sign."""
    match = _INTEGER.fullmatch(text)
    if match and (magnitude := natural(match[2])) is not None:
        value = -magnitude if match[1] == "-" else magnitude
        if -(2**63) <= value < 2**63:
            return value
    raise _no_conversion(text, "int")


def parse_uint(text: str) -> UInt:
    """Read an unsigned 64-bit integer: decimal ASCII digits and no sign at all."""
    value = natural(text) if _UNSIGNED.fullmatch(text) else None
    if value is None:
        raise _no_conversion(text, "uint")
    return UInt(value)


def parse_bool(text: str) -> bool:
    """Read one of the twelve words that Go takes for a boolean."""
    value = _BOOLEANS.get(text)
    if value is None:
        raise _no_conversion(text, "bool")
    return value


def parse_double(text: str) -> float:
    """Read a Go float: decimal or hexadecimal, underscores between digits, inf and nan; Fault when too large."""
    if _SPECIAL.fullmatch(text):
        return float(text)
    try:
        if match := _DECIMAL.fullmatch(text):
            value = float(f"{match[1].replace('_', '')}e{_exponent(match[2], match[3])}")
        elif match := _HEXADECIMAL.fullmatch(text):
            value = float.fromhex(f"{match[1].replace('_', '')}p{_exponent(match[2], match[3])}")
        else:
            raise _no_conversion(text, "double")
    except OverflowError:
        raise _no_conversion(text, "double") from None
    if math.isinf(value):
        raise _no_conversion(text, "double")
    return value


def _exponent(sign: str | None, digits: str | None) -> str:
    """The exponent as Go counts it: its first five digits."""
    return (sign or "") + ((digits or "").replace("_", "").lstrip("0")[:5] or "0")


def positional(value: float) -> str:
    """The shortest digits that read back as the same finite double, without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortest(value: float) -> str:
    """A double as Go's %g writes it: its shortest digits, with an exponent from 1e6 on and below 1e-4."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    number = Decimal(repr(value))
    exponent = number.adjusted() if value else 0
    if -4 <= exponent < 6:
        return positional(value)
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if digits[1:] else digits
    return f"{'-' if value < 0 else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
