"""IP addresses and networks: every expected value is what Kubernetes' CEL library gave for the same call."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.cel.library.network import CIDR, FUNCTIONS, IP, cidr, ip
from drakkar.cel.outcome import Fault

TAKEN = {
    "1.2.3.4": "1.2.3.4",
    "::": "::",
    "1::": "1::",
    "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
    "2001:db8:0:1:0:0:0:1": "2001:db8:0:1::1",
    "1:0:0:2:3:0:0:4": "1::2:3:0:0:4",
    "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0",
    "1:2:3:4:5:6:1.2.3.4": "1:2:3:4:5:6:102:304",
    "::1.2.3.4": "::102:304",
}
REFUSED = [
    "",
    "01.2.3.4",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "1.2.3.4 ",
    "1.2.3.4%eth0",
    "fe80::1%eth0",
    "fe80::1%",
    "::ffff:1.2.3.4",
    "::FFFF:102:304",
    "12345::",
    "1::3::4",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "1:",
    ":1",
    ":::",
    "1.2.3.4::",
    "1.2.3.\u0664",
]
# address: unspecified, loopback, link-local multicast, link-local unicast, global unicast
KINDS = {
    "0.0.0.0": "10000",
    "::": "10000",
    "127.9.9.9": "01000",
    "::1": "01000",
    "224.0.0.7": "00100",
    "224.0.1.7": "00000",
    "ff02::1": "00100",
    "ff12::1": "00100",
    "ff0e::1": "00000",
    "169.254.1.1": "00010",
    "febf::1": "00010",
    "10.0.0.1": "00001",
    "fec0::1": "00001",
    "240.0.0.1": "00001",
    "255.255.255.255": "00000",
}
QUESTIONS = (
    "ip_is_unspecified",
    "ip_is_loopback",
    "ip_is_link_local_multicast",
    "ip_is_link_local_unicast",
    "ip_is_global_unicast",
)
PREFIXES_REFUSED = [
    "1.2.3.4",
    "1.2.3.4/",
    "1.2.3.4/33",
    "1.2.3.4/01",
    "1.2.3.4/+1",
    "1.2.3.4/-1",
    "1.2.3.4/8/8",
    "1.2.3.4/99999999999999999999",
    "::1/129",
    "fe80::1%z/64",
    "::ffff:1.2.3.4/96",
]
CONTAINED: list[tuple[str, str, bool]] = [
    ("10.0.0.0/8", "10.255.0.1", True),
    ("10.0.0.0/8", "11.0.0.1", False),
    ("10.9.9.9/8", "10.0.0.1", True),
    ("0.0.0.0/0", "255.255.255.255", True),
    ("0.0.0.0/0", "::1", False),
    ("::/0", "1.2.3.4", False),
    ("10.0.0.0/8", "10.1.0.0/16", True),
    ("10.1.0.0/16", "10.0.0.0/8", False),
    ("10.0.0.0/8", "10.0.0.0/8", True),
    ("fe80::/10", "febf::/16", True),
    ("0.0.0.0/0", "::/0", False),
]


@pytest.mark.parametrize(("text", "shown"), TAKEN.items())
def test_addresses(text: str, shown: str) -> None:
    assert FUNCTIONS["is_ip"](text) is True
    assert FUNCTIONS["ip_to_string"](ip(text)) == shown
    assert FUNCTIONS["ip_is_canonical"](text) is (text == shown)
    assert FUNCTIONS["ip_family"](ip(text)) == (6 if ":" in text else 4)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address(text: str) -> None:
    assert FUNCTIONS["is_ip"](text) is False
    for overload in ("string_to_ip", "ip_is_canonical"):
        with pytest.raises(Fault):
            FUNCTIONS[overload](text)


@pytest.mark.parametrize(("text", "kinds"), KINDS.items())
def test_kinds_of_addresses(text: str, kinds: str) -> None:
    assert "".join(str(int(FUNCTIONS[question](ip(text)))) for question in QUESTIONS) == kinds


@pytest.mark.parametrize("text", PREFIXES_REFUSED)
def test_what_is_no_network(text: str) -> None:
    assert FUNCTIONS["is_cidr"](text) is False
    with pytest.raises(Fault):
        FUNCTIONS["string_to_cidr"](text)


@pytest.mark.parametrize(("network", "other", "expected"), CONTAINED)
def test_what_a_network_contains(network: str, other: str, expected: bool) -> None:
    if "/" in other:
        assert FUNCTIONS["cidr_contains_cidr"](cidr(network), cidr(other)) is expected
        assert FUNCTIONS["cidr_contains_cidr_string"](cidr(network), other) is expected
    else:
        assert FUNCTIONS["cidr_contains_ip_ip"](cidr(network), ip(other)) is expected
        assert FUNCTIONS["cidr_contains_ip_string"](cidr(network), other) is expected


def test_parts_of_a_network() -> None:
    network = cidr("2001:db8::7/33")
    assert FUNCTIONS["cidr_prefix_length"](network) == 33
    assert FUNCTIONS["cidr_ip"](network) == ip("2001:db8::7")
    assert FUNCTIONS["cidr_masked"](network) == cidr("2001:db8::/33") != network
    assert FUNCTIONS["cidr_to_string"](network) == "2001:db8::7/33"


def test_types_and_sizes() -> None:
    sizes: list[Any] = [
        ip("1.2.3.4").size(),
        ip("::1").size(),
        cidr("1.2.3.4/17").size(),
        cidr("::/0").size(),
    ]
    assert sizes == [4, 16, 3, 0]
    assert (IP.cel_type, CIDR.cel_type) == ("net.IP", "net.CIDR")


def test_reasons_are_those_of_go() -> None:
    with pytest.raises(Fault) as caught:
        ip("1.2.3.é")
    assert str(caught.value) == (
        'IP Address "1.2.3.é" parse error during conversion from string: '
        'ParseAddr("1.2.3.é"): unexpected character (at "é")'
    )
