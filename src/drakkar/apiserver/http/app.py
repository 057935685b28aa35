"""The HTTP face of the server as a Starlette application: paths, authorization, discovery, health."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from drakkar.apiserver import errors
from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import ANONYMOUS
from drakkar.apiserver.access.reviews import Tokens
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.connections.connection import CONNECTION
from drakkar.apiserver.connections.limits import LIMITS, InFlight
from drakkar.apiserver.http import answers, discovery, negotiation, openapi, request_path, version
from drakkar.apiserver.http.metrics import CONTENT_TYPE, Metrics
from drakkar.apiserver.http.request_id import RequestIds
from drakkar.apiserver.http.request_path import NoSuchPath
from drakkar.apiserver.http.verbs import Verbs
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import StorageFailed, TooLarge

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ASIDE = {"Vary": "Accept", "Cache-Control": "public"}
_HEALTH = ("/healthz", "/livez", "/readyz")
_FIXED_PATHS = ("/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v3", "/readyz", "/version")


class _Exact(Route):
    """A route whose pattern the whole path has to fit; the framework's would overlook a line break at the end."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z", re.DOTALL)


class Gate(Tokens, Protocol):
    """Who may do what: raises a StatusError of 401 or 403 when the request may not pass.

    It leaves the `Requester` in `request.state.requester`.
    """

    async def __call__(self, request: Request) -> None:
        """Return when the request may pass."""


def build_app(
    rest: Rest,
    gate: Gate,
    issuer: TokenIssuer | None = None,
    kubelets: Kubelets | None = None,
    in_flight: InFlight | None = None,
) -> Starlette:
    """The application on the verbs of a store; `gate` is asked before everything.

    Without an `issuer` there are no tokens to be had, without `kubelets` no logs and no exec.
    """
    store, kinds = rest.store, rest.kinds
    verbs = Verbs(rest, gate, issuer, kubelets)
    metrics = Metrics(store)
    places = in_flight or InFlight(LIMITS)

    async def admit(request: Request) -> None:
        await gate(request)
        _introduce(request)

    async def resource(request: Request) -> Response:
        group, wanted = request.path_params.get("group", ""), request.path_params["version"]
        below = request.path_params.get("rest", "")
        if not below.strip("/"):
            await admit(request)
            if not kinds.serves(group, wanted):
                raise NoSuchPath
            return answers.json(discovery.resource_list(kinds, group, wanted))
        watching = request_info.is_true(request.query_params, "watch")
        try:
            target = request_path.resolve(kinds, group, wanted, below, request.method, watching)
        except (errors.StatusError, NoSuchPath):
            # Whoever may not ask learns nothing of what is served.
            await admit(request)
            raise
        start, code = time.monotonic(), 500
        try:
            await admit(request)
            user = request.state.requester.user
            with places.one(user, target.verb, target.subresource):
                response = await verbs.serve(request, target)
            code = response.status_code
            return response
        except errors.StatusError as failure:
            code = failure.code
            raise
        finally:
            metrics.observe(target, code, time.monotonic() - start)

    async def groups(request: Request) -> Response:
        core = request.url.path.startswith("/api") and not request.url.path.startswith("/apis")
        if not negotiation.wants_aggregated(request.headers.get("accept")):
            plain = discovery.CORE_VERSIONS if core else discovery.group_list(kinds)
            return _tagged(request, msgspec.json.encode(plain), "", "application/json")
        body, tag = discovery.aggregated(kinds, core)
        return _tagged(request, body, tag, negotiation.AGGREGATED)

    async def one_group(request: Request) -> Response:
        name = request.path_params["group"]
        if not kinds.serves_group(name):
            raise NoSuchPath
        return answers.json({"kind": "APIGroup", "apiVersion": "v1", **discovery.group(kinds, name)})

    async def openapi_index(request: Request) -> Response:
        return _tagged(request, *openapi.index(kinds), "application/json")

    async def openapi_document(request: Request) -> Response:
        try:
            body, tag = openapi.document(kinds, request.path_params["path"])
        except KeyError:
            raise NoSuchPath from None
        return _tagged(request, body, tag, "application/json")

    async def versions(request: Request) -> Response:
        return answers.json(version.info())

    async def health(request: Request) -> Response:
        name = request.url.path.strip("/")
        # A server that cannot write is still alive: a restart would not help it.
        trouble = "" if name == "livez" or (store.has_room() and not store.trouble) else store.trouble
        if trouble:
            return PlainTextResponse(f"[+]ping ok\n[-]storage failed: {trouble}\n{name} check failed\n", 500)
        if "verbose" not in request.query_params:
            return PlainTextResponse("ok")
        return PlainTextResponse(f"[+]ping ok\n[+]storage ok\n{name} check passed\n")

    async def numbers(request: Request) -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def root(request: Request) -> Response:
        served = [f"/{path}" for path in openapi.paths(kinds)]
        named = [f"/apis/{name}" for name in discovery.groups(kinds)]
        return answers.json({"paths": sorted({*_FIXED_PATHS, *served, *named})})

    def open_to_some(endpoint: Callable[[Request], Awaitable[Response]]) -> Any:
        async def guarded(request: Request) -> Response:
            await admit(request)
            return await endpoint(request)

        return guarded

    routes = [_Exact(path, open_to_some(health)) for path in _HEALTH]
    for path, endpoint in (
        ("/", root),
        ("/version", versions),
        ("/metrics", numbers),
        ("/api", groups),
        ("/apis", groups),
        ("/apis/{group}", one_group),
        ("/openapi/v3", openapi_index),
    ):
        routes.append(_Exact(path, open_to_some(endpoint)))
        if path != "/":
            # Some clients write a slash at the end, and none of them likes a redirect.
            routes.append(_Exact(f"{path}/", open_to_some(endpoint)))
    routes.append(_Exact("/openapi/v3/{path:path}", open_to_some(openapi_document)))
    for prefix in ("/api/{version}", "/apis/{group}/{version}"):
        routes.append(_Exact(prefix, resource, methods=["GET"]))
        routes.append(_Exact(prefix + "/{rest:path}", resource, methods=_METHODS))
    served_routes = list(routes)

    async def missing(request: Request) -> Response:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in served_routes):
            return await _not_allowed(request, NoSuchPath())
        raise NoSuchPath

    # Whoever may not ask for a path does not learn whether it is there.
    routes.append(_Exact("/{path:path}", open_to_some(missing), methods=[*_METHODS, "OPTIONS"]))
    app = Starlette(
        routes=routes,
        exception_handlers={
            errors.StatusError: _failed,
            NoSuchPath: _nothing,
            404: _nothing,
            405: _not_allowed,
            StorageFailed: _not_stored,
            TooLarge: _too_large,
        },
        middleware=[Middleware(RequestIds)],
    )
    app.router.redirect_slashes = False
    return app


def _introduce(request: Request) -> None:
    """Tell the connection that somebody is known on it."""
    connection = request.scope.get(CONNECTION)
    if connection is not None and request.state.requester.user.name != ANONYMOUS.name:
        connection.introduce()


def _tagged(request: Request, body: bytes, tag: str, media: str) -> Response:
    headers = {**_ASIDE, **({"ETag": tag} if tag else {})}
    if tag and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    response = Response(body, headers=headers)
    # Set by hand, because the framework would add a charset to what clients compare letter by letter.
    response.headers["Content-Type"] = media
    return response


async def _failed(request: Request, failure: Exception) -> Response:
    if not isinstance(failure, errors.StatusError):
        raise failure
    return answers.failure(failure)


async def _nothing(request: Request, failure: Exception) -> Response:
    return PlainTextResponse("404 page not found\n", 404)


async def _not_allowed(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.method_not_allowed())


async def _too_large(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.too_large(str(failure)))


async def _not_stored(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.insufficient_storage(str(failure)))
