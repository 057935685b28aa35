"""Who may use the node's HTTPS port: clients whose certificate the API server grants nodes/proxy, as upstream's webhook does."""

from __future__ import annotations

import logging
import time
from typing import Any

from aiohttp import web

from drakkar.client import Client, ClientError

_log = logging.getLogger(__name__)
_REMEMBER_SECONDS = 10.0
_MAX_REMEMBERED = 1000
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_MASTERS = "system:masters"
_PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

Subject = tuple[str, tuple[str, ...]]


def certificate_subject(certificate: Any) -> Subject:
    """User and groups that a verified client certificate names: its common name and its organizations."""
    user, groups = "", []
    for part in (certificate or {}).get("subject") or ():
        for key, value in part:
            if key == "commonName":
                user = str(value)
            elif key == "organizationName":
                groups.append(str(value))
    return user, tuple(groups)


class Access:
    """Asks the API server about a caller and remembers the answer for a short while.

    Without a client only the cluster's masters may.
    """

    def __init__(self, client: Client | None, node_name: str) -> None:
        self._client = client
        self._node_name = node_name
        self._remembered: dict[tuple[Subject, str], tuple[float, bool]] = {}

    async def check(self, request: web.Request) -> None:
        """Return for a caller who may; HTTPForbidden for others, and where nobody can be asked."""
        transport = request.transport
        subject = certificate_subject(transport.get_extra_info("peercert") if transport is not None else None)
        if _MASTERS in subject[1]:
            # As everywhere: this group needs no rule.
            return
        verb = _VERBS.get(request.method, "get")
        if not await self._may(subject, verb):
            text = f"Forbidden (user={subject[0]}, verb={verb}, resource=nodes, subresource=proxy)"
            raise web.HTTPForbidden(text=text)

    async def _may(self, subject: Subject, verb: str) -> bool:
        if self._client is None or not subject[0]:
            return False
        now = time.monotonic()
        known = self._remembered.pop((subject, verb), None)
        if known is None or known[0] <= now:
            try:
                known = now + _REMEMBER_SECONDS, await self._ask(self._client, subject, verb)
            except ClientError as error:
                _log.warning("cannot ask the API server about %s: %s", subject[0], error)
                return False
        self._remembered[subject, verb] = known
        while len(self._remembered) > _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        return known[1]

    async def _ask(self, client: Client, subject: Subject, verb: str) -> bool:
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
            "spec": {"user": subject[0], "groups": list(subject[1]), "resourceAttributes": attributes},
        }
        answer = await client.request("POST", _PATH, json=review)
        return bool((answer.get("status") or {}).get("allowed"))
