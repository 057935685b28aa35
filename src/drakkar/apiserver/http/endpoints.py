"""What is asked at each path: resources, discovery, OpenAPI, health, numbers. The gate is asked before everything."""

from __future__ import annotations

import time
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import openid, request_info
from drakkar.apiserver.access.authentication import ANONYMOUS
from drakkar.apiserver.access.reviews import Tokens
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.connections.connection import CONNECTION
from drakkar.apiserver.connections.limits import InFlight
from drakkar.apiserver.http import (
    answers,
    discovery,
    health,
    negotiation,
    openapi,
    openapi_v2,
    request_path,
    version,
)
from drakkar.apiserver.http.metrics import CONTENT_TYPE, Metrics
from drakkar.apiserver.http.outgoing import Outgoing
from drakkar.apiserver.http.request_path import NoSuchPathError
from drakkar.apiserver.http.verbs import Verbs
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.rest import Rest

_JSON = "application/json"
_ASIDE = {"Vary": "Accept", "Cache-Control": "public"}
_READS = ("get", "list", "watch")
# The group that says which groups there are is the only one whose own path takes GET alone, as with kube-apiserver.
_OF_GROUPS = "apiregistration.k8s.io"
_FIXED_PATHS = (
    openid.CONFIGURATION,
    *health.PATHS,
    *health.BELOW,
    "/api",
    "/apis",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    openid.KEYS,
    "/version",
)


class Gate(Tokens, Protocol):
    """Who may do what: raises a StatusError of 401 or 403 when the request may not pass.

    It leaves the `Requester` in `request.state.requester`.
    """

    async def __call__(self, request: Request) -> None:
        """Return when the request may pass."""


class Endpoints:
    """On the verbs of a store. All but `resource` are to be asked by those whom `admit` let pass."""

    def __init__(
        self,
        rest: Rest,
        gate: Gate,
        issuer: TokenIssuer | None,
        kubelets: Kubelets | None,
        in_flight: InFlight,
        outgoing: Outgoing,
        auditor: Auditor | None = None,
    ) -> None:
        """Without an `issuer` there are no tokens to be had, without `kubelets` no logs and no exec."""
        self._gate = gate
        self._store, self._kinds = rest.store, rest.kinds
        self._outgoing = outgoing
        self._verbs = Verbs(rest, gate, issuer, kubelets, outgoing)
        self._metrics = Metrics(rest.store, auditor)
        self._places = in_flight
        self._issuer = issuer

    async def admit(self, request: Request) -> None:
        """Return when the request may pass; StatusError."""
        await self._gate(request)
        connection = request.scope.get(CONNECTION)
        if connection is not None and request.state.requester.user.name != ANONYMOUS.name:
            # Somebody is known on it from now on.
            connection.introduce()

    async def resource(self, request: Request) -> Response:
        """The objects of a version, or what resources it has."""
        group, wanted = request.path_params.get("group", ""), request.path_params["version"]
        below = request.path_params.get("rest", "")
        if not below.strip("/"):
            await self.admit(request)
            if not self._kinds.serves(group, wanted):
                raise request_path.unserved(self._kinds, group)
            if request.method != "GET" and not request_path.is_custom(self._kinds, group, wanted):
                raise errors.method_not_allowed()
            return answers.json(discovery.resource_list(self._kinds, group, wanted))
        watching = request_info.is_true(request.query_params, "watch")
        try:
            target = request_path.resolve(self._kinds, group, wanted, below, request.method, watching)
        except (errors.StatusError, NoSuchPathError):
            # Whoever may not ask learns nothing of what is served.
            await self.admit(request)
            raise
        return await self._served(request, target)

    async def _served(self, request: Request, target: request_path.Target) -> Response:
        start, code = time.monotonic(), 500
        try:
            await self.admit(request)
            user, asked = request.state.requester.user, request.state.requester.asked
            if not target.is_that_of(asked):
                # It was let pass as something else.
                raise errors.no_such_resource()
            self._outgoing.check(user.name)
            with self._places.one(user, target.verb, target.subresource):
                response = await self._answered(request, target)
            code = response.status_code
            return response
        except errors.StatusError as failure:
            code = failure.code
            raise
        finally:
            self._metrics.observe(target, code, time.monotonic() - start)

    async def _answered(self, request: Request, target: request_path.Target) -> Response:
        """The answer, once all that it may tell of is on the disk."""
        failures = self._store.failures
        # A write may be about another resource than its path: a binding is one of a pod.
        read = target.kind.resource if target.verb in _READS else None
        try:
            return await self._verbs.serve(request, target)
        finally:
            await self._store.durable(read, failures)

    async def groups(self, request: Request) -> Response:
        """The groups, or the versions of the one without a name; with all their resources for those who ask so."""
        core = request.url.path.startswith("/api") and not request.url.path.startswith("/apis")
        if not negotiation.wants_aggregated(request.headers.get("accept")):
            plain = discovery.CORE_VERSIONS if core else discovery.group_list(self._kinds)
            return _tagged(request, msgspec.json.encode(plain), "", _JSON)
        body, tag = discovery.aggregated(self._kinds, core)
        return _tagged(request, body, tag, negotiation.AGGREGATED)

    async def one_group(self, request: Request) -> Response:
        """One group's versions."""
        name = request.path_params["group"]
        if not self._kinds.serves_group(name):
            raise NoSuchPathError
        if request.method != "GET" and name == _OF_GROUPS:
            raise errors.method_not_allowed()
        return answers.json({"kind": "APIGroup", "apiVersion": "v1", **discovery.group(self._kinds, name)})

    async def openapi_index(self, request: Request) -> Response:
        """Where the documents of OpenAPI v3 are."""
        weight = openapi.weight(self._kinds)
        return _tagged(request, *await beside.call(weight, openapi.index, self._kinds), _JSON)

    async def openapi_document(self, request: Request) -> Response:
        """One of them."""
        path = request.path_params["path"]
        weight = openapi.weight(self._kinds, path)
        try:
            body, tag = await beside.call(weight, openapi.document, self._kinds, path)
        except KeyError:
            raise NoSuchPathError from None
        return _tagged(request, body, tag, _JSON)

    async def openapi_v2(self, request: Request) -> Response:
        """The document of OpenAPI v2."""
        protobuf = openapi_v2.PROTOBUF in request.headers.get("accept", "")
        # Of all types there are thousands of lines.
        body, tag = await beside.call(beside.LIGHT + 1, openapi_v2.document, self._kinds, protobuf)
        return _tagged(request, body, tag, openapi_v2.PROTOBUF_SENT if protobuf else _JSON)

    async def version(self, request: Request) -> Response:
        """Which Kubernetes this is."""
        return answers.json(version.info())

    async def openid_configuration(self, request: Request) -> Response:
        """By what others verify service account tokens."""
        # Where the client came to; what it says of that itself is not passed on.
        host, port = request.scope["server"]
        host = f"[{host}]" if ":" in host else host
        return _of_issuer(openid.configuration(self._known_issuer().issuer, f"{host}:{port}"), _JSON)

    async def openid_keys(self, request: Request) -> Response:
        """The keys of these tokens."""
        return _of_issuer(openid.key_set(self._known_issuer().public_key), openid.KEYS_MEDIA)

    def _known_issuer(self) -> TokenIssuer:
        if self._issuer is None:
            raise NoSuchPathError
        return self._issuer

    async def health(self, request: Request) -> Response:
        """Whether the server lives and can write."""
        query = request.query_params
        found = health.asked(self._store, request.url.path, "verbose" in query, query.getlist("exclude"))
        return PlainTextResponse(
            found.text, 200 if found.is_good else 500, {"X-Content-Type-Options": "nosniff"}
        )

    async def metrics(self, request: Request) -> Response:
        """The numbers, as Prometheus reads them; or count from nothing again."""
        if request.method == "DELETE":
            self._metrics.reset()
            return PlainTextResponse("metrics reset\n", headers={"X-Content-Type-Options": "nosniff"})
        return Response(self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def root(self, request: Request) -> Response:
        """The paths that there are."""
        served = [f"/{path}" for path in openapi.paths(self._kinds)]
        named = [f"/apis/{name}" for name in discovery.groups(self._kinds)]
        return answers.json({"paths": sorted({*_FIXED_PATHS, *served, *named})})


def _of_issuer(body: bytes, media: str) -> Response:
    return Response(
        body, headers={"Content-Type": media, "Cache-Control": f"public, max-age={openid.MAX_AGE}"}
    )


def _tagged(request: Request, body: bytes, tag: str, media: str) -> Response:
    headers = {**_ASIDE, **({"ETag": tag} if tag else {})}
    if tag and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    response = Response(body, headers=headers)
    # Set by hand, because the framework would add a charset to what clients compare letter by letter.
    response.headers["Content-Type"] = media
    return response
