"""Literals of every type for generated expressions: ordinary ones, extreme ones, and a few that are wrong."""

from __future__ import annotations

import random
from typing import Final

# A few of each are wrong or extreme.
# fmt: off
INTS: Final = (
    "0", "1", "2", "3", "5", "7", "10", "42", "-1", "-2", "-7", "0x1F", "-0x10", "100", "1000", "255",
    "4294967296", "9223372036854775807", "-9223372036854775808", "9007199254740993", "0x7fffffffffffffff",
    "-0x8000000000000000", "-9007199254740993", "2147483648", "1704164645", "253402300799", "-62135596800",
    "9223372036854775808",
)
INDEXES: Final = (
    "0", "1", "2", "3", "-1", "4", "5", "7", "9",
)
UINTS: Final = (
    "0u", "1u", "2u", "3u", "7u", "42u", "255U", "0x1Fu", "1000u", "18446744073709551615u",
    "9223372036854775808u", "9007199254740993u", "0xFFFFFFFFFFFFFFFFu", "9223372036854775807u",
    "18446744073709551616u",
)
DOUBLES: Final = (
    "0.0", "-0.0", "1.0", "2.0", "0.5", "-1.5", ".5", "1e3", "1E-7", "1e21", "123456789.125", "3.0", "42.0",
    "1e-5", "1.7976931348623157e308", "5e-324", "9223372036854775807.0", "-9223372036854775808.0", "9.3e18",
    "0.1", "2e-308", "18446744073709551615.0", "1e100", "-1e-300", "9007199254740993.0",
    "100000000000000000000.0", "0.3", "(0.0 / 0.0)", "(1.0 / 0.0)", "(-1.0 / 0.0)", "double('NaN')",
    "double('-inf')",
)
TEXTS: Final = (
    "", "a", "b", "abc", "hello", "A100-SXM4-40GB", "d.example", "model", "x", "aXbXc", "  pad\t", "1",
    "true", "l", "äöü", "😀", "a😀b\u0301", "\u2028", "Ünïcode", "İ", "ß", "\x00", "\\", "'", "\"", "`",
    "a\nb\r", "ABC xyz", "a,b,,c", ",", "aaaa", "aa", "%s", "%", "\x7f", "\ud7ff\ue000", "\U0010ffff",
    "%d %%", "x=1&y=2", " ", "\xa0trim\u3000", "1.2.3", "40Gi", "10.0.0.1", "ll", "lo", "-", "_", "A", "Z",
    "0123456789",
)
BYTES: Final = (
    b'', b'a', b'abc', b'\xff', b'\x00\x01', b'\xc3\xa4', b'\xf0\x9f\x98\x80', b'\xed\xa0\x80', b'b',
    b'true', b'\'"\\',
)
# What strings look like that a function expects; the wrong ones stand at the end.
FLAVOURS: Final[dict[str, tuple[str, ...]]] = {
    "quantity": (
        "1", "0", "40Gi", "80G", "500m", "1k", "1e3", "-1", "+2", "1.5Gi", "0.1", "100n", "2u", "9Ei",
        "10Ei", "3P", "7T", "1Ki", "2Mi", "1.25", "1E", "1E2", "1e-3", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "1.", ".5", ".", "", "x", "1 Gi", "20Mo", "1ki",
        "0x1", "0.0000000001", "12345678901234567890", "-0", "1e18", "999999999999999999999Ei",
        "1.000000001", "0Ki", "1e30", "5Ti", "1Pi", "4.5k",
    ),
    "semver": (
        "1.2.3", "0.0.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-2", "1.0.0-10", "1.0.0-a", "2.0.0+build.5",
        "10.20.30", "1.2.3-rc.1+build.5", "18446744073709551615.0.0", "9223372036854775808.1.1", "1.0.0--",
        "1.0.0-0a", "1.2.4", "1.2", "1", "v1.2.3", "v1", "01.2.3", "1.2.3-01", "", "1.2.3.4", "1.2.-3",
        "a.b.c", "1.2.3-", "1.2.3+", " 1.2.3", "V1.2.3", "1.02.3-x", "18446744073709551616.0.0", "1.2.3-ä",
        "00.0.0", "v01.2",
    ),
    "url": (
        "https://example.com:80/a%20b?x=1&x=2", "http://user:pw@h.example/p#frag", "https://[::1]:8080/",
        "/path", "/a?b=c", "http://e.com/a b?q=%zz", "mailto:x@y", "https://e.com/ä?ö=ü",
        "http://h?a=1&b&a=2&=3&c=%41+d", "ftp://h:21", "/", "http://e.com/%2F/x%2fy", "//h/p", "", "a b",
        "relative", "http://[::1", "http://h:port/", "%", "http://e.com/%zz", "https://h/?a=1;b=2",
        "http://H.Example/../x", "http://[fe80::1%25en0]:80/", "http:///p", "file:///etc/x",
    ),
    "ip": (
        "10.0.0.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "169.254.1.1", "8.8.8.8", "::1",
        "::", "fe80::1", "2001:DB8::0", "2001:db8::1", "ff02::1", "1:2:3:4:5:6:7:8", "0:0::1", "ff01::1",
        "2001:db8:0:0:1:0:0:1", "10.0.0.01", "::ffff:10.0.0.1", "fe80::1%eth0", "10.0.0", "", "x",
        "1.2.3.4.5", "::1::", "12345::", "10.0.0.256",
    ),
    "cidr": (
        "10.0.0.0/8", "10.1.2.3/8", "192.168.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "::/0", "fe80::/10",
        "2001:DB8::/32", "::1/128", "10.1.0.0/17", "2001:db8::5/33", "10.0.0.0/33", "10.0.0.0",
        "::ffff:10.0.0.0/104", "x/8", "", "10.0.0.0/08", "10.0.0.0/-1", "fe80::1%eth0/64", "10.00.0.0/8",
    ),
    "regex": (
        "a", "^a.c$", "[0-9]+", "(a|b)*", "", "^$", "l+", "\\w+", "\\d{2,3}", "(?i)ABC", "a*?", "[^a-z]",
        "\\pL", "é|😀", "x*", "(?s).", "\\bA", "(?P<n>b)", "[[:alpha:]]+", "$", "^", ".", "a|", "(?m)^b",
        "\\x41", "\\Qa.b\\E", "(a)(b)?", "(", "a(?=b)", "[z-a]", "\\1", "*a", "a{1001}", "a{2,1}", "(?P<n>",
        "\\", "(?<=a)b", "a**", "\\C", "(a{100}){100}",
    ),
    "zone": (
        "UTC", "America/New_York", "+02:00", "-08:30", "Europe/Berlin", "Asia/Kolkata", "", "02:00",
        "23:59", "Asia/Kathmandu", "Nowhere/City", "+2:00", "+99:00", "x", "Local", "-00:30", "EST", "utc",
        "+02:00:00", "Australia/Lord_Howe",
    ),
    "timestamp": (
        "2024-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z", "2024-02-29T12:00:00+02:00", "2009-02-13T23:31:30.5Z",
        "2023-12-31T23:59:59-08:00", "1969-12-31T23:59:59.999Z", "2024-07-01T00:00:00.123456789Z",
        "2000-01-01T00:00:00-00:00", "1883-11-18T12:00:00Z", "2024-03-10T07:00:00Z", "2024-01-02",
        "nonsense", "2023-02-29T00:00:00Z", "2024-01-02T24:00:00Z", "2024-01-02t03:04:05z", "",
        "0000-01-01T00:00:00Z",
    ),
    "duration": (
        "1h30m", "0s", "0", "-1.5h", "1500ms", "2us", "3µs", "1ns", "87600h", "-0.000000001s", "1.5s",
        "24h", "+1h", ".5m", "9223372036s", "315576000000s", "2562047h47m16.854775807s", "1x", "", "1",
        "1h 2m", "9223372037s", "-2562047h", "3μs",
    ),
    "bool": (
        "true", "false", "t", "F", "1", "0", "True", "TRUE", "yes", "", "tRUE", "f", "FALSE", "False",
    ),
    "int": (
        "12", "0", "-5", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0x10",
        "+3", "1.5", "", " 1", "x", "1_000", "9223372036854775808", "007", "-0", "١",
    ),
    "double": (
        "1.5", "0", "-0", "1e10", "NaN", "inf", "-Infinity", "+Inf", "0x1p-2", ".5", "5.", "1e999", "x", "",
        "1_0.5", " 1", "1e-400", "infinity", "nan", "0X1.8P1", "-.5e-3", "1e", "9007199254740993",
    ),
    "format name": (
        "byte", "date", "datetime", "dns1035Label", "dns1123Label", "dns1123SubdomainPrefix", "labelValue",
        "qualifiedName", "uri", "uuid", "nothing", "", "dns1035LabelPrefix",
    ),
    "name": (
        "my-label", "My_Label", "a.b.example", "-x", "x-", "", "a" * 63, "a" * 64, "ä", "example.com/name",
        "a/b/c", "1abc", "18db0e85-99e9-c746-8531-ffeb86328b39", "18db0e85-99e9-c746-8531",
        "https://example.com/x", "a b", "2024-01-02", "2024-01-02T03:04:05Z", "aGVsbG8=", "!!",
        "2024-13-01", "a." * 130, "prefix-", "/name", "a\nb", "18DB0E8599E9C7468531FFEB86328B39",
    ),
}
TYPES: Final = (
    "bool", "int", "uint", "double", "string", "bytes", "null_type", "list", "map", "type",
    "google.protobuf.Duration", "google.protobuf.Timestamp", "type(device)", "optional_type",
    "kubernetes.Quantity", "net.IP", "dyn",
)
# fmt: on
_ESCAPES: Final = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "`": "\\`",
    "\x07": "\\a",
    "\0": "\\000",
}


def quote(text: str, rng: random.Random) -> str:
    """A string literal for the text, in one of the ways to write it."""
    style = rng.random()
    if style < 0.06 and "\\" not in text and "\n" not in text and "\r" not in text and "'" not in text:
        return rng.choice("rR") + f"'{text}'"
    if style < 0.1 and "\\" not in text and not text.endswith("'") and "'''" not in text and "\r" not in text:
        return f"'''{text}'''"
    mark = '"' if style < 0.25 else "'"
    long = rng.random() < 0.04
    body = "".join(_written(char, mark, rng) for char in text)
    return f"{mark * 3}{body}{mark * 3}" if long else f"{mark}{body}{mark}"


def _written(char: str, mark: str, rng: random.Random) -> str:
    if char in "\n\r\\\0" or char == mark:
        return _ESCAPES[char]
    if rng.random() < 0.03:
        code = ord(char)
        forms = [f"\\U{code:08x}"]
        if code < 0x10000:
            forms.append(f"\\u{code:04X}")
        if code < 0x100:
            forms += [f"\\x{code:02x}", f"\\X{code:02X}", f"\\{code:03o}"]
        if char in _ESCAPES:
            forms.append(_ESCAPES[char])
        return rng.choice(forms)
    return char


def quote_bytes(value: bytes, rng: random.Random) -> str:
    """A bytes literal for the value."""
    mark = rng.choice("'\"")
    body = []
    for byte in value:
        char = chr(byte)
        if 32 <= byte < 127 and char not in "'\"\\" and rng.random() < 0.9:
            body.append(char)
        else:
            body.append(f"\\x{byte:02x}" if rng.random() < 0.5 else f"\\{byte:03o}")
    return f"{rng.choice('bbbB')}{mark}{''.join(body)}{mark}"


def text_of(flavour: str, rng: random.Random) -> str:
    """A text of the flavour; any text where it is none."""
    pool = FLAVOURS.get(flavour, TEXTS)
    return rng.choice(pool if rng.random() < 0.3 else pool[: len(pool) * 3 // 5])


def scalar(of: str, rng: random.Random) -> str:
    """A literal, or the call that stands for one, of a type that has nothing inside."""
    if rng.random() < 0.003:
        return rng.choice(
            (INTS[-1], UINTS[-1], "1e999", "-9223372036854775809", "0x10000000000000000", "1e-999", "0x")
        )
    match of:
        case "bool":
            return rng.choice(("true", "false"))
        case "int":
            return rng.choice(INTS[:-1] if rng.random() < 0.4 else INDEXES)
        case "uint":
            return rng.choice(UINTS[:-1])
        case "double":
            return rng.choice(DOUBLES)
        case "string":
            return quote(rng.choice(TEXTS), rng)
        case "bytes":
            return quote_bytes(rng.choice(BYTES), rng)
        case "null":
            return "null"
        case "format":
            return f"format.{rng.choice(FLAVOURS['format name'][:10])}()"
        case "type":
            return rng.choice(TYPES)
    # The wrong ones stand at the end, and are only tried now and then.
    pool = FLAVOURS[of]
    return f"{of}({quote(pool[rng.randrange(min(len(pool), 12)) if rng.random() < 0.98 else -1], rng)})"
