"""Carries out a request on a resource: reads its parameters and body, calls the verb, shapes the answer."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from drakkar.api.go_numbers import GoNumberError, integer, natural
from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import restrictions, reviews, token_request
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.http import answers, negotiation
from drakkar.apiserver.http.body_reading import read
from drakkar.apiserver.http.outgoing import Outgoing
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchResponse, WatchStreams
from drakkar.apiserver.http.write_parameters import delete_options, flag, write_options
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import CONNECT, CREATE
from drakkar.apiserver.resources import eviction, patching, proxy, scale, subresources
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.list_weight import list_weight
from drakkar.apiserver.resources.put import put
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.apiserver.storage.paging import ListOptions
from drakkar.apiserver.storage.selection import Match, effort, matcher
from drakkar.apiserver.storage.watching import WatchOptions
from drakkar.apiserver.wire import body
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

_MAX_WATCH_SECONDS = 3600
# What a rule in an answer about rights weighs.
_RULE = 16
# What a letter of a selector weighs.
_SELECTED = 4
# Letters of a body that are told back.
_SHOWN = 4_000
_DEFAULT_WATCH_SECONDS = 1800


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
        if not target.kind.is_own(target.subresource):
            return await self._below(request, target)
        if not target.kind.stored:
            return await self._ephemeral(request, target)
        form = negotiation.form(request.headers.get("accept"), {"get": False, "list": True}.get(target.verb))
        include = request.query_params.get("includeObject", "")
        kind, namespace, name = target.kind, target.namespace, target.name
        aged = [kind.deprecation] if kind.deprecation else []
        match target.verb:
            case "get":
                found = self._rest.get(kind, namespace, name)
                if form != "table":
                    return answers.json(answers.shaped(kind, found, form, include), 200, aged)
                weight = self._rest.store.weight((kind.resource, namespace, name))
                weight += kind.strategy.columns.weight
                text = await beside.call(
                    weight, lambda: answers.encoded(answers.shaped(kind, found, form, include))
                )
                return answers.raw(text, 200, aged)
            case "list":
                listed = self._rest.listing(kind, _list_options(request))
                where = (kind.group, kind.version, kind.plural, namespace, self._rest.store.revision)
                key = (*where, form, include, request.scope.get("query_string"))
                match, asking = await _match(request, kind), request.state.requester.user.name

                def encoded() -> bytes:
                    # Tables tell ages, so that each is one of its own.
                    text = self._outgoing.find(key) if form != "table" else None
                    if text is None:
                        # Whoever asked before may have been refused, or leave theirs unread.
                        self._outgoing.check(asking)
                        found = answers.shaped(kind, listed(namespace or None, match), form, include)
                        text = answers.encoded(found)
                        if form != "table":
                            self._outgoing.made(key, text)
                    return text

                weight = self._list_weight(request, kind)
                if form == "table":
                    weight += self._rest.store.counts().get(kind.resource, 0) * kind.strategy.columns.weight
                text = await beside.call(weight, encoded)
                self._outgoing.put_away(text)
                return answers.raw(text, 200, aged)
            case "watch":
                watch = self._rest.watch(
                    kind, namespace or None, await _match(request, kind), _watch_options(request)
                )
                lines = Lines(kind, watch.kind, form, include, self._streams.shared)
                return WatchResponse(self._streams, watch, lines, aged)
            case "delete" | "deletecollection":
                return await self._delete(request, target, form)
        options = write_options(request, target.verb)
        options.warnings += aged
        code = 200
        if target.verb == "create":
            obj = await _object(request, kind, options)
            done, code = await self._rest.create(kind, namespace, obj, options), 201
        elif target.verb == "update":
            obj = await _object(request, kind, options)
            done, made = await put(self._rest, kind, namespace, name, obj, target.subresource, options)
            code = 201 if made else 200
        else:
            done, code = await self._patch(request, target, options)
        return answers.json(answers.shaped(kind, done, form, include), code, options.warnings)

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
        kind, namespace = target.kind, target.namespace
        if target.name:
            done = await self._rest.delete(kind, namespace, target.name, wanted, options)
            return answers.json(answers.shaped(kind, done, form), 200, options.warnings)
        match, weight = await _match(request, kind), self._list_weight(request, kind)
        gone = await self._rest.delete_collection(kind, namespace or None, match, wanted, options, weight)

        def encoded() -> bytes:
            return answers.encoded(answers.shaped(kind, gone, form))

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
        obj = await _object(request, target.kind, options)
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
        if sub in proxy.STREAMING:
            await self._admit_connection(request, target)
            restrictions.check_connection(request.state.requester)
            return await proxy.stream(self._rest.store, self._reached(), request, namespace, name, sub)
        options = write_options(request, target.verb)
        if sub == "scale":
            return await self._scale(request, target, options)
        obj = await _plain_object(request, options)
        if sub == "binding":
            obj = await _fitted(subresources.BINDING, _of_kind(subresources.BINDING, obj), options)
            done = await subresources.bind(self._rest, namespace, name, obj, options)
        elif sub == "eviction":
            obj = await _fitted(eviction.KIND, _of_kind(eviction.KIND, obj), options)
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

    async def _admit_connection(self, request: Request, target: Target) -> None:
        """Have the admission policies look at what a connection is to be for."""
        options = WriteOptions(requester=request.state.requester)
        wanted = proxy.connect_options(request.query_params, target.subresource)
        write = Write(CONNECT, target.kind, target.subresource, target.namespace, options, target.name)
        await self._rest.admit_below(write, wanted)

    async def _scale(self, request: Request, target: Target, options: WriteOptions) -> Response:
        kind, namespace, name = target.kind, target.namespace, target.name
        if target.verb == "get":
            return answers.json(scale.scale_of(kind, self._rest.get(kind, namespace, name)))
        if target.verb == "update":
            sent_scale: Any = await _plain_object(request, options)
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


async def _plain_object(request: Request, options: WriteOptions) -> Object:
    sent = await read(request, body.OBJECTS)
    options.weight = sent.weight
    if sent.value is None:
        return {}
    if not isinstance(sent.value, dict):
        raise errors.bad_request("the body is not an object")
    return sent.value


async def _fitted(kind: Kind, obj: Object, options: WriteOptions) -> Object:
    return await beside.call(options.weight, fitted, kind, obj, options)


async def _object(request: Request, kind: Kind, options: WriteOptions) -> Object:
    sent = await read(request, body.OBJECTS)
    if not isinstance(sent.value, dict):
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get version/kind; "
            "json parse error: the body is not an object"
        )
    obj: Object = sent.value
    options.duplicates = sent.duplicates
    options.weight = sent.weight
    if kind.form is not None:
        _say_what(kind, obj, sent.raw)
    return _of_kind(kind, obj)


def _of_kind(kind: Kind, obj: Object) -> Object:
    """The object, which is of this kind or does not say; StatusError 400."""
    given = obj.get("apiVersion") or kind.api_version
    if given != kind.api_version:
        raise errors.bad_request(
            f"the API version in the data ({given}) does not match the expected API version ({kind.api_version})"
        )
    if (obj.get("kind") or kind.kind) != kind.kind:
        raise errors.bad_request(
            f'{obj["kind"]} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"converting ({given}.{obj['kind']}) to ({kind.api_version}.{kind.kind}): unknown conversion"
        )
    return obj


def _say_what(kind: Kind, obj: Object, raw: bytes) -> None:
    """Raises StatusError where an object of a custom kind does not say that it is one: nothing else does."""
    if not obj.get("kind"):
        text = raw.decode(errors="replace")
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): Object 'Kind' is missing in "
            f"'{text[:_SHOWN]}' ({text[:30]} ...)"
        )
    if not obj.get("apiVersion"):
        raise errors.bad_request(
            f"the API version in the data () does not match the expected API version ({kind.api_version})"
        )
    if obj["kind"] != kind.kind and obj["apiVersion"] == kind.api_version:
        metadata = obj.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        cause = FieldError.invalid("kind", quoted(obj["kind"]), f"must be {kind.kind}")
        raise errors.invalid(kind.group, kind.kind, str(name or ""), [cause])


async def _match(request: Request, kind: Kind) -> Match:
    query = request.query_params
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    return await beside.call(len(labels) * _SELECTED, matcher, kind, labels, fields)


def _whole(request: Request, field: str) -> int:
    """A parameter that is a number; 0 where it is absent. StatusError 400."""
    given = request.query_params.getlist(field)
    try:
        return integer(given[0]) if given else 0
    except GoNumberError as failure:
        raise errors.bad_request(str(failure)) from None


def _version(request: Request) -> int | None:
    """The revision that is asked for, None where none is; GoNumberError, with the field."""
    text = request.query_params.get("resourceVersion", "")
    if not text:
        return None
    try:
        return natural(text)
    except GoNumberError as failure:
        raise GoNumberError(f"resourceVersion: Invalid value: {quoted(text[:_SHOWN])}: {failure}") from None


def _list_options(request: Request) -> ListOptions:
    query = request.query_params
    _whole(request, "timeoutSeconds")
    limit = _whole(request, "limit")
    if "sendInitialEvents" in query:
        cause = FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")
        raise errors.bad_option("ListOptions", cause)
    try:
        version = _version(request)
    except GoNumberError as failure:
        raise errors.bad_request(f"invalid resource version: {failure}") from None
    token, version_match = query.get("continue", ""), query.get("resourceVersionMatch", "")
    # Less than nothing is no limit.
    return ListOptions(max(limit, 0), token, version, version_match)


def _watch_options(request: Request) -> WatchOptions:
    query = request.query_params
    version_match = query.get("resourceVersionMatch", "")
    initial = flag(request, "sendInitialEvents")
    if "sendInitialEvents" in query:
        if version_match != "NotOlderThan":
            said = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            cause = FieldError.forbidden("resourceVersionMatch", said)
            raise errors.bad_option("ListOptions", cause)
        if initial and not flag(request, "allowWatchBookmarks"):
            said = "sendInitialEvents requires allowWatchBookmarks"
            raise errors.bad_option("ListOptions", FieldError.forbidden("sendInitialEvents", said))
    elif version_match:
        said = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", said))
    # Where a watch begins with what is there, it is about a match that was not asked for.
    if query.get("continue") and (version_match or query.get("resourceVersion", "") in ("", "0")):
        said = "resourceVersionMatch is forbidden when continue is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", said))
    limit = _whole(request, "timeoutSeconds")
    _whole(request, "limit")
    if limit <= 0:
        limit = _DEFAULT_WATCH_SECONDS
    try:
        start = _version(request)
    except GoNumberError as failure:
        raise errors.StatusError(500, "", str(failure)) from None
    return WatchOptions(
        start=start or 0,
        initial=initial,
        bookmarks=flag(request, "allowWatchBookmarks"),
        seconds=min(limit, _MAX_WATCH_SECONDS),
    )
