"""Keys, and requests and certificates of them, as fields of bytes have them."""

from __future__ import annotations

import base64
import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_PEM, _DER = serialization.Encoding.PEM, serialization.Encoding.DER


@functools.cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """A key, the same for the same name."""
    return ec.generate_private_key(ec.SECP256R1())


def coded(content: bytes) -> str:
    """Bytes as JSON has them."""
    return base64.b64encode(content).decode()


@functools.cache
def request(organization: str = "o", encoding: serialization.Encoding = _PEM, name: str = "n") -> str:
    """A request for a certificate of the key without a name, for somebody of an organization."""
    parts = {x509.NameOID.ORGANIZATION_NAME: organization, x509.NameOID.COMMON_NAME: name}
    named = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts.items()])
    made = x509.CertificateSigningRequestBuilder().subject_name(named).sign(key(""), hashes.SHA256())
    return coded(made.public_bytes(encoding))


@functools.cache
def stub() -> str:
    """The same without its PEM, as a kubelet sends it."""
    return request("o", _DER)


@functools.cache
def certificate(
    since: datetime.datetime | None = None, hours: int = 24, *, authority: bool = False, of: str = ""
) -> str:
    """A certificate, as text; of the key of a name."""
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    start = since or datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key(of).public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(hours=hours))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key(of), hashes.SHA256())
    )
    return made.public_bytes(_PEM).decode()
