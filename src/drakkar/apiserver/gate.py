"""Stands before every verb: who is asking, and may they; 401 and 403 in Kubernetes' own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.requests import Request

from drakkar.apiserver import errors
from drakkar.apiserver.authentication import ANONYMOUS, AUTHENTICATED, Authenticator, Unauthorized, User
from drakkar.apiserver.authorization import Authorizer
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.rbac import Attributes, Rbac
from drakkar.apiserver.store import Store
from drakkar.apiserver.tokens import TokenIssuer

Object = dict[str, Any]

PEER = "drakkar.peer"
_ACCOUNT = "system:serviceaccount:"
_RBAC_GROUP = "rbac.authorization.k8s.io"


def denial(user: User, asked: Attributes) -> str:
    """The sentence of a 403, as kubectl prints it."""
    resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    place = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    return (
        f'User "{user.name}" cannot {asked.verb} resource "{resource}" in API group "{asked.group}" {place}'
    )


class StoreGate:
    """A gate that reads roles, accounts and pods from the server's own store."""

    def __init__(self, store: Store, issuer: TokenIssuer) -> None:
        self._store = store
        self.authenticator = Authenticator(issuer, self._account_uid)
        self._issuer = issuer
        self._rbac = Rbac(self._listing, self._getting)
        self.authorizer = Authorizer(self._rbac, self._bound_pods)

    async def __call__(
        self, request: Request, verb: str, kind: Kind, namespace: str, name: str, sub: str
    ) -> None:
        """Raise StatusError 401 or 403 unless the request may pass; leaves the user in `request.state.user`."""
        user = self._identify(request)
        asked = Attributes(verb, kind.group, kind.plural, sub, namespace, name)
        if not self.authorizer.allows(user, asked):
            raise errors.forbidden(kind.group, kind.plural, name, denial(user, asked))

    async def path(self, request: Request) -> None:
        """The same for a path that is no resource."""
        user, path = self._identify(request), request.url.path
        if not self.authorizer.allows(user, Attributes(request.method.lower(), path=path)):
            message = f'forbidden: User "{user.name}" cannot {request.method.lower()} path "{path}"'
            raise errors.StatusError(403, "Forbidden", message, {})

    def _identify(self, request: Request) -> User:
        try:
            user = self.authenticator.authenticate(
                request.headers.get("authorization"), request.scope.get(PEER)
            )
        except Unauthorized:
            raise errors.unauthorized() from None
        wanted, groups = request.headers.get("impersonate-user"), request.headers.getlist("impersonate-group")
        if wanted:
            user = self._impersonated(user, wanted, groups)
        elif groups:
            # Going on as oneself would show more than what was asked for.
            raise errors.bad_request(f"requested groups {groups} without impersonating a user")
        request.state.user = user
        return user

    def _impersonated(self, user: User, name: str, groups: Sequence[str]) -> User:
        """The user that `user` asks to be, if he may."""
        namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
        asked = [Attributes("impersonate", resource="groups", name=group) for group in groups]
        if name.startswith(_ACCOUNT):
            asked.append(
                Attributes("impersonate", resource="serviceaccounts", namespace=namespace, name=account)
            )
        else:
            asked.append(Attributes("impersonate", resource="users", name=name))
        for one in asked:
            if not self.authorizer.allows(user, one):
                raise errors.forbidden("", one.resource, one.name, denial(user, one))
        held = list(groups)
        if not held and name.startswith(_ACCOUNT):
            held = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        if name == "system:anonymous":
            return User(name, tuple(held) or ANONYMOUS.groups)
        return User(name, tuple(dict.fromkeys((*held, AUTHENTICATED))))

    def allows(self, user: User, asked: Attributes) -> bool:
        """Whether the user may; asked by reviews."""
        return self.authorizer.allows(user, asked)

    def rules(self, user: User, namespace: str) -> Iterator[Object]:
        """The rules that are bound to the user in a namespace."""
        return self._rbac.rules(user.name, user.groups, namespace)

    def token_user(self, token: str, audiences: Sequence[str]) -> User:
        """The user of a token; raises Unauthorized."""
        return self.authenticator.token_user(token, audiences)

    @property
    def issuer_name(self) -> str:
        """The audience of tokens that name none."""
        return self._issuer.issuer

    def _account_uid(self, namespace: str, name: str) -> str | None:
        found = self._store.get(("/serviceaccounts", namespace, name))
        return None if found is None else str(found["metadata"]["uid"])

    def _listing(self, resource: str, namespace: str) -> list[Object]:
        return self._store.list(f"{_RBAC_GROUP}/{resource}", namespace or None)

    def _getting(self, resource: str, namespace: str, name: str) -> Object | None:
        return self._store.get((f"{_RBAC_GROUP}/{resource}", namespace, name))

    def _bound_pods(self, node: str, namespace: str) -> list[Object]:
        pods = self._store.list("/pods", namespace or None)
        return [pod for pod in pods if (pod.get("spec") or {}).get("nodeName") == node]
