"""Carries out a request on a resource: reads its parameters and body, calls the verb, shapes the answer."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import restrictions, reviews, token_request
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.http import answers, negotiation
from drakkar.apiserver.http.body_reading import read
from drakkar.apiserver.http.list_parameters import check_numbers, list_options, watch_options
from drakkar.apiserver.http.outgoing import Outgoing
from drakkar.apiserver.http.proxying import passed
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.http.sent_object import of_kind, plain_object, sent_object
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchResponse, WatchStreams
from drakkar.apiserver.http.write_parameters import delete_options, flag, write_options
from drakkar.apiserver.kinds.kind import PROXY, Kind
from drakkar.apiserver.policies.request import CONNECT, CREATE
from drakkar.apiserver.resources import eviction, patching, proxy, scale, subresources
from drakkar.apiserver.resources.component_statuses import component_status, component_statuses
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.list_weight import list_weight
from drakkar.apiserver.resources.put import put
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.apiserver.storage.selection import Match, effort, matcher
from drakkar.apiserver.wire import body
from drakkar.validation.field_error import FieldError

# What a rule in an answer about rights weighs.
_RULE = 16
# What a letter of a selector weighs.
_SELECTED = 4


class _Wanted(NamedTuple):
    """The form in which a client wants its answer, and how much of each object a table includes."""

    form: negotiation.Form
    include: str


def _aged(kind: Kind) -> list[str]:
    """What to warn of for a version that is to go."""
    return [kind.deprecation] if kind.deprecation else []


class Verbs:
    """All verbs on all kinds."""

    def __init__(
        self,
        rest: Rest,
        judge: reviews.Tokens,
        issuer: TokenIssuer | None,
        kubelets: Kubelets | None,
        outgoing: Outgoing,
    ) -> None:
        self._rest = rest
        self._judge = judge
        self._issuer = issuer
        self._kubelets = kubelets
        self._outgoing = outgoing
        self._streams = WatchStreams(rest.store)

    async def serve(self, request: Request, target: Target) -> Response:
        """The response to a request that may pass; raises StatusError."""
        try:
            return await self._answer(request, target)
        except errors.StatusError as failure:
            # Whoever asks for what goes is told so, whatever comes of it, where the form that he asks in is known.
            if failure.code != 406 and (failure.code, target.verb) != (415, "patch"):
                failure.warnings = [*_aged(target.kind), *failure.warnings]
            raise

    async def _answer(self, request: Request, target: Target) -> Response:
        if not target.kind.is_own(target.subresource):
            return await self._below(request, target)
        if not target.kind.stored and not target.kind.computed:
            return await self._ephemeral(request, target)
        form = negotiation.form(request.headers.get("accept"), {"get": False, "list": True}.get(target.verb))
        wanted = _Wanted(form, request.query_params.get("includeObject", ""))
        if target.kind.computed:
            return await self._computed(request, target, wanted)
        match target.verb:
            case "get":
                return await self._get(target, wanted)
            case "list":
                return await self._list(request, target, wanted)
            case "watch":
                return await self._watch(request, target, wanted)
            case "delete" | "deletecollection":
                return await self._delete(request, target, form)
        return await self._write(request, target, wanted)

    async def _get(self, target: Target, wanted: _Wanted) -> Response:
        kind, (form, include) = target.kind, wanted
        found = await self._rest.get(kind, target.namespace, target.name)
        if form != "table":
            return answers.json(answers.shaped(kind, found, form, include), 200, _aged(kind))
        weight = self._rest.store.weight((kind.resource, target.namespace, target.name))
        weight += kind.strategy.columns.weight
        text = await beside.call(weight, lambda: answers.encoded(answers.shaped(kind, found, form, include)))
        return answers.raw(text, 200, _aged(kind))

    async def _computed(self, request: Request, target: Target, wanted: _Wanted) -> Response:
        kind, store = target.kind, self._rest.store
        if target.verb == "get":
            found = await component_status(store, target.name)
            return answers.json(answers.shaped(kind, found, *wanted), 200, _aged(kind))
        if target.verb == "watch":
            raise errors.no_watch(kind.plural)
        check_numbers(request)
        match = await _match(request, kind)
        some = [one for one in await component_statuses(store) if match(one)]
        listed = {"kind": kind.list_name, "apiVersion": kind.api_version, "metadata": {}, "items": some}
        return answers.raw(answers.encoded_list(kind, listed, *wanted), 200, _aged(kind))

    async def _list(self, request: Request, target: Target, wanted: _Wanted) -> Response:
        kind, namespace, (form, include) = target.kind, target.namespace, wanted
        listed = await self._rest.listing(kind, namespace or None, list_options(request))
        where = (kind.group, kind.version, kind.plural, namespace, self._rest.store.revision)
        key = (*where, form, include, request.scope.get("query_string"))
        match, asking = await _match(request, kind), request.state.requester.user.name

        def encoded() -> bytes:
            # Tables tell ages, so that each is one of its own.
            text = self._outgoing.find(key) if form != "table" else None
            if text is None:
                # Whoever asked before may have been refused, or leave theirs unread.
                self._outgoing.check(asking)
                text = answers.encoded_list(kind, listed(match), form, include)
                if form != "table":
                    self._outgoing.made(key, text)
            return text

        weight = self._list_weight(request, kind)
        if form == "table":
            weight += self._rest.store.counts().get(kind.resource, 0) * kind.strategy.columns.weight
        text = await beside.call(weight, encoded)
        self._outgoing.put_away(text)
        return answers.raw(text, 200, _aged(kind))

    async def _watch(self, request: Request, target: Target, wanted: _Wanted) -> Response:
        kind, (form, include) = target.kind, wanted
        match = await _match(request, kind)
        watch = self._rest.watch(kind, target.namespace or None, match, watch_options(request))
        lines = Lines(kind, watch.kind, form, include, self._streams.shared, self._rest.converting)
        return WatchResponse(self._streams, watch, lines, _aged(kind))

    async def _write(self, request: Request, target: Target, wanted: _Wanted) -> Response:
        """Create, update or patch."""
        kind, namespace, name = target.kind, target.namespace, target.name
        options = write_options(request, target.verb)
        options.warnings += _aged(kind)
        code = 200
        if target.verb == "create":
            obj = await sent_object(request, kind, options)
            done, code = await self._rest.create(kind, namespace, obj, options), 201
        elif target.verb == "update":
            obj = await sent_object(request, kind, options)
            done, made = await put(self._rest, kind, namespace, name, obj, target.subresource, options)
            code = 201 if made else 200
        else:
            done, code = await self._patch(request, target, options)
        return answers.json(answers.shaped(kind, done, *wanted), code, options.warnings)

    async def _patch(self, request: Request, target: Target, options: WriteOptions) -> tuple[Object, int]:
        sent = await read(request, patching.MEDIA_TYPES)
        where = (self._rest, target.kind, target.namespace, target.name, target.subresource, sent)
        force = "force" in request.query_params
        if sent.media != patching.APPLY:
            if force:
                cause = FieldError.forbidden("force", "may not be specified for non-apply patch")
                raise errors.bad_option("PatchOptions", cause)
            return await patching.patched(*where, options), 200
        if not request.query_params.get("fieldManager"):
            cause = FieldError.required("fieldManager", "is required for apply patch")
            raise errors.bad_option("PatchOptions", cause)
        done, created = await patching.applied(*where, flag(request, "force"), options)
        return done, 201 if created else 200

    async def _delete(self, request: Request, target: Target, form: negotiation.Form) -> Response:
        sent = await read(request, body.OBJECTS)
        options = write_options(request, "delete")
        if target.kind.deprecation:
            options.warnings.append(target.kind.deprecation)
        wanted = delete_options(request, sent.value)
        options.dry_run = options.dry_run or bool(wanted.get("dryRun"))
        try:
            return await self._deleted(request, target, form, wanted, options)
        except errors.StatusError as failure:
            failure.warnings = [*options.warnings, *failure.warnings]
            raise

    async def _deleted(
        self, request: Request, target: Target, form: negotiation.Form, wanted: Object, options: WriteOptions
    ) -> Response:
        kind, namespace = target.kind, target.namespace
        if target.name:
            done = await self._rest.delete(kind, namespace, target.name, wanted, options)
            return answers.json(answers.shaped(kind, done, form), 200, options.warnings)
        match, weight = await _match(request, kind), self._list_weight(request, kind)
        gone = await self._rest.delete_collection(kind, namespace or None, match, wanted, options, weight)

        def encoded() -> bytes:
            return answers.encoded_list(kind, gone, form)

        return answers.raw(await beside.call(weight, encoded), 200, options.warnings)

    def _list_weight(self, request: Request, kind: Kind) -> int:
        query = request.query_params
        asked = effort(query.get("labelSelector", ""), query.get("fieldSelector", ""))
        return list_weight(self._rest.store, kind, asked)

    async def _ephemeral(self, request: Request, target: Target) -> Response:
        options = write_options(request, "create")
        if negotiation.form(request.headers.get("accept")) == "table":
            # There is nothing that could stand in one.
            raise errors.not_acceptable()
        obj = await sent_object(request, target.kind, options)
        if target.kind.plural == "bindings":
            obj = await _fitted(target.kind, obj, options)
            name = (obj.get("metadata") or {}).get("name", "")
            if not name:
                raise errors.bad_request("Name parameter required.")
            done = await subresources.bind(self._rest, target.namespace, name, obj, options)
            return answers.json(done, 201, options.warnings)
        obj = await _fitted(target.kind, obj, options)
        user = request.state.requester.user
        rules = reviews.rules_told(target.kind, obj, user, self._judge)

        def answered() -> bytes:
            return answers.encoded(reviews.answer(target.kind, target.namespace, obj, user, self._judge))

        text = await beside.call(rules * _RULE + options.weight, answered)
        return answers.raw(text, 201, options.warnings)

    async def _below(self, request: Request, target: Target) -> Response:
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
            return await proxy.stream(self._rest.store, self._reached(), request, namespace, name, sub)
        options = write_options(request, target.verb)
        if sub == "scale":
            return await self._scale(request, target, options)
        obj = await plain_object(request, options)
        if sub == "binding":
            obj = await _fitted(subresources.BINDING, of_kind(subresources.BINDING, obj), options)
            done = await subresources.bind(self._rest, namespace, name, obj, options)
        elif sub == "eviction":
            obj = await _fitted(eviction.KIND, of_kind(eviction.KIND, obj), options)
            done = await eviction.evict(self._rest, namespace, name, obj, options)
        elif self._issuer is None:
            raise errors.internal("this server issues no tokens")
        else:
            obj = await _fitted(token_request.KIND, obj, options)
            restrictions.check(self._rest.store, options.requester, target.kind, "create", obj, None)
            sent = {**obj, "metadata": {**(obj.get("metadata") or {}), "name": name, "namespace": namespace}}
            sent |= {"kind": token_request.KIND.kind, "apiVersion": token_request.KIND.api_version}
            made = await self._rest.admit_below(Write(CREATE, target.kind, sub, namespace, options), sent)
            obj = obj if made is sent else await _fitted(token_request.KIND, made, options)
            done = token_request.issue(self._rest.store, self._issuer, namespace, name, obj)
        return answers.json(done, 201, options.warnings)

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
            changed = await self._rest.change(
                kind, namespace, name, lambda old: scale.scaled(kind, old, sent_scale), "scale", options
            )
        else:
            sent = await read(request, patching.MEDIA_TYPES)
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


async def _fitted(kind: Kind, obj: Object, options: WriteOptions) -> Object:
    return await beside.call(options.weight, fitted, kind, obj, options)


async def _match(request: Request, kind: Kind) -> Match:
    query = request.query_params
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    return await beside.call(len(labels) * _SELECTED, matcher, kind, labels, fields)
