"""Carries out a request on what is below an object and no part of it: scales, bindings, evictions, tokens, and what passes
through to kubelets."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import restrictions, token_request
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.http import answers
from drakkar.apiserver.http.audit_bodies import SentObject, note_body
from drakkar.apiserver.http.audited import exchange_of
from drakkar.apiserver.http.body_reading import read
from drakkar.apiserver.http.proxying import passed
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.http.sent_object import of_kind, plain_object
from drakkar.apiserver.http.write_parameters import write_options
from drakkar.apiserver.kinds.kind import PROXY, Kind
from drakkar.apiserver.policies.request import CONNECT, CREATE
from drakkar.apiserver.resources import eviction, patching, proxy, scale, subresources
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions, annotations_of, fitted


class Below:
    """All of them, on all kinds."""

    def __init__(self, rest: Rest, issuer: TokenIssuer | None, kubelets: Kubelets | None) -> None:
        """Without an `issuer` there are no tokens to be had, without `kubelets` no logs and no exec."""
        self._rest = rest
        self._issuer = issuer
        self._kubelets = kubelets

    async def serve(self, request: Request, target: Target) -> Response:
        """The response to a request that may pass; raises StatusError."""
        namespace, name, sub = target.namespace, target.name, target.subresource
        if sub == "log":
            return await proxy.log(self._rest.store, self._reached(), request, namespace, name)
        if sub == PROXY:
            store = self._rest.store
            return await passed(store, self._reached, request, target, self._admit_connection)
        if sub in proxy.STREAMING:
            wanted = proxy.connect_options(request.query_params, target.subresource)
            await self._admit_connection(request, target, wanted)
            restrictions.check_connection(request.state.requester)
            response = await proxy.stream(self._rest.store, self._reached(), request, namespace, name, sub)
            exchange = exchange_of(request.scope)
            if exchange is not None:
                exchange.upgrade()
            return response
        options = write_options(request, target.verb)
        if sub == "scale":
            return await self._scale(request, target, options)
        obj = await plain_object(request, options)
        kind = {"binding": subresources.BINDING, "eviction": eviction.KIND}.get(sub, token_request.KIND)
        if kind is not token_request.KIND:
            obj = of_kind(kind, obj)
        async with SentObject(request, self._rest, kind, obj, options):
            done = await self._made_below(target, await fitted_beside(kind, obj, options), options)
        return answers.json(done, 201, options.warnings)

    async def _made_below(self, target: Target, obj: Object, options: WriteOptions) -> Object:
        """What becomes of a binding, an eviction, or what is asked of a token."""
        namespace, name, sub = target.namespace, target.name, target.subresource
        if sub == "binding":
            return await subresources.bind(self._rest, namespace, name, obj, options)
        if sub == "eviction":
            return await eviction.evict(self._rest, namespace, name, obj, options)
        if self._issuer is None:
            raise errors.internal("this server issues no tokens")
        restrictions.check(self._rest.store, options.requester, target.kind, "create", obj, None)
        sent = {**obj, "metadata": {**(obj.get("metadata") or {}), "name": name, "namespace": namespace}}
        sent |= {"kind": token_request.KIND.kind, "apiVersion": token_request.KIND.api_version}
        made = await self._rest.admit_below(Write(CREATE, target.kind, sub, namespace, options), sent)
        obj = obj if made is sent else await fitted_beside(token_request.KIND, made, options)
        return token_request.issue(
            self._rest.store, self._issuer, namespace, name, obj, annotations_of(options)
        )

    def _reached(self) -> Kubelets:
        if self._kubelets is None:
            raise errors.internal("this server has no access to kubelets")
        return self._kubelets

    async def _admit_connection(self, request: Request, target: Target, wanted: Object) -> None:
        """Have the admission policies look at what a connection is to be for."""
        options = WriteOptions(requester=request.state.requester)
        write = Write(CONNECT, target.kind, target.subresource, target.namespace, options, target.name)
        await self._rest.admit_below(write, wanted)

    async def _scale(self, request: Request, target: Target, options: WriteOptions) -> Response:
        kind, namespace, name = target.kind, target.namespace, target.name
        if target.verb == "get":
            return answers.json(scale.scale_of(kind, await self._rest.get(kind, namespace, name)))
        if target.verb == "update":
            sent_scale: Any = await plain_object(request, options)
            async with SentObject(request, self._rest, scale.KIND, sent_scale, options):
                changed = await self._rest.change(
                    kind, namespace, name, lambda old: scale.scaled(kind, old, sent_scale), "scale", options
                )
        else:
            sent = await read(request, patching.MEDIA_TYPES)
            note_body(request, sent.value)
            options.weight = sent.weight
            changed = await self._rest.change(
                kind,
                namespace,
                name,
                lambda old: scale.scaled(
                    kind, old, patching.scale_patched(sent, scale.scale_before(kind, old))
                ),
                "scale",
                options,
            )
        return answers.json(scale.scale_of(kind, changed), 200, options.warnings)


async def fitted_beside(kind: Kind, obj: Object, options: WriteOptions) -> Object:
    """The object as its schema has it, beside the loop where it is large; StatusError."""
    return await beside.call(options.weight, fitted, kind, obj, options)
