"""Stands before every verb: who is asking, and may they; 401 and 403 in Kubernetes' own words."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from drakkar.apiserver import errors
from drakkar.apiserver.authentication import Authenticator, Unauthorized, User
from drakkar.apiserver.authorization import Authorizer
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.rbac import Attributes, Rbac
from drakkar.apiserver.store import Store
from drakkar.apiserver.tokens import TokenIssuer

Object = dict[str, Any]

PEER = "drakkar.peer"
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
        self.authorizer = Authorizer(Rbac(self._listing, self._getting), self._bound_pods)

    async def __call__(
        self, request: Request, verb: str, kind: Kind, namespace: str, name: str, sub: str
    ) -> None:
        """Raise StatusError 401 or 403 unless the request may pass; leaves the user in `request.state.user`."""
        try:
            user = self.authenticator.authenticate(
                request.headers.get("authorization"), request.scope.get(PEER)
            )
        except Unauthorized:
            raise errors.StatusError(401, "Unauthorized", "Unauthorized") from None
        request.state.user = user
        asked = Attributes(verb, kind.group, kind.plural, sub, namespace, name)
        if not self.authorizer.allows(user, asked):
            raise errors.forbidden(kind.group, kind.plural, name, denial(user, asked))

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
