"""Stands before every request: who is asking, and may they; 401 and 403 in Kubernetes' own words."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from starlette.requests import Request

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import request_info, system_roles
from drakkar.apiserver.access.authentication import Authenticator, UnauthorizedError, User
from drakkar.apiserver.access.authorization import Authorizer
from drakkar.apiserver.access.bound_tokens import BoundTokens
from drakkar.apiserver.access.impersonation import Impersonation, wanted
from drakkar.apiserver.access.node_authorizer import NodeAuthorizer
from drakkar.apiserver.access.node_pods import NodePods
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Bound, Rbac
from drakkar.apiserver.access.requester import MASTERS, Requester, Verdict, refused
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.beside import Pauses
from drakkar.apiserver.http.audited import exchange_of
from drakkar.apiserver.storage.store import Store

PEER = "drakkar.peer"
_DECISION, _REASON = "authorization.k8s.io/decision", "authorization.k8s.io/reason"
_NOTHING_TRIED = "Authentication failed, no credentials provided"
_RBAC_GROUP = "rbac.authorization.k8s.io"
_RBAC_KINDS = ("clusterrolebindings", "clusterroles", "rolebindings", "roles")


class StoreGate:
    """A gate that reads roles, accounts and pods from the server's own store; `own` as with `Authenticator`."""

    def __init__(self, store: Store, issuer: TokenIssuer, own: str = "") -> None:
        self._store = store
        self._changes = 0
        for kind in _RBAC_KINDS:
            store.listen(f"{_RBAC_GROUP}/{kind}", self._changed)
        self._issuer = issuer
        self._rbac = Rbac(self._listing, self._getting, lambda: self._changes)
        nodes = NodeAuthorizer(store, NodePods(store), system_roles.rules("system:node"))
        self._authorizer = Authorizer(self._rbac, nodes)
        self._authenticator = Authenticator(issuer, BoundTokens(store), own)
        self._impersonation = Impersonation(self.decide)
        self._preparing = asyncio.Lock()

    async def __call__(self, request: Request) -> None:
        """Raise StatusError 401 or 403 unless the request may pass.

        It leaves the `Requester` in `request.state.requester`.
        """
        asked = request_info.attributes(request.method, request.scope["path"], request.query_params)
        exchange = exchange_of(request.scope)
        try:
            user = self._authenticator.authenticate(
                request.headers.get("authorization"), request.scope.get(PEER)
            )
        except UnauthorizedError:
            if exchange is not None:
                await exchange.refuse(asked, _tried(request))
            raise errors.unauthorized() from None
        if exchange is not None:
            await exchange.begin(user, asked)
        record = None if exchange is None else exchange.record
        whom = wanted(request.headers)
        await self._prepare(user, asked)
        if whom is not None:
            become = self._impersonation.become(user, whom, asked)
            user = become.user
            if record is not None:
                record.impersonates(user, become.constraint)
            await self._prepare(user, asked)
        verdict = self.decide(user, asked)
        requester = Requester(user, asked, self)
        if record is not None:
            requester = dataclasses.replace(requester, annotations=record.annotations)
            requester.annotations.note(_DECISION, "allow" if verdict.allowed else "forbid")
            requester.annotations.note(_REASON, verdict.reason)
        if not verdict.allowed:
            raise refused(user, asked, verdict.reason)
        request.state.requester = requester

    async def _prepare(self, user: User, asked: Attributes) -> None:
        """Look through roles and bindings that have changed; others are served between one and the next."""
        if MASTERS in user.groups:
            return
        whose = (user.name, user.groups, "" if asked.path else asked.namespace)
        if self._rbac.knows(*whose):
            return
        # One after the other, so that what many wait for is looked through once.
        async with self._preparing:
            pauses = Pauses()
            for _ in self._rbac.prepare(*whose):
                await pauses

    def decide(self, user: User, asked: Attributes) -> Verdict:
        """Whether the user may."""
        return self._authorizer.decide(user, asked)

    def bound(self, user: User, namespace: str) -> Bound:
        """The rules that are bound to the user in a namespace."""
        return self._rbac.bound(user.name, user.groups, namespace)

    def role_rules(self, reference: Object, namespace: str) -> list[Object] | None:
        """The rules of the role that a binding in `namespace` refers to; None where there is no such role."""
        return self._rbac.role_rules(reference, namespace)

    def token_user(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]]:
        """The user of a token and which of the audiences it is for; raises UnauthorizedError."""
        return self._authenticator.token_user(token, audiences)

    @property
    def issuer_name(self) -> str:
        """The audience of tokens that name none."""
        return self._issuer.issuer

    def _listing(self, resource: str, namespace: str) -> list[Object]:
        return self._store.list(f"{_RBAC_GROUP}/{resource}", namespace or None)

    def _getting(self, resource: str, namespace: str, name: str) -> Object | None:
        return self._store.get((f"{_RBAC_GROUP}/{resource}", namespace, name))

    def _changed(self) -> None:
        self._changes += 1


def _tried(request: Request) -> str:
    """By what somebody tried to be known, in upstream's words."""
    scheme, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    tried = [scheme.lower()] if scheme.lower() in ("basic", "bearer") and credentials else []
    if request.query_params.get("access_token", "").strip():
        tried.append("access_token")
    if request.scope.get(PEER) is not None:
        tried.append("x509")
    return f"Authentication failed, attempted: {', '.join(tried)}" if tried else _NOTHING_TRIED
