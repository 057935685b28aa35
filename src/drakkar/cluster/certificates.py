"""A cluster's certificate authority and the certificates it signs; everything is PEM, keys are EC P-256."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from drakkar import private_file

_YEAR = datetime.timedelta(days=365)
# A clock that runs a little behind must not refuse a certificate of the first minute.
_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a certificate speaks for: `user` becomes the common name, each group an organisation."""

    user: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyPair:
    certificate: Path
    key: Path


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """A certificate authority kept in `directory` as ca.crt and ca.key; made on first use, then read.

    UnsafeFileError if others could have put them there.
    """

    def __init__(self, directory: Path) -> None:
        private_file.make_directory(directory)
        self.directory = directory
        self.pair = KeyPair(directory / "ca.crt", directory / "ca.key")
        if not (self.pair.certificate.exists() and self.pair.key.exists()):
            self._create()
        loaded = serialization.load_pem_private_key(private_file.read(self.pair.key), password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{self.pair.key}: not an EC key")
        self._key = loaded
        self._certificate = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "drakkar-ca")])
        now = datetime.datetime.now(datetime.UTC)
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + 10 * _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        private_file.write(self.pair.key, _pem(key))
        private_file.write(self.pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, identity: Identity) -> KeyPair:
        """Sign a certificate for `identity` as NAME.crt and NAME.key; one that is there and is his is kept.

        With hosts it is a server's certificate, otherwise a client's.
        """
        pair = KeyPair(self.directory / f"{name}.crt", self.directory / f"{name}.key")
        groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
        subject = x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, identity.user)])
        if pair.certificate.exists() and pair.key.exists():
            # One that others could have put there is not taken for ours.
            private_file.read(pair.key)
            held = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
            # An earlier release may have given the same part more groups.
            if held.subject == subject:
                return pair
        key = ec.generate_private_key(ec.SECP256R1())
        # What proves a server is no user: its key lies where clients' keys need not.
        usage = ExtendedKeyUsageOID.SERVER_AUTH if identity.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + 10 * _YEAR)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if identity.hosts:
            names = x509.SubjectAlternativeName([_alternative(host) for host in identity.hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        private_file.write(pair.key, _pem(key))
        private_file.write(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return pair
