"""What others verify service account tokens by: who issues them, and with which keys (OpenID Connect discovery, KEP-1393)."""

from __future__ import annotations

import base64
import hashlib

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/openid/v1/jwks"
KEYS_MEDIA = "application/jwk-set+json"
# For so many seconds others may go by what they were told.
MAX_AGE = 3600
ALGORITHM = "ES256"
_BYTES = 32


def key_id(key: ec.EllipticCurvePublicKey) -> str:
    """By which a token names its key: the SHA-256 of the key's DER, in base64 for URLs and without padding, as upstream."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _text(hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).digest())


def configuration(issuer: str, address: str) -> bytes:
    """The discovery document; `address` is `host:port`, where the keys are to be had."""
    return msgspec.json.encode(
        {
            "issuer": issuer,
            "jwks_uri": f"https://{address}{KEYS}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
    )


def key_set(key: ec.EllipticCurvePublicKey) -> bytes:
    """The keys as a JSON Web Key Set; ours is one of the curve P-256."""
    numbers = key.public_numbers()
    one = {
        "use": "sig",
        "kty": "EC",
        "kid": key_id(key),
        "crv": "P-256",
        "alg": ALGORITHM,
        "x": _text(numbers.x.to_bytes(_BYTES, "big")),
        "y": _text(numbers.y.to_bytes(_BYTES, "big")),
    }
    return msgspec.json.encode({"keys": [one]})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
