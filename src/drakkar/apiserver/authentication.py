"""Who is asking: a client certificate, a service account's bearer token, or nobody in particular."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drakkar.apiserver.tokens import TokenError, TokenIssuer

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"


class Unauthorized(Exception):
    """A credential was shown and is not good; the answer is 401."""


@dataclass(frozen=True, slots=True)
class User:
    """Name, groups (with system:authenticated or system:unauthenticated), and what else the credential tells."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


def certificate_user(subject: Sequence[Sequence[tuple[str, str]]]) -> User | None:
    """The user of a verified peer certificate, from `ssl`'s form of a subject; None without a common name.

    The common name is the user, each organisation a group.
    """
    pairs = [pair for relative in subject for pair in relative]
    names = [value for key, value in pairs if key == "commonName"]
    if not names:
        return None
    groups = [value for key, value in pairs if key == "organizationName"]
    return User(names[0], (*groups, AUTHENTICATED))


class Authenticator:
    """Tells users by certificate, then by token. `live(namespace, name)` gives a service account's uid, or None."""

    def __init__(self, issuer: TokenIssuer, live: Callable[[str, str], str | None]) -> None:
        self._issuer = issuer
        self._live = live

    def authenticate(
        self, authorization: str | None, subject: Sequence[Sequence[tuple[str, str]]] | None
    ) -> User:
        """The user; anonymous when no credential was shown; Unauthorized when one was and is not good."""
        if subject:
            user = certificate_user(subject)
            if user is not None:
                return user
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("not a bearer token")
        return self.token_user(token.strip())

    def token_user(self, token: str, audiences: Sequence[str] = ()) -> User:
        """The service account a token speaks for; a token of one that was deleted is no longer good."""
        try:
            claims = self._issuer.verify(token, audiences)
        except TokenError as error:
            raise Unauthorized(str(error)) from None
        private: dict[str, Any] = claims.get("kubernetes.io") or {}
        namespace = str(private.get("namespace", ""))
        account: dict[str, str] = private.get("serviceaccount") or {}
        name, uid = account.get("name", ""), account.get("uid", "")
        # An account made anew under the old name is another account: only the uid tells them apart.
        if not namespace or not name or self._live(namespace, name) != uid:
            raise Unauthorized(f"service account {namespace}/{name} is gone")
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        extra = {"authentication.kubernetes.io/credential-id": (f"JTI={claims.get('jti', '')}",)}
        for kind in ("pod", "node"):
            bound = private.get(kind)
            if bound:
                extra[f"authentication.kubernetes.io/{kind}-name"] = (bound["name"],)
                extra[f"authentication.kubernetes.io/{kind}-uid"] = (bound.get("uid", ""),)
        return User(f"system:serviceaccount:{namespace}:{name}", groups, uid, extra)
