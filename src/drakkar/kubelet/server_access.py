"""Who may use the node agent's HTTPS port: holders of a certificate or a token to whom the API server grants nodes/proxy."""

from __future__ import annotations

import logging
import time
from typing import Any

import aiohttp
from aiohttp import web

from drakkar.client import ApiError, Client

_log = logging.getLogger(__name__)
_REMEMBER_SECONDS = 10.0
_MAX_REMEMBERED = 1000
_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_MASTERS = "system:masters"

Subject = tuple[str, tuple[str, ...]]


def certificate_subject(certificate: Any) -> Subject | None:
    """User and groups that a verified client certificate names: its common name and its organizations."""
    user, groups = "", []
    for part in (certificate or {}).get("subject") or ():
        for key, value in part:
            if key == "commonName":
                user = str(value)
            elif key == "organizationName":
                groups.append(str(value))
    return (user, tuple(groups)) if user else None


class Access:
    """Asks the API server about a caller and remembers the answer for a short while."""

    def __init__(self, client: Client, node_name: str) -> None:
        self._client = client
        self._node_name = node_name
        self._remembered: dict[tuple[str, str, str], tuple[float, Any]] = {}

    async def check(self, request: web.Request) -> None:
        """Return for a caller who may; HTTPUnauthorized or HTTPForbidden for others."""
        transport = request.transport
        certificate = transport.get_extra_info("peercert") if transport is not None else None
        subject = certificate_subject(certificate)
        if subject is None:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise web.HTTPUnauthorized(text="Unauthorized\n")
            subject = await self._remember(("token", token, ""), self._authenticate(token))
            if subject is None:
                raise web.HTTPUnauthorized(text="Unauthorized\n")
        user, groups = subject
        if _MASTERS in groups:
            # As everywhere: this group needs no rule.
            return
        verb = _VERBS.get(request.method, "get")
        key = ("access", f"{user}\0" + "\0".join(groups), verb)
        if not await self._remember(key, self._authorize(user, groups, verb)):
            raise web.HTTPForbidden(
                text=f"Forbidden (user={user}, verb={verb}, resource=nodes, subresource(s)=[proxy])\n"
            )

    async def _remember(self, key: tuple[str, str, str], question: Any) -> Any:
        now = time.monotonic()
        known = self._remembered.get(key)
        if known is not None and known[0] > now:
            question.close()
            return known[1]
        try:
            answer = await question
        except (ApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.warning("cannot ask the API server about a caller: %s", error or repr(error))
            raise web.HTTPForbidden(text="the API server could not be asked about the caller\n") from None
        self._remembered.pop(key, None)
        while len(self._remembered) >= _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[key] = (now + _REMEMBER_SECONDS, answer)
        return answer

    async def _authenticate(self, token: str) -> Subject | None:
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token},
        }
        answer = await self._client.request(
            "POST", "/apis/authentication.k8s.io/v1/tokenreviews", json=review
        )
        status = answer.get("status") or {}
        if not status.get("authenticated"):
            return None
        user = status.get("user") or {}
        return str(user.get("username") or ""), tuple(user.get("groups") or ())

    async def _authorize(self, user: str, groups: tuple[str, ...], verb: str) -> bool:
        attributes = {
            "verb": verb,
            "version": "v1",
            "resource": "nodes",
            "subresource": "proxy",
            "name": self._node_name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": list(groups), "resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = await self._client.request("POST", path, json=review)
        return bool((answer.get("status") or {}).get("allowed"))
