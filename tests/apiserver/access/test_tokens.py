from __future__ import annotations

import datetime
from pathlib import Path

import jwt
import pytest

from drakkar.apiserver.access.tokens import Bound, TokenError, TokenIssuer
from drakkar.cluster.certificates import Authority, Identity


def _issuer(tmp_path: Path) -> TokenIssuer:
    return TokenIssuer(Authority(tmp_path).issue("sa", Identity("sa")).key)


def test_a_token_carries_the_claims_of_kubernetes(tmp_path: Path) -> None:
    issuer = _issuer(tmp_path)
    token, end = issuer.issue("ns", "name", "u1", seconds=3607, bound=[Bound("Pod", "p", "u2")])
    claims, audiences = issuer.verify(token)
    assert audiences == [issuer.issuer]
    assert claims["sub"] == "system:serviceaccount:ns:name"
    assert claims["aud"] == [issuer.issuer]
    assert claims["kubernetes.io"] == {
        "namespace": "ns",
        "serviceaccount": {"name": "name", "uid": "u1"},
        "pod": {"name": "p", "uid": "u2"},
    }
    assert claims["exp"] - claims["iat"] == 3607 and claims["exp"] == int(end.timestamp())
    assert jwt.get_unverified_header(token)["kid"] == issuer.key_id


def test_a_token_that_ended_or_is_for_another_or_by_another_is_refused(tmp_path: Path) -> None:
    issuer = _issuer(tmp_path / "a")
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    ended, _ = issuer.issue("ns", "n", "u", now=past)
    with pytest.raises(TokenError, match="expired"):
        issuer.verify(ended)
    elsewhere, _ = issuer.issue("ns", "n", "u", audiences=["vault"])
    with pytest.raises(TokenError):
        issuer.verify(elsewhere)
    assert issuer.verify(elsewhere, ["other", "vault"])[1] == ["vault"]
    foreign, _ = _issuer(tmp_path / "b").issue("ns", "n", "u")
    with pytest.raises(TokenError):
        issuer.verify(foreign)
    with pytest.raises(TokenError):
        issuer.verify("no.token.this")
