"""Carries out a request on a resource: reads its parameters and body, calls the verb, shapes the answer."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import reviews
from drakkar.apiserver.access.request_info import pinned
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.http import answers, negotiation
from drakkar.apiserver.http.audit_bodies import SentObject, note_body, note_deletion
from drakkar.apiserver.http.audited import exchange_of
from drakkar.apiserver.http.below import Below, fitted_beside
from drakkar.apiserver.http.body_reading import read
from drakkar.apiserver.http.list_parameters import check_numbers, list_options, watch_options
from drakkar.apiserver.http.outgoing import Outgoing
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.http.sent_object import sent_object
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchResponse, WatchStreams
from drakkar.apiserver.http.write_parameters import delete_options, flag, write_options
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import patching, subresources
from drakkar.apiserver.resources.component_statuses import component_status, component_statuses
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.list_weight import list_weight
from drakkar.apiserver.resources.put import put
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write_options import WriteOptions
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
        self._below = Below(rest, issuer, kubelets)
        self._outgoing = outgoing
        self._streams = WatchStreams(rest.store)

    async def serve(self, request: Request, target: Target) -> Response:
        """The response to a request that may pass; raises StatusError."""
        exchange = exchange_of(request.scope)
        if exchange is not None and target.kind.deprecation:
            exchange.note_last("k8s.io/deprecated", "true")
            if target.kind.removed_in:
                exchange.note_last("k8s.io/removed-release", target.kind.removed_in)
        try:
            return await self._answer(request, target)
        except errors.StatusError as failure:
            # Whoever asks for what goes is told so, whatever comes of it, where the form that he asks in is known.
            if failure.code != 406 and (failure.code, target.verb) != (415, "patch"):
                failure.warnings = [*_aged(target.kind), *failure.warnings]
            raise

    async def _answer(self, request: Request, target: Target) -> Response:
        if not target.kind.is_own(target.subresource):
            return await self._below.serve(request, target)
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
            raise errors.not_supported(target.verb, kind.group, kind.plural)
        check_numbers(request)
        match = await _match(request, kind)
        some = [one for one in await component_statuses(store) if match(one)]
        listed = {"kind": kind.list_name, "apiVersion": kind.api_version, "metadata": {}, "items": some}
        return answers.raw(answers.encoded_list(kind, listed, *wanted), 200, _aged(kind))

    async def _list(self, request: Request, target: Target, wanted: _Wanted) -> Response:
        kind, namespace, (form, include) = target.kind, target.namespace, wanted
        match, asking = await _match(request, kind), request.state.requester.user.name
        # Where a webhook is asked, others write meanwhile: the list is that of this moment.
        where = (kind.group, kind.version, kind.plural, namespace, self._rest.store.revision)
        key = (*where, form, include, request.scope.get("query_string"))
        listed = await self._rest.listing(kind, namespace or None, list_options(request), match)

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
        options = watch_options(request)
        if target.name:
            match = _named(request, target.name, match)
        watch = self._rest.watch(kind, target.namespace or None, match, options)
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
            async with SentObject(request, self._rest, kind, obj, options):
                done, code = await self._rest.create(kind, namespace, obj, options), 201
        elif target.verb == "update":
            obj = await sent_object(request, kind, options)
            async with SentObject(request, self._rest, kind, obj, options):
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
            note_body(request, sent.value)
            return await patching.patched(*where, options), 200
        if not request.query_params.get("fieldManager"):
            cause = FieldError.required("fieldManager", "is required for apply patch")
            raise errors.bad_option("PatchOptions", cause)
        note_body(request, sent.value)
        done, created = await patching.applied(*where, flag(request, "force"), options)
        return done, 201 if created else 200

    async def _delete(self, request: Request, target: Target, form: negotiation.Form) -> Response:
        sent = await read(request, body.OBJECTS)
        options = write_options(request, "delete")
        if target.kind.deprecation:
            options.warnings.append(target.kind.deprecation)
        wanted = delete_options(request, sent.value)
        note_deletion(request, sent.value)
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
        async with SentObject(request, self._rest, target.kind, obj, options):
            return await self._reviewed(request, target, obj, options)

    async def _reviewed(
        self, request: Request, target: Target, obj: Object, options: WriteOptions
    ) -> Response:
        """The answer to an object that is not stored."""
        obj = await fitted_beside(target.kind, obj, options)
        if target.kind.plural == "bindings":
            name = (obj.get("metadata") or {}).get("name", "")
            if not name:
                raise errors.bad_request("Name parameter required.")
            done = await subresources.bind(self._rest, target.namespace, name, obj, options)
            return answers.json(done, 201, options.warnings)
        user = request.state.requester.user
        rules = reviews.rules_told(target.kind, obj, user, self._judge)

        def answered() -> bytes:
            return answers.encoded(reviews.answer(target.kind, target.namespace, obj, user, self._judge))

        text = await beside.call(rules * _RULE + options.weight, answered)
        return answers.raw(text, 201, options.warnings)


async def _match(request: Request, kind: Kind) -> Match:
    query = request.query_params
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    return await beside.call(len(labels) * _SELECTED, matcher, kind, labels, fields)


def _named(request: Request, name: str, match: Match) -> Match:
    """The test for the one object that a path names; StatusError 400 for a selector that does not name the same."""
    fields = request.query_params.get("fieldSelector", "")
    if fields and ("metadata.name", name) not in pinned(fields):
        raise errors.bad_request("fieldSelector metadata.name doesn't match requested name")
    return lambda obj: obj["metadata"]["name"] == name and match(obj)
