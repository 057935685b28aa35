from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.access.authentication import ANONYMOUS, Authenticator, Peer, UnauthorizedError
from drakkar.apiserver.access.bound_tokens import BoundTokens
from drakkar.apiserver.access.tokens import Bound, TokenIssuer
from drakkar.apiserver.storage.store import Store
from drakkar.cluster.certificates import Authority, Identity

ACCOUNT = ("/serviceaccounts", "ns", "driver")
NODE = Peer(((("organizationName", "system:nodes"),), (("commonName", "system:node:w1"),)), "ab12")


async def _put(store: Store, key: tuple[str, str, str], uid: str, **more: Any) -> None:
    held = store.get(key)
    if held is not None:
        await store.delete(key, held["metadata"]["resourceVersion"])
    await store.create(key, {"metadata": {"name": key[2], "uid": uid, **more}})


@pytest.fixture
async def accounts(store: Store) -> Store:
    await _put(store, ACCOUNT, "u1")
    for key in (("/pods", "ns", "p"), ("/secrets", "ns", "s"), ("/nodes", "", "n")):
        await _put(store, key, f"{key[2]}-1")
    return store


@pytest.fixture
def issuer(tmp_path: Path) -> TokenIssuer:
    return TokenIssuer(Authority(tmp_path).issue("sa", Identity("sa")).key)


@pytest.fixture
def authenticator(issuer: TokenIssuer, accounts: Store) -> Authenticator:
    return Authenticator(issuer, BoundTokens(accounts))


def test_a_certificate_tells_user_and_groups(authenticator: Authenticator) -> None:
    user = authenticator.authenticate(None, NODE)
    assert (user.name, user.groups) == ("system:node:w1", ("system:nodes", "system:authenticated"))
    assert user.extra["authentication.kubernetes.io/credential-id"] == ("X509SHA256=ab12",)


def test_a_bad_certificate_is_no_user_and_a_good_token_makes_up_for_it(
    authenticator: Authenticator, issuer: TokenIssuer
) -> None:
    bad = Peer(NODE.subject, NODE.digest, "certificate has expired")
    with pytest.raises(UnauthorizedError, match="expired"):
        authenticator.authenticate(None, bad)
    token, _ = issuer.issue("ns", "driver", "u1")
    assert authenticator.authenticate(f"Bearer {token}", bad).name == "system:serviceaccount:ns:driver"


def test_the_server_is_nobody_to_itself(issuer: TokenIssuer, accounts: Store) -> None:
    authenticator = Authenticator(issuer, BoundTokens(accounts), own=NODE.digest)
    with pytest.raises(UnauthorizedError, match="own"):
        authenticator.authenticate(None, NODE)
    assert authenticator.authenticate(None, Peer(NODE.subject, "cd34")).name == "system:node:w1"
    assert Authenticator(issuer, BoundTokens(accounts)).authenticate(None, Peer(NODE.subject)).name


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Bearer "])
def test_without_a_credential_that_is_known_one_is_anonymous(
    authenticator: Authenticator, header: str | None
) -> None:
    assert authenticator.authenticate(header, None) is ANONYMOUS


def test_a_token_tells_account_pod_and_node(authenticator: Authenticator, issuer: TokenIssuer) -> None:
    token, _ = issuer.issue("ns", "driver", "u1", bound=[Bound("Pod", "p", "p-1"), Bound("Node", "m", "nu")])
    user = authenticator.authenticate(f"Bearer {token}", None)
    assert user.name == "system:serviceaccount:ns:driver"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated")
    assert user.extra["authentication.kubernetes.io/node-name"] == ("m",)
    assert user.extra["authentication.kubernetes.io/pod-uid"] == ("p-1",)


async def test_a_token_ends_with_its_account(
    authenticator: Authenticator, issuer: TokenIssuer, accounts: Store
) -> None:
    token, _ = issuer.issue("ns", "driver", "u1")
    await _put(accounts, ACCOUNT, "another")
    with pytest.raises(UnauthorizedError, match="does not match claim"):
        authenticator.authenticate(f"Bearer {token}", None)


@pytest.mark.parametrize(
    "bound", [Bound("Pod", "p", "p-1"), Bound("Secret", "s", "s-1"), Bound("Node", "n", "n-1")]
)
async def test_a_token_ends_with_what_it_is_bound_to(
    authenticator: Authenticator, issuer: TokenIssuer, accounts: Store, bound: Bound
) -> None:
    token, _ = issuer.issue("ns", "driver", "u1", bound=[bound])
    key = (f"/{bound.kind.lower()}s", "" if bound.kind == "Node" else "ns", bound.name)
    authenticator.token_user(token)
    now = datetime.datetime.now(datetime.UTC)
    for seconds, good in ((30, True), (-30, True), (-90, False)):
        moment = (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        await _put(accounts, key, bound.uid, deletionTimestamp=moment)
        if good:
            authenticator.token_user(token)
            continue
        with pytest.raises(UnauthorizedError, match="invalidated"):
            authenticator.token_user(token)
    await _put(accounts, key, "made anew")
    with pytest.raises(UnauthorizedError, match="does not match"):
        authenticator.token_user(token)
    held = accounts.get(key)
    assert held is not None
    await accounts.delete(key, held["metadata"]["resourceVersion"])
    with pytest.raises(UnauthorizedError, match="invalidated"):
        authenticator.token_user(token)


def test_of_the_audiences_those_count_that_both_name(
    authenticator: Authenticator, issuer: TokenIssuer
) -> None:
    token, _ = issuer.issue("ns", "driver", "u1", audiences=["vault", "bank"])
    assert authenticator.token_user(token, ["other", "bank"])[1] == ["bank"]
    with pytest.raises(UnauthorizedError, match='"vault" "bank"] is invalid for the target audiences'):
        authenticator.token_user(token, ["other"])
    with pytest.raises(UnauthorizedError):
        authenticator.authenticate(f"Bearer {token}", None)


def test_a_token_that_is_none_is_not_anonymous(authenticator: Authenticator) -> None:
    with pytest.raises(UnauthorizedError, match="invalid bearer token"):
        authenticator.authenticate("Bearer nonsense", None)
