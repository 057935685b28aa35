"""ConversionReview: a webhook turns custom objects from one version into another."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.custom_strategy import go_type
from drakkar.apiserver.storage.errors import LARGEST
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks import caller
from drakkar.apiserver.webhooks.client_config import ClientConfig, client_config
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.apiserver.webhooks.waiting import Waiting
from drakkar.apiserver.wire import answer
from drakkar.validation.field_error import Findings
from drakkar.validation.object_meta import object_annotations, object_labels

_GROUP: Final = "apiextensions.k8s.io"
_VERSIONS: Final = ("v1beta1", "v1")
_SECONDS: Final = 30
# For all that is asked for one list.
LONGEST: Final = 60.0
# What is sent in one review; a single object may be larger.
_MOST_SENT: Final = 2 * 1024 * 1024
_MOST_OBJECTS: Final = 500
# What comes back for it: all of it may grow so many times, or one object to the largest that can be stored.
_GROWTH: Final = 4
_SAME: Final = (("name", "name"), ("namespace", "namespace"), ("uid", "UID"))
_THEIRS: Final = (("labels", "labels", object_labels), ("annotations", "annotation", object_annotations))


@dataclass(frozen=True, slots=True)
class ConversionWebhook:
    """How the objects of a definition are converted: whom to ask, in which versions of the review, and who waits for that."""

    client: ClientConfig
    versions: tuple[str, ...]
    resource: str
    waiting: Waiting

    @classmethod
    def of(cls, given: Object, resource: str, waiting: Waiting) -> ConversionWebhook:
        """By spec.conversion.webhook of the definition of a resource."""
        versions = tuple(map(str, given.get("conversionReviewVersions") or ()))
        return cls(client_config(given.get("clientConfig") or {}), versions, resource, waiting)


async def converted(
    store: Store,
    webhook: ConversionWebhook,
    objects: Sequence[Object],
    wanted: str,
    until: float | None = None,
) -> list[Object]:
    """The objects, none of which is shared with what is given, in the apiVersion `wanted`, in their order; CallError, or
    StatusError, 504 where that takes too long, or longer than `until` (monotonic), 429 where too many wait for the webhook.

    Metadata is as it was but for labels and annotations. What is in that version already is not sent.
    """
    until = until or time.monotonic() + LONGEST
    foreign = [at for at, obj in enumerate(objects) if obj.get("apiVersion") != wanted]
    found = list(objects)
    for part in _parts(objects, foreign):
        sent = [objects[at] for at in part]
        seconds = min(_SECONDS, until - time.monotonic())
        if seconds <= 0:
            raise errors.timeout("request did not complete within requested timeout")
        for at, made in zip(part, await _asked(store, webhook, sent, wanted, seconds), strict=True):
            found[at] = made
    return found


def _parts(objects: Sequence[Object], foreign: Sequence[int]) -> Iterator[list[int]]:
    """Places of objects that are sent together."""
    part: list[int] = []
    length = 0
    for at in foreign:
        size = len(msgspec.json.encode(objects[at]))
        if part and (length + size > _MOST_SENT or len(part) >= _MOST_OBJECTS):
            yield part
            part, length = [], 0
        part.append(at)
        length += size
    if part:
        yield part


async def _asked(
    store: Store, webhook: ConversionWebhook, sent: Sequence[Object], wanted: str, seconds: float
) -> list[Object]:
    what = f"conversion webhook for {_typed(sent[0])}"
    version = next((one for one in webhook.versions if one in _VERSIONS), None)
    if version is None:
        raise CallError("no supported conversion review versions")
    uid = str(uuid.uuid4())
    review = {
        "kind": "ConversionReview",
        "apiVersion": f"{_GROUP}/{version}",
        "request": {"uid": uid, "desiredAPIVersion": wanted, "objects": sent},
    }
    body = msgspec.json.encode(review)

    async def asked() -> bytes:
        most = _GROWTH * len(body) + LARGEST
        with webhook.waiting.one(webhook.resource):
            return await caller.ask(store, webhook.client, body, _SECONDS, most, seconds)

    def read(text: bytes) -> list[Object]:
        try:
            made = _answered(text, uid, version)
        except CallError as failure:
            raise CallError(f"{what} failed: {failure}") from None
        if len(made) != len(sent):
            raise CallError(f"{what} returned {len(made)} objects, expected {len(sent)}")
        return [_checked(what, old, new, wanted) for old, new in zip(sent, made, strict=True)]

    try:
        text = await beside.away(asked)
    except CallError as failure:
        raise CallError(f"{what} failed: {failure}") from None
    return await beside.call(len(text), read, text)


def _answered(body: bytes, uid: str, version: str) -> list[Any]:
    try:
        return _told(answer.decoded(body), uid, version)
    except answer.AnswerError as failure:
        raise CallError(f"couldn't get version/kind; {failure}") from None


def _told(review: Any, uid: str, version: str) -> list[Any]:
    review = review if isinstance(review, dict) else {}
    kind, api_version = str(review.get("kind") or ""), str(review.get("apiVersion") or "")
    if (kind, api_version) != ("ConversionReview", f"{_GROUP}/{version}"):
        wanted = f"{_GROUP}/{version}, Kind=ConversionReview"
        raise CallError(f"expected webhook response of {wanted}, got {api_version}, Kind={kind}")
    response = review.get("response")
    if not isinstance(response, dict):
        raise CallError("no response provided")
    if version == "v1" and response.get("uid") != uid:
        raise CallError(f"expected response.uid={quoted(uid)}, got {quoted(str(response.get('uid') or ''))}")
    result = response.get("result")
    result = result if isinstance(result, dict) else {}
    if result.get("status") != "Success":
        said = str(result.get("message") or "")
        raise CallError(said or f"response.result.status was '{result.get('status') or ''}', not 'Success'")
    made = response.get("convertedObjects")
    if not isinstance(made, list):
        return []
    try:
        answer.check(made)
    except answer.AnswerError as failure:
        raise CallError(f"returned invalid object: {failure}") from None
    return made


def _checked(what: str, old: Object, new: Any, wanted: str) -> Object:
    """What came back for one object, with the metadata that is not the webhook's to change; CallError."""
    invalid = f"{what} returned invalid object at index 0"
    if not isinstance(new, dict):
        raise CallError(f"{invalid}: it is no object")
    version, kind = str(new.get("apiVersion") or ""), str(new.get("kind") or "")
    if version != wanted:
        raise CallError(f"{invalid}: invalid groupVersion (expected {wanted}, received {version})")
    if kind != old["kind"]:
        raise CallError(f"{invalid}: invalid kind (expected {old['kind']}, received {kind})")
    before, meta = old["metadata"], new.get("metadata")
    for name, called in _SAME:
        there = meta.get(name) if isinstance(meta, dict) else None
        if (there or "") != (before.get(name) or ""):
            said = f"must have the same {called}: {before.get(name) or ''} != {there or ''}"
            raise CallError(f"{what} returned invalid object: {said}")
    try:
        return {**new, "metadata": _metadata(before, meta)}
    except CallError as failure:
        raise CallError(f"{what} returned invalid metadata: {failure}") from None


def _metadata(before: Object, given: Any) -> Object:
    if not isinstance(given, dict):
        raise CallError("missing metadata in converted object")
    made = dict(before)
    for name, path, rules in _THEIRS:
        theirs = given.get(name)
        if theirs is None:
            made.pop(name, None)
            continue
        if not isinstance(theirs, dict):
            raise CallError(f"invalid metadata.{name} in converted object: it is no map")
        for key, value in theirs.items():
            if not isinstance(value, str):
                raise CallError(
                    f"metadata.{name}[{key}] must be a string, but is {go_type(value)} in converted object"
                )
        if theirs != before.get(name):
            found = Findings()
            rules(found, f"metadata.{path}", theirs)
            wrong = [f"{one.field}: {one.message}" for one in found.listed()]
            if wrong:
                raise CallError(wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]")
        made[name] = theirs
    return made


def _typed(obj: Object) -> str:
    return f"{obj['apiVersion']}, Kind={obj['kind']}"
