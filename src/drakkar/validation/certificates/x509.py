"""What is read of certificates, requests and keys: all that looks into their bytes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes

T = TypeVar("T")
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_MODULI = (3072, 4096)
Key = CertificatePublicKeyTypes | PublicKeyTypes


class UnreadableError(Exception):
    """Bytes that are not what they should be; the message says why."""


def _read(make: Callable[[], T]) -> T:
    try:
        return make()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as failure:
        raise UnreadableError(str(failure).splitlines()[0] if str(failure) else "malformed") from None


class Request(NamedTuple):
    """A request for a certificate: its key, the name and organizations of its subject, and whether its signature is its
    key's."""

    key: Key
    name: str
    organizations: tuple[str, ...]
    signed: bool


def request(content: bytes) -> Request:
    """A PKCS#10 request; UnreadableError."""

    def made() -> Request:
        found = x509.load_der_x509_csr(content)
        names, organizations = (
            tuple(str(one.value) for one in found.subject.get_attributes_for_oid(oid))
            for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME)
        )
        # Of several names the last is the one that counts.
        name = names[-1] if names else ""
        return Request(found.public_key(), name, organizations, found.is_signature_valid)

    return _read(made)


class Certificate(NamedTuple):
    """A certificate: its key, when it is good, the names of whom it is for, and whether it is an authority's."""

    key: Key
    not_before: datetime.datetime
    not_after: datetime.datetime
    names: tuple[str, ...]
    authority: bool


def certificate(content: bytes) -> Certificate:
    """An X.509 certificate; UnreadableError."""

    def made() -> Certificate:
        found = x509.load_der_x509_certificate(content)
        extensions = {one.oid: one.value for one in found.extensions}
        names = extensions.get(x509.SubjectAlternativeName.oid)
        constraints = extensions.get(x509.BasicConstraints.oid)
        return Certificate(
            found.public_key(),
            found.not_valid_before_utc,
            found.not_valid_after_utc,
            tuple(names.get_values_for_type(x509.DNSName))
            if isinstance(names, x509.SubjectAlternativeName)
            else (),
            isinstance(constraints, x509.BasicConstraints) and constraints.ca,
        )

    return _read(made)


def public_key(content: bytes) -> Key:
    """A public key in PKIX form; UnreadableError."""
    return _read(lambda: serialization.load_der_public_key(content))


def key_problem(key: Key) -> tuple[str, str] | None:
    """What is wrong with the kind of a key: what it is, empty where there is no word for it, and what it should be."""
    match key:
        case ed25519.Ed25519PublicKey():
            return None
        case ec.EllipticCurvePublicKey():
            if key.curve.name in _CURVES:
                return None
            return f"curve {key.curve.name}", "elliptic public keys must use curve P256, P384, or P521"
        case rsa.RSAPublicKey():
            if key.key_size in _MODULI:
                return None
            return f"{key.key_size}-bit modulus", "RSA keys must have modulus size 3072 or 4096"
        case _:
            return "", "unknown public key type; supported types are Ed25519, ECDSA, and RSA"


def same_key(one: Key, other: Key) -> bool:
    """Whether two keys are the same."""
    return _bytes(one) == _bytes(other)


def _bytes(key: Key) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def possessed(key: Key, signature: bytes, text: bytes) -> bool:
    """Whether the text was signed with the private part of the key."""
    try:
        match key:
            case ed25519.Ed25519PublicKey():
                key.verify(signature, text)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
            case rsa.RSAPublicKey():
                pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
                key.verify(signature, text, pss, hashes.SHA256())
            case _:
                return False
    except (InvalidSignature, ValueError):
        return False
    return True
