"""Who is asking: a client certificate, a service account's bearer token, or nobody in particular."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from drakkar.apiserver.access.tokens import TokenError, TokenIssuer

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
_CREDENTIAL = "authentication.kubernetes.io/credential-id"


class UnauthorizedError(Exception):
    """A credential was shown and is not good; the answer is 401."""


@dataclass(frozen=True, slots=True)
class User:
    """Name, groups (with system:authenticated or system:unauthenticated), and what else the credential tells."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


@dataclass(frozen=True, slots=True)
class Peer:
    """The certificate that a client showed: `ssl`'s form of its subject, its digest, and what is wrong with it."""

    subject: Sequence[Sequence[tuple[str, str]]]
    digest: str = ""
    problem: str = ""


def certificate_user(peer: Peer) -> User | None:
    """The user of a verified certificate; None without a common name.

    The common name is the user, each organisation a group.
    """
    pairs = [pair for relative in peer.subject for pair in relative]
    names = [value for key, value in pairs if key == "commonName"]
    if not names:
        return None
    groups = [value for key, value in pairs if key == "organizationName"]
    extra = {_CREDENTIAL: (f"X509SHA256={peer.digest}",)} if peer.digest else {}
    return User(names[0], (*groups, AUTHENTICATED), "", extra)


def _bad_token(why: str) -> UnauthorizedError:
    return UnauthorizedError(f"[invalid bearer token, {why}]" if why else "invalid bearer token")


class Accounts(Protocol):
    """What tells whether that which a token speaks for is still there."""

    def problem(self, private: Mapping[str, Any]) -> str:
        """Why a token with these `kubernetes.io` claims is good no longer; the empty text when it is."""


class Authenticator:
    """Tells users by certificate, then by token.

    `own` is the digest of the certificate that the server shows to others. Nobody is known by it here: whoever makes the
    server speak to itself must not be answered as the server.
    """

    def __init__(self, issuer: TokenIssuer, accounts: Accounts, own: str = "") -> None:
        self._issuer = issuer
        self._accounts = accounts
        self._own = own

    def authenticate(self, authorization: str | None, peer: Peer | None) -> User:
        """The user; anonymous when no credential was shown; UnauthorizedError when one was and is not good.

        A good token makes up for a bad certificate.
        """
        problem = peer.problem if peer else ""
        if peer and self._own and peer.digest == self._own:
            problem = "the certificate is the server's own"
        if peer and not problem:
            user = certificate_user(peer)
            if user is not None:
                return user
        scheme, _, rest = (authorization or "").strip().partition(" ")
        token = rest.partition(" ")[0]
        if scheme.lower() == "bearer" and token:
            return self.token_user(token)[0]
        if problem:
            raise UnauthorizedError(problem)
        return ANONYMOUS

    def token_user(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, list[str]]:
        """The service account a token speaks for, and which of the audiences it is for; raises UnauthorizedError."""
        try:
            claims, both = self._issuer.verify(token, audiences)
        except TokenError as error:
            raise _bad_token(str(error)) from None
        private: dict[str, Any] = claims.get("kubernetes.io") or {}
        wrong = self._accounts.problem(private)
        if wrong:
            raise _bad_token(wrong)
        namespace, account = private["namespace"], private["serviceaccount"]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        extra = {_CREDENTIAL: (f"JTI={claims.get('jti', '')}",)}
        for kind in ("pod", "node"):
            bound = private.get(kind)
            if bound:
                extra[f"authentication.kubernetes.io/{kind}-name"] = (bound["name"],)
                if bound.get("uid"):
                    extra[f"authentication.kubernetes.io/{kind}-uid"] = (bound["uid"],)
        user = User(f"system:serviceaccount:{namespace}:{account['name']}", groups, account["uid"], extra)
        return user, both
