"""What is said of Secrets for TLS whose parts are no PEM, or not of the right types."""

from __future__ import annotations

import base64

import pytest

from drakkar.validation.key_pair import key_pair_warnings


def _pem(kind: str) -> str:
    return f"-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n"


_CERTIFICATE, _KEY = _pem("CERTIFICATE"), _pem("EC PRIVATE KEY")


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        (_CERTIFICATE, _KEY, ""),
        (f"some text\n{_CERTIFICATE}", _pem("PRIVATE KEY"), ""),
        ("", _KEY, "failed to find any PEM data in certificate input"),
        (_KEY, _CERTIFICATE, "PEM inputs may have been switched"),
        (_pem("THING"), _KEY, "after skipping PEM blocks of the following types: [THING]"),
        (_CERTIFICATE, "", "failed to find any PEM data in key input"),
        (_CERTIFICATE, _CERTIFICATE, "found a certificate rather than a key in the PEM for the private key"),
        (_CERTIFICATE, _pem("THING"), 'type ending in "PRIVATE KEY" in key input'),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", _KEY, "any PEM data"),
    ],
)
def test_the_warning(certificate: str, key: str, said: str) -> None:
    data = {
        name: base64.b64encode(text.encode()).decode()
        for name, text in (("tls.crt", certificate), ("tls.key", key))
    }
    warned = key_pair_warnings({"type": "kubernetes.io/tls", "data": data}, None)
    assert said in warned[0] if said else not warned


def test_other_secrets_are_none_of_its_business() -> None:
    assert key_pair_warnings({"type": "Opaque", "data": {"tls.crt": "!"}}, None) == []


def test_a_long_text_is_read_in_no_time() -> None:
    text = base64.b64encode(b"-----BEGIN A-----\n" * 50_000).decode()
    assert key_pair_warnings({"type": "kubernetes.io/tls", "data": {"tls.crt": text}}, None)
