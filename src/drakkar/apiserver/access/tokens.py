"""Service account tokens: ES256 JWTs with the claims that Kubernetes' own tokens carry."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drakkar.apiserver.access import openid

ISSUER = "https://kubernetes.default.svc.cluster.local"
# By so much may the clocks of those who ask be apart.
_LEEWAY_SECONDS = 60


class TokenError(Exception):
    """The token is not one of ours (without a text), has ended, or is meant for somebody else."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The pod (and its node) that a token lives and dies with."""

    kind: str
    name: str
    uid: str


class TokenIssuer:
    """Signs and checks tokens with the EC key at `key_path` (PEM)."""

    def __init__(self, key_path: Path, issuer: str = ISSUER) -> None:
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_path}: not an EC key")
        if not isinstance(key.curve, ec.SECP256R1):
            raise ValueError(f"{key_path}: want a key of the curve P-256, found {key.curve.name}")
        self._key = key
        self.public_key = key.public_key()
        self.key_id = openid.key_id(self.public_key)
        self.issuer = issuer

    def issue(
        self,
        namespace: str,
        name: str,
        uid: str,
        *,
        audiences: Sequence[str] = (),
        seconds: int = 3600,
        bound: Sequence[Bound] = (),
        now: datetime.datetime | None = None,
    ) -> tuple[str, datetime.datetime]:
        """A token for the service account and the moment it ends."""
        start = (now or datetime.datetime.now(datetime.UTC)).replace(microsecond=0)
        end = start + datetime.timedelta(seconds=seconds)
        private: dict[str, Any] = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
        for item in bound:
            private[item.kind.lower()] = {"name": item.name, **({"uid": item.uid} if item.uid else {})}
        claims = {
            "aud": list(audiences) or [self.issuer],
            "exp": int(end.timestamp()),
            "iat": int(start.timestamp()),
            "iss": self.issuer,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": private,
            "nbf": int(start.timestamp()),
            "sub": f"system:serviceaccount:{namespace}:{name}",
        }
        return jwt.encode(claims, self._key, algorithm=openid.ALGORITHM, headers={"kid": self.key_id}), end

    def verify(self, token: str, audiences: Sequence[str] = ()) -> tuple[dict[str, Any], list[str]]:
        """The claims of a good token, and which of the audiences it is for; TokenError otherwise.

        No audience given means the server's own.
        """
        wanted = list(audiences) or [self.issuer]
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.public_key,
                algorithms=[openid.ALGORITHM],
                issuer=self.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub", "aud"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("service account token has expired") from None
        except jwt.ImmatureSignatureError:
            raise TokenError("service account token is not valid yet") from None
        except jwt.InvalidTokenError:
            raise TokenError("") from None
        given = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        own = frozenset(given)
        both = [audience for audience in wanted if audience in own]
        if not both:
            said = f"token audiences {_listed(given)} is invalid for the target audiences {_listed(wanted)}"
            raise TokenError(said)
        return claims, both


def credential_id(token: str) -> str:
    """By what a token of ours is known in records of its use."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return f"JTI={claims.get('jti', '')}"


def _listed(audiences: Sequence[str]) -> str:
    return "[" + " ".join(f'"{audience}"' for audience in audiences) + "]"
