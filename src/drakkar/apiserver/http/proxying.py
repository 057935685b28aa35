"""What a pod, a service or a node says to a request that is passed on to it by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.http.audited import exchange_of
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.resources import proxy_headers
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.proxied import passed_on
from drakkar.apiserver.resources.proxied_upgrade import upgraded
from drakkar.apiserver.resources.proxy import Tunnel
from drakkar.apiserver.resources.proxy_place import place_of
from drakkar.apiserver.storage.store import Store

Admit = Callable[[Request, Target, Object], Awaitable[None]]


async def passed(
    store: Store, kubelets: Callable[[], Kubelets], request: Request, target: Target, admit: Admit
) -> Response:
    """The answer; StatusError where there is none. `admit` is shown what is to be asked for, and may refuse it."""
    if "dryRun" in request.query_params:
        raise errors.bad_request("dryRun is not supported")
    kind = target.kind
    wanted: Object = {"kind": f"{kind.kind}ProxyOptions", "apiVersion": "v1"}
    wanted |= {"path": target.path} if target.path else {}
    await admit(request, target, wanted)
    place = await place_of(store, kubelets, kind.plural, target.namespace, target.name)
    path = proxy_headers.joined(target.path)
    wants_upgrade = proxy_headers.is_upgrade(request.headers.raw)
    if wants_upgrade and place.context is not None:
        # A kubelet runs commands, for a GET of a WebSocket too.
        restrictions.check_connection(request.state.requester)
    response = await (upgraded if wants_upgrade else passed_on)(request, place, path)
    exchange = exchange_of(request.scope)
    if exchange is not None:
        exchange.pass_on()
        if isinstance(response, Tunnel):
            exchange.upgrade()
    return response
