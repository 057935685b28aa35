from __future__ import annotations

from pathlib import Path

import pytest

from drakkar.apiserver.authentication import ANONYMOUS, Authenticator, Unauthorized
from drakkar.apiserver.tokens import Bound, TokenIssuer
from drakkar.cluster.certificates import Authority, Identity


@pytest.fixture
def accounts() -> dict[tuple[str, str], str]:
    return {("ns", "driver"): "u1"}


@pytest.fixture
def issuer(tmp_path: Path) -> TokenIssuer:
    return TokenIssuer(Authority(tmp_path).issue("sa", Identity("sa")).key)


@pytest.fixture
def authenticator(issuer: TokenIssuer, accounts: dict[tuple[str, str], str]) -> Authenticator:
    return Authenticator(issuer, lambda namespace, name: accounts.get((namespace, name)))


def test_a_certificate_tells_user_and_groups(authenticator: Authenticator) -> None:
    subject = ((("organizationName", "system:nodes"),), (("commonName", "system:node:w1"),))
    user = authenticator.authenticate(None, subject)
    assert (user.name, user.groups) == ("system:node:w1", ("system:nodes", "system:authenticated"))


def test_without_a_credential_one_is_anonymous(authenticator: Authenticator) -> None:
    assert authenticator.authenticate(None, None) is ANONYMOUS


def test_a_token_tells_account_pod_and_node(authenticator: Authenticator, issuer: TokenIssuer) -> None:
    token, _ = issuer.issue("ns", "driver", "u1", bound=[Bound("Pod", "p", "pu"), Bound("Node", "n", "nu")])
    user = authenticator.authenticate(f"Bearer {token}", None)
    assert user.name == "system:serviceaccount:ns:driver"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated")
    assert user.extra["authentication.kubernetes.io/node-name"] == ("n",)
    assert user.extra["authentication.kubernetes.io/pod-uid"] == ("pu",)


def test_a_token_ends_with_its_account(
    authenticator: Authenticator, issuer: TokenIssuer, accounts: dict[tuple[str, str], str]
) -> None:
    token, _ = issuer.issue("ns", "driver", "u1")
    accounts[("ns", "driver")] = "another"
    with pytest.raises(Unauthorized, match="ns/driver is gone"):
        authenticator.authenticate(f"Bearer {token}", None)


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer nonsense"])
def test_a_credential_that_is_not_good_is_not_anonymous(authenticator: Authenticator, header: str) -> None:
    with pytest.raises(Unauthorized):
        authenticator.authenticate(header, None)
