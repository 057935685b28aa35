"""The formats of strings that a schema can name, and the texts that have them."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from collections.abc import Callable
from typing import Final

from drakkar.api.names import LONGEST_LABEL, LONGEST_SUBDOMAIN, is_label, is_subdomain

_ASCII: Final = re.ASCII
_UUID: Final = "[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s-?[0-9a-f]{12}"
_QUARTER: Final = "[0-9a-f]{4}"
_VARIANT: Final = "[89ab][0-9a-f]{3}"
_UUIDS: Final = {
    "uuid": re.compile("[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | _ASCII),
    "uuid3": re.compile(_UUID % ("3", _QUARTER), re.IGNORECASE | _ASCII),
    "uuid4": re.compile(_UUID % ("4", _VARIANT), re.IGNORECASE | _ASCII),
    "uuid5": re.compile(_UUID % ("5", _VARIANT), re.IGNORECASE | _ASCII),
}
_BASE64: Final = re.compile("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_HEX_COLOR: Final = re.compile("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_PART: Final = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*"
_RGB_COLOR: Final = re.compile(rf"rgb\({_PART},{_PART},{_PART}\)", _ASCII)
_SSN: Final = re.compile(r"\d{3}[- ]?\d{2}[- ]?\d{4}", _ASCII)
_CARD: Final = re.compile(
    r"4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11}",
    _ASCII,
)
_OBJECT_ID: Final = re.compile("[0-9a-fA-F]{24}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", _ASCII)
_TIME: Final = re.compile(r"(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})", _ASCII)
_GO_DURATION: Final = re.compile(r"[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)", _ASCII)
_LONG_DURATION: Final = re.compile(r"((\d+)\s*([A-Za-zµ]+))", _ASCII)
_UNITS: Final = re.compile(
    "ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*", re.IGNORECASE
)
_MAC: Final = re.compile("([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2})+|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4})+)")
_MAC_BYTES: Final = (6, 8, 20)
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")
_IN_BRACKETS: Final = re.compile(r"[^<>@]*<([^<>\s]+@[^<>\s]+)>")


def _hostname(text: str) -> bool:
    if len(text.encode()) > 255 or not text:
        return False
    labels = text.split(".")
    if any(len(label.encode()) > 63 or not _hostname_label(label) for label in labels):
        return False
    # The last part of several is letters only.
    last = labels[-1]
    return len(labels) == 1 or (2 <= len(last) <= 63 and all(one.isalpha() for one in last))


def _hostname_label(label: str) -> bool:
    inner = label.strip("-")
    return bool(label) and inner == label and all(one.isalnum() or one == "-" for one in label)


def _ipv4(text: str) -> bool:
    parts = text.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdigit() and int(part[:9]) < 256 for part in parts):
        return True
    return "." in text and _ipv6(text)


def _ipv6(text: str) -> bool:
    try:
        return "%" not in text and ":" in text and bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def _cidr(text: str) -> bool:
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()) or len(length) > 3:
        return False
    return (_ipv4(address) and ":" not in address and int(length) <= 32) or (
        _ipv6(address) and int(length) <= 128
    )


def _mac(text: str) -> bool:
    if not _MAC.fullmatch(text) or len({one for one in text if one in ":-."}) > 1:
        return False
    return len(re.sub("[:.-]", "", text)) // 2 in _MAC_BYTES


def _uri(text: str) -> bool:
    if not text or any(ord(one) < 0x20 or one == "\x7f" for one in text):
        return False
    if text == "*":
        return True
    scheme, colon, rest = text.partition(":")
    has_scheme = bool(colon) and re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme) is not None
    if not has_scheme:
        return text.startswith("/") and _escapes(text)
    if not rest.startswith("/"):
        return bool(rest) and _escapes(rest)
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return (port is None or port >= 0) and " " not in parts.netloc and _escapes(rest)


def _escapes(text: str) -> bool:
    return all(re.match("[0-9a-fA-F]{2}", part) for part in text.split("?")[0].split("%")[1:])


def _card(text: str) -> bool:
    digits = re.sub("[^0-9]", "", text)
    if not _CARD.fullmatch(digits):
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _isbn10(text: str) -> bool:
    found = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch("[0-9]{9}[0-9X]", found):
        return False
    digits = [10 if one == "X" else int(one) for one in found]
    return sum((at + 1) * digit for at, digit in enumerate(digits)) % 11 == 0


def _isbn13(text: str) -> bool:
    found = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch("[0-9]{13}", found):
        return False
    total = sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(found[:12]))
    return int(found[12]) == (10 - total % 10) % 10


def _date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def _date_time(text: str) -> bool:
    date, _, rest = text.lower().partition("t")
    found = _TIME.fullmatch(rest.partition("t")[0])
    if len(text) < 4 or found is None or not _date(date):
        return False
    return found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def _duration(text: str) -> bool:
    if _GO_DURATION.fullmatch(text):
        return True
    return any(_UNITS.fullmatch(unit) for _, _, unit in _LONG_DURATION.findall(text))


def _email(text: str) -> bool:
    found = text.strip(" \t")
    return bool(_ADDRESS.fullmatch(found) or _IN_BRACKETS.fullmatch(found))


_FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "bsonobjectid": lambda text: bool(_OBJECT_ID.fullmatch(text)),
    "uri": _uri,
    "email": _email,
    "hostname": _hostname,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "cidr": _cidr,
    "mac": _mac,
    **{name: lambda text, one=one: bool(one.fullmatch(text)) for name, one in _UUIDS.items()},  # type: ignore[misc]
    "isbn": lambda text: _isbn10(text) or _isbn13(text),
    "isbn10": _isbn10,
    "isbn13": _isbn13,
    "creditcard": _card,
    "ssn": lambda text: len(text) == 11 and bool(_SSN.fullmatch(text)),
    "hexcolor": lambda text: bool(_HEX_COLOR.fullmatch(text)),
    "rgbcolor": lambda text: bool(_RGB_COLOR.fullmatch(text)),
    "byte": lambda text: bool(_BASE64.fullmatch(text)),
    "password": lambda text: True,
    "date": _date,
    "duration": _duration,
    "datetime": _date_time,
    "k8sshortname": lambda text: len(text) <= LONGEST_LABEL and is_label(text),
    "k8slongname": lambda text: len(text) <= LONGEST_SUBDOMAIN and is_subdomain(text),
}
_NUMBERS: Final = {"integer": ("int32", "int64"), "number": ("float", "double")}


def _plain(name: str) -> str:
    return name.replace("-", "")


def is_supported(name: str, types: tuple[str, ...]) -> bool:
    """Whether values of these types are held to a format of this name; all others are passed over."""
    only = types[0] if len(types) == 1 else ""
    if only in ("", "string"):
        return _plain(name) in _FORMATS
    return name in _NUMBERS.get(only, ())


def has_format(text: str, name: str) -> bool:
    """Whether a text has a format; True for a format that strings do not have."""
    found = _FORMATS.get(_plain(name))
    return found is None or found(text)
