"""The HTTP face of the server as a Starlette application: which path leads where, and what becomes of errors."""

from __future__ import annotations

import html
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
from drakkar.apiserver.access.request_info import UnclearPathError
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
from drakkar.validation.field_error import shown as quoted

_ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_GET = ["GET"]
Endpoint = Callable[[Request], Awaitable[Response]]


class _Exact(Route):
    """A route whose pattern the whole path has to fit; the framework's would overlook a line break at the end."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if "HEAD" not in options["methods"] and self.methods is not None:
            # The framework takes it wherever GET is.
            self.methods.discard("HEAD")
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
            UnclearPathError: _unclear,
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
    prefixes, ends = ("/api/{version}", "/apis/{group}/{version}"), ("/{rest:path}", "")
    routes = [
        _Exact(prefix + end, endpoints.resource, methods=_ANY_METHOD) for end in ends for prefix in prefixes
    ]
    # As with kube-apiserver it goes by the path whether it is only read, or says the same whatever the method.
    for paths, endpoint, methods in (
        ((*health.PATHS, *health.BELOW), endpoints.health, _ANY_METHOD),
        (("/",), endpoints.root, _ANY_METHOD),
        (("/metrics",), endpoints.metrics, _ANY_METHOD),
        # Some clients write a slash at the end, and none of them likes a redirect.
        (("/version", "/version/"), endpoints.version, _GET),
        (("/api", "/api/"), endpoints.groups, _GET),
        (("/apis", "/apis/"), endpoints.groups, _ANY_METHOD),
        (("/apis/{group}", "/apis/{group}/"), endpoints.one_group, _ANY_METHOD),
        (("/openapi/v2", "/openapi/v2/"), endpoints.openapi_v2, _ANY_METHOD),
        (("/openapi/v3", "/openapi/v3/"), endpoints.openapi_index, _ANY_METHOD),
        (("/openapi/v3/{path:path}",), endpoints.openapi_document, _ANY_METHOD),
        ((openid.CONFIGURATION, f"{openid.CONFIGURATION}/"), endpoints.openid_configuration, _GET),
        ((openid.KEYS, f"{openid.KEYS}/"), endpoints.openid_keys, _GET),
    ):
        routes += [_Exact(path, admitted(endpoint), methods=methods) for path in paths]
    served = list(routes)

    async def missing(request: Request) -> Response:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in served):
            return await _not_allowed(request, NoSuchPathError())
        raise NoSuchPathError

    # Whoever may not ask for a path does not learn whether it is there.
    last = _Exact("/{path:path}", admitted(missing), methods=_ANY_METHOD)
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


async def _unclear(request: Request, failure: Exception) -> Response:
    url = request.scope.get("raw_path", b"").decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    url = url.partition("?")[0] + (f"?{query}" if query else "")
    said = f"failed to create RequestInfo: unable to determine kind and namespace from url, {url}"
    told = html.escape(f"Internal Server Error: {quoted(url)}: {said}\n", quote=False)
    return PlainTextResponse(told, 500, {"X-Content-Type-Options": "nosniff"})


async def _not_allowed(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.method_not_allowed())


async def _too_large(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.too_large(str(failure)))


async def _not_stored(request: Request, failure: Exception) -> Response:
    return answers.failure(errors.insufficient_storage(str(failure)))
