"""A client's certificate that is not good is told so by HTTP, not by a broken handshake, and never makes a user."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from drakkar.apiserver.connections import client_certificates
from drakkar.client.errors import ApiError
from drakkar.client.resources import NAMESPACES
from drakkar.cluster.certificates import Authority, Identity, KeyPair

from ..listening import Listening

MASTERS = ("system:masters",)


@pytest.fixture
def listening(tmp_path: Path) -> Listening:
    return Listening(tmp_path)


def _issued(authority: Authority, end: int, usage: ObjectIdentifier) -> KeyPair:
    """A master's certificate that ends `end` days from now, for one usage."""
    home = authority.directory
    pair = KeyPair(home / "made.crt", home / "made.key")
    signer = serialization.load_pem_private_key(authority.pair.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    names = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, MASTERS[0]),
        x509.NameAttribute(NameOID.COMMON_NAME, "x"),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(x509.load_pem_x509_certificate(authority.pair.certificate.read_bytes()).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + datetime.timedelta(days=end))
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pair.key.write_bytes(key.private_bytes(*form))
    return pair


def _shown(authority: Authority, kind: str) -> KeyPair:
    match kind:
        case "good":
            return _issued(authority, 1, ExtendedKeyUsageOID.CLIENT_AUTH)
        case "expired":
            return _issued(authority, -1, ExtendedKeyUsageOID.CLIENT_AUTH)
        case "a server's":
            return _issued(authority, 1, ExtendedKeyUsageOID.SERVER_AUTH)
    return Authority(authority.directory / "other").issue("x", Identity("x", MASTERS))


@pytest.mark.parametrize(
    ("kind", "code"), [("good", 200), ("expired", 401), ("a server's", 401), ("another authority's", 401)]
)
async def test_what_a_certificate_is_worth(listening: Listening, kind: str, code: int) -> None:
    pair = _shown(listening.authority, kind)
    async with listening.up():
        async with listening.client(pair) as client:
            # Twice, because the second request comes over the same connection.
            for _ in range(2):
                if code == 200:
                    await client.list(NAMESPACES)
                    continue
                with pytest.raises(ApiError) as refused:
                    await client.list(NAMESPACES)
                assert refused.value.code == code
        # A session that is taken up again would bring no certificate; here none is, and each is judged anew.
        assert await asyncio.to_thread(_resumed, listening.context(pair), listening.config.port) == [
            (False, code),
            (False, code),
        ]


def _resumed(context: ssl.SSLContext, port: int) -> list[tuple[bool, int]]:
    """Whether the session was an old one, and the code, of one connection after the other."""
    found: list[tuple[bool, int]] = []
    session = None
    for _ in range(2):
        plain = socket.create_connection(("127.0.0.1", port), 10)
        with context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as connection:
            connection.sendall(b"GET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n\r\n")
            code = int(connection.recv(4096).split()[1])
            session = connection.session
            found.append((bool(connection.session_reused), code))
    return found


async def test_where_openssl_is_out_of_reach_a_bad_certificate_is_no_user_either(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_certificates, "_openssl", lambda: None)
    pair = _shown(listening.authority, "expired")
    async with listening.up(), listening.client(pair) as client:
        with pytest.raises(Exception) as refused:
            await client.list(NAMESPACES)
        assert not isinstance(refused.value, ApiError)
