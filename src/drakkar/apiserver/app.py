"""The HTTP face of the server: paths to verbs, plain discovery, health and watch streams, as a Starlette app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from drakkar.apiserver import errors, patch
from drakkar.apiserver.kinds import BY_PATH, KINDS, Kind
from drakkar.apiserver.rest import Match, Rest, field_matcher
from drakkar.apiserver.store import Object, Store

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_MERGE_PATCH, _JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
_MAX_BODY = 3 * 1024 * 1024
_MAX_WATCH_SECONDS = 3600.0


class Gate(Protocol):
    """Who may do what: raises a StatusError of 401 or 403 when the request may not pass."""

    async def __call__(
        self, request: Request, verb: str, kind: Kind, namespace: str, name: str, sub: str
    ) -> None:
        """Return when the request may pass."""


def _json(body: Any, code: int = 200) -> Response:
    return Response(msgspec.json.encode(body), code, media_type="application/json")


def _media(request: Request) -> str:
    return request.headers.get("content-type", "application/json").split(";")[0].strip()


async def _body(request: Request) -> Object:
    decoded = await _decoded(request, ("application/json",))
    if not isinstance(decoded, dict):
        raise errors.bad_request("the body is not an object")
    return decoded


async def _decoded(request: Request, accepted: tuple[str, ...]) -> Any:
    media = _media(request)
    if media not in accepted:
        raise errors.unsupported_media_type(media)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY:
            raise errors.StatusError(413, "RequestEntityTooLarge", "request body is too large")
    try:
        return msgspec.json.decode(bytes(raw)) if raw else {}
    except msgspec.DecodeError as failure:
        raise errors.bad_request(f"the body is not JSON: {failure}") from failure


def _patched(media: str, old: Object, change: Any) -> Object:
    """The object as a patch leaves it; 422 where the patch does not fit."""
    try:
        new = patch.json_patch(old, change) if media == _JSON_PATCH else patch.merge(old, change)
    except patch.PatchError as failure:
        if not failure.invalid:
            raise errors.bad_request(str(failure)) from None
        raise errors.StatusError(422, "Invalid", str(failure)) from None
    if not isinstance(new, dict) or not isinstance(new.get("metadata"), dict):
        raise errors.StatusError(422, "Invalid", "the patch leaves no object")
    return new


def _match(request: Request) -> Match:
    if request.query_params.get("labelSelector"):
        raise errors.bad_request("labelSelector is not supported")
    return field_matcher(request.query_params.get("fieldSelector", ""))


async def _lines(events: AsyncIterator[Object]) -> AsyncIterator[bytes]:
    async for event in events:
        yield msgspec.json.encode(event) + b"\n"


def _discovery(group: str, version: str) -> Object:
    resources: list[Object] = []
    for k in (k for k in KINDS if (k.group, k.version) == (group, version)):
        entry: Object = {"name": k.plural, "singularName": k.kind.lower(), "namespaced": k.namespaced}
        entry |= {"kind": k.kind, "verbs": _VERBS, "shortNames": list(k.short_names)}
        resources.append(entry)
        if k.status:
            resources.append(
                {**entry, "name": f"{k.plural}/status", "verbs": ["get", "update"], "shortNames": []}
            )
    if not resources:
        raise errors.no_such_path()
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}


def build_app(store: Store, gate: Gate) -> Starlette:
    """The application on a store; `gate` is asked before every verb on a resource."""
    rest = Rest(store)

    async def serve(request: Request) -> Response:
        path = request.path_params
        group, version = path.get("group", ""), path["version"]
        parts = [p for p in path.get("rest", "").split("/") if p]
        if not parts:
            return _json(_discovery(group, version))
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2 and (group, version, parts[2]) in BY_PATH:
            namespace, parts = parts[1], parts[2:]
        kind = BY_PATH.get((group, version, parts[0]))
        if kind is None or len(parts) > 3 or (namespace and not kind.namespaced):
            raise errors.no_such_path()
        name, sub = [*parts, "", ""][1:3]
        if (sub and not (sub == "status" and kind.status)) or (name and kind.namespaced and not namespace):
            raise errors.no_such_path()
        watching = not name and request.query_params.get("watch", "") in ("1", "true")
        reads = "get" if name else "watch" if watching else "list"
        verb = {"GET": reads, "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(
            request.method, ""
        )
        if not verb or (verb == "create" and name):
            raise errors.method_not_allowed()
        if (verb in ("update", "patch", "delete") and not name) or (sub and verb == "delete"):
            raise errors.method_not_allowed()
        if verb == "create" and kind.namespaced and not namespace:
            raise errors.method_not_allowed()
        await gate(request, verb, kind, namespace, name, sub)
        if "dryRun" in request.query_params and verb in ("create", "update", "patch", "delete"):
            # Refused rather than ignored: a trial must never write.
            raise errors.bad_request("dryRun is not supported; nothing was written")
        if verb == "get":
            return _json(rest.get(kind, namespace, name))
        if verb == "create":
            return _json(await rest.create(kind, namespace, await _body(request)), 201)
        if verb == "update":
            return _json(await rest.replace(kind, namespace, name, await _body(request), sub))
        if verb == "patch":
            change = await _decoded(request, (_MERGE_PATCH, _JSON_PATCH))
            # Nothing is awaited between the read and the write's own check, so no other write comes between.
            new = _patched(_media(request), rest.get(kind, namespace, name), change)
            return _json(await rest.replace(kind, namespace, name, new, sub))
        if verb == "delete":
            return _json(await rest.delete(kind, namespace, name, await _body(request)))
        match, where = _match(request), namespace or None
        if verb == "list":
            return _json(rest.list(kind, where, match))
        query = request.query_params
        try:
            start = str(int(query.get("resourceVersion") or 0))
            seconds = min(float(query.get("timeoutSeconds") or 1800), _MAX_WATCH_SECONDS)
        except ValueError as failure:
            raise errors.bad_request(f"invalid watch parameter: {failure}") from failure
        initial = query.get("sendInitialEvents") == "true"
        events = rest.watch(kind, where, match, start, initial, seconds)
        return StreamingResponse(_lines(events), media_type="application/json")

    async def groups(request: Request) -> Response:
        found = []
        for name in dict.fromkeys(k.group for k in KINDS if k.group):
            version = {"groupVersion": f"{name}/v1", "version": "v1"}
            found.append({"name": name, "versions": [version], "preferredVersion": version})
        return _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": found})

    async def core(request: Request) -> Response:
        return _json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def failed(request: Request, failure: Exception) -> Response:
        if not isinstance(failure, errors.StatusError):
            raise failure
        return _json(failure.status, failure.code)

    async def unknown(request: Request, failure: Exception) -> Response:
        return _json(errors.no_such_path().status, 404)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    routes = [Route(p, healthy) for p in ("/healthz", "/readyz", "/livez")]
    routes += [Route("/api", core), Route("/apis", groups)]
    for prefix in ("/api/{version}", "/apis/{group}/{version}"):
        routes.append(Route(prefix, serve))
        routes.append(Route(prefix + "/{rest:path}", serve, methods=methods))
    return Starlette(routes=routes, exception_handlers={errors.StatusError: failed, 404: unknown})
