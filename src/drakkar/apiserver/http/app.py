"""The HTTP face of the server as a Starlette application: which path leads where, and what becomes of errors."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from drakkar.apiserver import errors
from drakkar.apiserver.access import openid
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.connections.limits import LIMITS, InFlight
from drakkar.apiserver.definitions.definitions import Definitions
from drakkar.apiserver.http import answers, health
from drakkar.apiserver.http.audited import Audited
from drakkar.apiserver.http.endpoints import Endpoints, Gate
from drakkar.apiserver.http.outgoing import Outgoing
from drakkar.apiserver.http.request_id import RequestIds
from drakkar.apiserver.http.request_path import NoSuchPathError
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.errors import StorageFailedError, TooLargeError

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Endpoint = Callable[[Request], Awaitable[Response]]


class _Exact(Route):
    """A route whose pattern the whole path has to fit; the framework's would overlook a line break at the end."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z", re.DOTALL)


def build_app(
    rest: Rest,
    gate: Gate,
    issuer: TokenIssuer | None = None,
    kubelets: Kubelets | None = None,
    in_flight: InFlight | None = None,
    auditor: Auditor | None = None,
) -> Starlette:
    """The application on the verbs of a store; `gate` is asked before everything.

    Without an `issuer` there are no tokens to be had, without `kubelets` no logs and no exec, without an `auditor` no audit
    events. The custom kinds that are defined in the store are served from now on.
    """
    in_flight = in_flight or InFlight(LIMITS)
    outgoing = Outgoing(in_flight.limits)
    Definitions(rest).begin()
    audited = [] if auditor is None else [Middleware(Audited, auditor=auditor)]
    app = Starlette(
        routes=_routes(Endpoints(rest, gate, issuer, kubelets, in_flight, outgoing, auditor)),
        exception_handlers={
            errors.StatusError: _failed,
            NoSuchPathError: _nothing,
            404: _nothing,
            405: _not_allowed,
            StorageFailedError: _not_stored,
            TooLargeError: _too_large,
        },
        middleware=[Middleware(RequestIds), *audited],
    )
    app.router.redirect_slashes = False
    app.state.outgoing = outgoing
    return app


def _routes(endpoints: Endpoints) -> list[_Exact]:
    def admitted(endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            await endpoints.admit(request)
            return await endpoint(request)

        return guarded

    # The first that fits is taken, and nearly all that is asked is about objects.
    prefixes = ("/api/{version}", "/apis/{group}/{version}")
    routes = [_Exact(prefix + "/{rest:path}", endpoints.resource, methods=_METHODS) for prefix in prefixes]
    routes += [_Exact(prefix, endpoints.resource, methods=["GET"]) for prefix in prefixes]
    routes += [_Exact(path, admitted(endpoints.health)) for path in (*health.PATHS, *health.BELOW)]
    for path, endpoint in (
        ("/", endpoints.root),
        ("/version", endpoints.version),
        ("/metrics", endpoints.metrics),
        ("/api", endpoints.groups),
        ("/apis", endpoints.groups),
        ("/apis/{group}", endpoints.one_group),
        ("/openapi/v2", endpoints.openapi_v2),
        ("/openapi/v3", endpoints.openapi_index),
        (openid.CONFIGURATION, endpoints.openid_configuration),
        (openid.KEYS, endpoints.openid_keys),
    ):
        routes.append(_Exact(path, admitted(endpoint)))
        if path != "/":
            # Some clients write a slash at the end, and none of them likes a redirect.
            routes.append(_Exact(f"{path}/", admitted(endpoint)))
    routes.append(_Exact("/openapi/v3/{path:path}", admitted(endpoints.openapi_document)))
    served = list(routes)

    async def missing(request: Request) -> Response:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in served):
            return await _not_allowed(request, NoSuchPathError())
        raise NoSuchPathError

    # Whoever may not ask for a path does not learn whether it is there.
    last = _Exact("/{path:path}", admitted(missing))
    # A method that nothing here knows is no way past the gate and the audit log.
    last.methods = None
    routes.append(last)
    return routes


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
