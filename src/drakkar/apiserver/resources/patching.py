"""PATCH in its four kinds, among them server-side apply, on one object."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver import beside, errors
from drakkar.apiserver.custom.declared import listed
from drakkar.apiserver.kinds import kind_schema, metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.patch import apply, last_applied
from drakkar.apiserver.patch.errors import PatchError, TooManyOperationsError
from drakkar.apiserver.patch.json_patch import json_patch
from drakkar.apiserver.patch.merge_patch import merge
from drakkar.apiserver.patch.strategic import strategic
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.wire import decoding
from drakkar.apiserver.wire.body import Body
from drakkar.apiserver.wire.decoding import Declared

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
MEDIA_TYPES = (MERGE, JSON_PATCH, STRATEGIC, APPLY)
_REJECTED = "the server rejected our request due to an error in our request"


def _failed(failure: PatchError) -> errors.StatusError:
    if isinstance(failure, TooManyOperationsError):
        return errors.too_large(failure.message)
    if not failure.invalid:
        return errors.bad_request(failure.message)
    return errors.StatusError(422, "Invalid", _REJECTED, {})


def _result(media: str, old: Object, change: Any, node: SchemaNode) -> Object:
    try:
        if media == JSON_PATCH:
            new = json_patch(old, change)
        elif media == STRATEGIC:
            new = strategic(old, change, node)
        else:
            new = merge(old, change)
    except PatchError as failure:
        raise _failed(failure) from None
    if not isinstance(new, dict) or not isinstance(new.get("metadata", {}), dict):
        raise errors.StatusError(422, "Invalid", _REJECTED, {})
    return new


def scale_patched(sent: Body, scale: Object) -> Object:
    """A Scale after a patch; it is never stored, so an applied one is no more than a merge."""
    return _result(sent.media, scale, sent.value, schemas.schema("autoscaling", "v1", "Scale"))


async def patched(
    rest: Rest, kind: Kind, namespace: str, name: str, sub: str, sent: Body, options: WriteOptions
) -> Object:
    """The object after a merge, strategic merge or JSON patch."""
    if sent.value is None:
        raise errors.bad_request("invalid JSON patch")
    options.patch = sent.raw.decode(errors="replace")
    options.duplicates = sent.duplicates
    options.weight = sent.weight
    if kind.form is not None and sent.media == STRATEGIC:
        accepted = ", ".join((JSON_PATCH, MERGE, APPLY))
        said = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        raise errors.StatusError(415, "UnsupportedMediaType", said)
    node = kind_schema.node(kind)
    return await rest.change(
        kind, namespace, name, lambda old: _result(sent.media, old, sent.value, node), sub, options
    )


def _configuration(kind: Kind, wanted: Any, name: str) -> Object:
    """What was sent to be applied, if it is about this kind and name; raises StatusError 400."""
    if not isinstance(wanted, dict):
        raise errors.bad_request("the configuration is not an object")
    if not wanted.get("kind") or not wanted.get("apiVersion"):
        raise errors.bad_request(f"invalid object type: {_named(wanted)}")
    if wanted["apiVersion"] != kind.api_version or wanted["kind"] != kind.kind:
        raise errors.bad_request(
            f"the API version in the data ({wanted.get('apiVersion')}) does not match the expected API version "
            f"({kind.api_version})"
        )
    meta = wanted.get("metadata") or {}
    if isinstance(meta, dict) and meta.get("name", name) != name:
        raise errors.bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL ({name})"
        )
    return wanted


def _named(wanted: Object) -> str:
    """Group, version and kind as the original tells them."""
    group, _, version = str(wanted.get("apiVersion") or "").rpartition("/")
    return f"{group}/{version}, Kind={wanted.get('kind') or ''}"


async def applied(
    rest: Rest,
    kind: Kind,
    namespace: str,
    name: str,
    sub: str,
    sent: Body,
    force: bool,
    options: WriteOptions,
) -> tuple[Object, bool]:
    """The object after server-side apply, and whether apply made it."""
    given = _configuration(kind, sent.value, name)
    options.weight = sent.weight
    declared = await beside.call(options.weight, _declared, kind, given, namespace, name)
    twice = "" if options.validation == "Ignore" else await beside.call(options.weight, _twice, sent)
    if twice and options.validation == "Strict":
        raise errors.bad_request(f"error strict decoding patch: {twice}")
    options.warnings += [twice] if twice else []
    options.applied = True
    if rest.store.get((kind.resource, namespace, name)) is None:
        if sub:
            raise errors.not_found(kind.group, kind.plural, name)
        new = await beside.call(options.weight, _merged, kind, None, declared, force, sub, options)
        new = last_applied.brought_up_to_date(new, given, options.manager)
        new["metadata"] = {**new.get("metadata", {}), "name": name}
        try:
            return await rest.create(kind, namespace, new, options), True
        except errors.StatusError as failure:
            # Somebody was faster while this was prepared; it is an update now.
            if failure.status.get("reason") != "AlreadyExists":
                raise

    def laid_over(old: Object) -> Object:
        laid = _merged(kind, old, declared, force, sub, options)
        return last_applied.brought_up_to_date(laid, given, options.manager)

    return await rest.change(kind, namespace, name, laid_over, sub, options), False


def _twice(sent: Body) -> str:
    return sent.twice_in_yaml


def _merged(
    kind: Kind, live: Object | None, declared: Declared, force: bool, sub: str, options: WriteOptions
) -> Object:
    node = kind_schema.node(kind)
    wanted = {"apiVersion": kind.api_version, "kind": kind.kind, **declared.object}
    try:
        result = apply.apply(
            live, wanted, options.manager, force, node, sub, metadata.now(), kind_schema.held(kind, sub)
        )
    except PatchError as failure:
        if not failure.invalid:
            raise errors.bad_request(failure.message) from None
        raise errors.StatusError(422, "Invalid", failure.message) from None
    if isinstance(result, apply.ApplyConflict):
        raise errors.StatusError(409, "Conflict", result.message, {"causes": result.causes})
    return _less_the_empty(kind, result.object) if declared.empty else result.object


def _less_the_empty(kind: Kind, obj: Object) -> Object:
    """The object as it is stored, without what its owners wrote and Go does not; who they are is known already."""
    owners = {"managedFields": obj["metadata"]["managedFields"]} if "managedFields" in obj["metadata"] else {}
    found, _ = kind_schema.fit(kind, {**obj, "metadata": {**obj["metadata"], "managedFields": []}})
    return {**found, "metadata": {**found["metadata"], **owners}}


def _declared(kind: Kind, wanted: Object, namespace: str, name: str) -> Declared:
    if kind.form is not None:
        metadata_given = wanted.get("metadata")
        namespace = metadata_given.get("namespace") or "" if isinstance(metadata_given, dict) else ""
    where = f"({namespace}/{name}; {kind.api_version}, Kind={kind.kind})"
    try:
        found = kind_schema.declared(kind, wanted)
    except decoding.WrongTypeError as failure:
        raise errors.StatusError(500, "", f"failed to create typed patch object {where}: {failure}") from None
    if found.unknown:
        told = listed(found.unknown)
        raise errors.StatusError(500, "", f"failed to create typed patch object {where}: {told}")
    return found


__all__ = ["APPLY", "MEDIA_TYPES", "applied", "patched", "scale_patched"]
