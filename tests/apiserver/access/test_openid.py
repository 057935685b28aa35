"""Others verify the tokens of service accounts by what the server tells them."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drakkar.apiserver.access import openid
from drakkar.apiserver.access.tokens import TokenIssuer

from ..callers import MASTER, new_server


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_token_is_verified_by_what_is_told(tmp_path: Path, slash: str) -> None:
    server = await new_server(tmp_path)
    asked = {"spec": {"expirationSeconds": 3600}}
    made = server.asks(MASTER, "POST", "/api/v1/namespaces/a/serviceaccounts/app/token", asked)
    token = made.json()["status"]["token"]
    told = server.asks(None, "GET", openid.CONFIGURATION + slash, Authorization=f"Bearer {token}")
    keys = server.asks(None, "GET", openid.KEYS + slash, Authorization=f"Bearer {token}")
    assert told.status_code == keys.status_code == 200
    assert keys.headers["content-type"] == "application/jwk-set+json"
    assert told.headers["cache-control"] == keys.headers["cache-control"] == "public, max-age=3600"
    document = told.json()
    assert document["jwks_uri"].endswith(openid.KEYS)
    (key,) = jwt.PyJWKSet.from_dict(keys.json()).keys
    assert key.key_id == jwt.get_unverified_header(token)["kid"]
    algorithms = document["id_token_signing_alg_values_supported"]
    claims = jwt.decode(token, key.key, algorithms=algorithms, audience=document["issuer"])
    assert claims["iss"] == document["issuer"] and claims["sub"] == "system:serviceaccount:a:app"


async def test_nobody_else_is_told(tmp_path: Path) -> None:
    server = await new_server(tmp_path)
    for path in (openid.CONFIGURATION, openid.KEYS):
        assert server.asks(None, "GET", path).status_code == 403


def test_a_key_of_another_curve_is_refused_at_the_start(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key").write_bytes(key)
    with pytest.raises(ValueError, match="P-256, found secp384r1"):
        TokenIssuer(tmp_path / "key")
