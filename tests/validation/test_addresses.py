"""Addresses and networks as older fields have them, and what is said of those that are written oddly."""

from __future__ import annotations

import pytest

from drakkar.validation.addresses import address_warnings, canonical_address, reachable_address
from drakkar.validation.field_error import Findings
from drakkar.validation.networks import legacy_network, network_warnings

_NOT_ONE = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NO_NETWORK = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def _said(found: Findings) -> list[str]:
    return [error.message.split(": ", 2)[-1] for error in found.listed()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.1", []),
        ("2001:db8::1", []),
        ("2001:DB8::1", ['must be in canonical form ("2001:db8::1")']),
        ("010.0.0.1", ["must not have leading 0s"]),
        ("::ffff:1.2.3.4", ["must not be an IPv4-mapped IPv6 address"]),
        ("fe80::1%eth0", [_NOT_ONE]),
        ("1.2.3", [_NOT_ONE]),
        ("", [_NOT_ONE]),
        ("١.٢.٣.٤", [_NOT_ONE]),
    ],
)
def test_an_address_in_its_one_form(text: str, said: list[str]) -> None:
    found = Findings()
    canonical_address(found, "f", text)
    assert _said(found) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.1", []),
        ("127.1.2.3", ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]),
        ("::ffff:127.0.0.1", ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]),
        ("::1", ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]),
        ("0.0.0.0", ["may not be unspecified (0.0.0.0)"]),
        ("169.254.0.1", ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]),
        ("ff02::1", ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"]),
        ("x", ["must be a valid IP address"]),
    ],
)
def test_an_address_that_others_can_reach(text: str, said: list[str]) -> None:
    found, trusted = Findings(), Findings()
    reachable_address(found, "f", text)
    assert _said(found) == said
    reachable_address(trusted, "f", text, loopback=True)
    assert _said(trusted) == [one for one in said if "loopback" not in one]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.0/8", []),
        ("2001:db8::/32", []),
        ("10.0.0.1/8", ["must not have bits set beyond the prefix length"]),
        ("010.0.0.0/8", ["must not have leading 0s in IP or prefix length"]),
        ("10.0.0.0/08", ["must not have leading 0s in IP or prefix length"]),
        ("::ffff:10.0.0.0/104", ["must not have an IPv4-mapped IPv6 address"]),
        ("10.0.0.0", [_NO_NETWORK]),
        ("10.0.0.0/33", [_NO_NETWORK]),
        (f"10.0.0.0/{'9' * 5000}", [_NO_NETWORK]),
        ("/", [_NO_NETWORK]),
    ],
)
def test_a_network(text: str, said: list[str]) -> None:
    found = Findings()
    assert (legacy_network(found, "f", text) is None) is bool(said)
    assert _said(found) == said


def test_what_is_written_oddly_is_warned_of() -> None:
    assert address_warnings("f", "10.0.0.1") == address_warnings("f", "x") == []
    assert address_warnings("f", "010.0.0.1") == [
        'f: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"'
    ]
    assert address_warnings("f", "2001:DB8::1") == [
        'f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'
    ]
    assert network_warnings("f", "10.0.0.0/8") == network_warnings("f", "x") == []
    assert network_warnings("f", "10.0.0.1/8") == [
        'f: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'
    ]
    assert network_warnings("f", "010.0.0.0/8") == [
        'f: non-standard CIDR value "010.0.0.0/8" is invalid: use "10.0.0.0/8"'
    ]
